"""A message as a mail: MJML and plain text out of its kind's words, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import mrml
from flask import current_app, g
from flask_babel import force_locale
from sqlalchemy.orm import Session

from portal.messages.kinds import MessageKind
from portal.messages.models import Message
from portal.people.models import Person
from portal.program import current
from portal.settings import Settings


def compose(session: Session, message: Message, kind: MessageKind, person: Person, address: str) -> EmailMessage:
    """The mail of a message. Links stand on the configured base URL only."""
    settings: Settings = current_app.config["PORTAL"]
    path = kind.path(session, message)
    with _read_by(person):
        subject = one_line(kind.subject(message.data))
        context = {
            "subject": subject,
            "program": current(session).name,
            "name": person.name.split()[0],
            "paragraphs": kind.body(message.data),
            "facts": kind.facts(message.data),
            "action": kind.action(message.data) if path else None,
            "url": settings.base_url.rstrip("/") + path if path else None,
            "note": kind.note(message.data),
            "base_url": settings.base_url.rstrip("/"),
            "person": person,
        }
        # not render_template: a worker has no request, and a letter no frame around it
        text = current_app.jinja_env.get_template("mail/message.txt").render(context)
        html = mrml.to_html(current_app.jinja_env.get_template("mail/message.mjml.html").render(context)).content
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = sender(settings, str(context["program"]))
    mail["To"] = _to(person.name, address)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.public_id}@{urlsplit(settings.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def one_line(text: str) -> str:
    """Text for a header: no line breaks, which would begin another header."""
    return " ".join(str(text).split())[:300]


def sender(settings: Settings, program: str) -> Address:
    """The address that mail comes from, under the program's name unless the setting gives one."""
    name, address = parseaddr(settings.mail_from)
    return _to(name or program, address)


def _to(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=address)


@contextmanager
def _read_by(person: Person) -> Iterator[None]:
    """Speak the person's language and tell times in their zone."""
    try:
        zone = ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    before = getattr(g, "babel_tzinfo", None)
    with force_locale(person.locale):
        g.babel_tzinfo = zone
        try:
            yield
        finally:
            if before is None:
                g.pop("babel_tzinfo", None)
            else:
                g.babel_tzinfo = before

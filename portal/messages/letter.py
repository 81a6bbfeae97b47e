"""A message as a mail: MJML and plain text out of its kind's words, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Final
from urllib.parse import urlsplit

import mrml
from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from portal.messages.kinds import MessageKind
from portal.messages.models import Message
from portal.messages.unsubscribing import sign
from portal.people.models import Person
from portal.program import current
from portal.settings import Settings
from portal.web.speech import told_in


class _LinkKept(EmailPolicy):
    """Writes the address of `List-Unsubscribe` as it is: folded or encoded, no mail program finds the link in it."""

    def fold(self, name: str, value: str) -> str:
        """One header as text."""
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as bytes."""
        whole = self._whole(name, value)
        return whole.encode("ascii") if whole else super().fold_binary(name, value)

    def _whole(self, name: str, value: str) -> str | None:
        return f"{name}: {value}{self.linesep}" if name.lower() == "list-unsubscribe" else None


WHOLE: Final = _LinkKept()


def compose(session: Session, message: Message, kind: MessageKind, person: Person, address: str) -> EmailMessage:
    """The mail of a message. Links stand on the configured base URL only."""
    settings: Settings = current_app.config["PORTAL"]
    path = kind.path(session, message)
    base = settings.base_url.rstrip("/")
    token = sign(settings.signing_keys, person.public_id, kind.key) if kind.optional else None
    stop = f"{base}/unsubscribe/{token}" if token else None
    with _read_by(person):
        subject = one_line(kind.subject(message.data))
        context = {
            "subject": subject,
            "program": current(session).name,
            "name": person.name.split()[0],
            "paragraphs": kind.body(message.data),
            "facts": kind.facts(message.data),
            "action": kind.action(message.data) if path else None,
            "url": base + path if path else None,
            "note": kind.note(message.data),
            "why": str(kind.why),
            "stop": stop,
            "base_url": base,
            "person": person,
        }
        # not render_template: a worker has no request, and a letter no frame around it
        text = current_app.jinja_env.get_template("mail/message.txt").render(context)
        told = kind.calendar(session, message, settings)
        html = mrml.to_html(current_app.jinja_env.get_template("mail/message.mjml.html").render(context)).content
    mail = EmailMessage(policy=WHOLE)
    mail["Subject"] = subject
    mail["From"] = sender(settings, str(context["program"]))
    mail["To"] = _to(person.name, address)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.public_id}@{urlsplit(settings.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    if stop:
        mail["List-Unsubscribe"] = f"<{stop}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    if told is not None:  # as bytes: text would lose the line ends that calendars ask for
        about = {"charset": "utf-8", "method": told.method}
        mail.add_alternative(told.content, maintype="text", subtype="calendar", params=about)
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
    with force_locale(person.locale), told_in(person.time_zone):
        yield

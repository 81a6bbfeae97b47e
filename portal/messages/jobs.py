"""Sending: mark, send outside of any transaction, mark again (trust.md, messages and jobs)."""

from __future__ import annotations

from email.message import EmailMessage

from flask import current_app
from sqlalchemy.orm import Session

from portal import jobs
from portal.database import run
from portal.messages import mail, messages
from portal.messages.letter import compose
from portal.messages.states import Reason


@jobs.bare_task("messages.send")
def send(message_id: int) -> None:
    """Send one message; a second run of the same sends nothing, or the same mail under the same Message-ID."""
    letter = run(lambda session: _take_up(session, message_id))
    if letter is None:
        return
    refused = None
    try:
        mail.send(current_app.config["PORTAL"], letter)
    except mail.Unreachable:
        refused = Reason.MAIL_OFF
    except mail.Undeliverable:
        refused = Reason.UNDELIVERABLE
    run(lambda session: messages.finish(session, message_id, refused=refused))


@jobs.periodic("messages.try_again", cron="*/5 * * * *")
def try_again(session: Session) -> None:
    """Queue again what is held or left behind."""
    messages.try_again(session)


def _take_up(session: Session, message_id: int) -> EmailMessage | None:
    taken = messages.take_up(session, message_id)
    return compose(session, *taken) if taken else None

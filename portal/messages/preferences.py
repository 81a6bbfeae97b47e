"""The verbs on what people want to be mailed, and when; the portal itself shows everything at once."""

from __future__ import annotations

from datetime import time
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import jobs
from portal.clock import now
from portal.database.refusal import Invalid, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import MailPreference, Message, QuietHours
from portal.messages.states import MessageState, Through
from portal.messages.unsubscribing import UNKNOWN, Unsubscription
from portal.people.models import Person
from portal.people.people import lock_person

_MOST: Final = 500
"""Held mails that are queued anew at once; the rest follow at their own time."""


def switch(session: Session, person_id: int, kind: str, *, wanted: bool, through: Through = Through.PORTAL) -> None:
    """Mail a person messages of a kind, or no longer; what is queued already is asked again before it goes.

    Refuses `NotFound` for a kind that nobody can switch off (signing in, invitations, what was agreed to) or knows.
    """
    if kind not in KINDS or not KINDS[kind].optional:
        raise NotFound(_l("Mails of this kind cannot be switched off."))
    lock_person(session, person_id)  # the sender holds the same lock: what comes after this commit is not sent
    row = {"wanted": wanted, "through": through, "changed_at": now(session)}
    written = insert(MailPreference).values(person_id=person_id, kind=kind, **row)
    session.execute(written.on_conflict_do_update(index_elements=["person_id", "kind"], set_=row))


def about(session: Session, meant: Unsubscription) -> str:
    """What the mails of a link are about. Refuses `NotFound`, in one way for nobody and for kinds that always go."""
    return _whom(session, meant)[1]


def unsubscribe(session: Session, meant: Unsubscription) -> str:
    """End mails of a kind as the link of a mail says, and tell what they are about; again changes nothing.

    Refuses `NotFound` as `about` does.
    """
    person_id, title = _whom(session, meant)
    switch(session, person_id, meant.kind, wanted=False, through=Through.MAIL)
    return title


def _whom(session: Session, meant: Unsubscription) -> tuple[int, str]:
    person_id = session.scalar(select(Person.id).where(Person.public_id == meant.person))
    kind = KINDS.get(meant.kind)
    if person_id is None or kind is None or not kind.optional:
        raise NotFound(UNKNOWN)
    return person_id, str(kind.title)


def keep_quiet(session: Session, person_id: int, starts: time, ends: time) -> None:
    """Hold mails between two times of a person's own clock, over midnight where `ends` is the earlier one.

    Refuses `Invalid` where both are the same: that is what the switches are for.
    """
    if starts == ends:
        raise Invalid(_l("Please choose two different times, or switch mails off below."), field="ends")
    lock_person(session, person_id)
    row = {"starts": starts, "ends": ends, "changed_at": now(session)}
    written = insert(QuietHours).values(person_id=person_id, **row)
    session.execute(written.on_conflict_do_update(index_elements=["person_id"], set_=row))
    _ask_again(session, person_id)


def end_quiet(session: Session, person_id: int) -> None:
    """Hold no mails any more; what is held goes now."""
    lock_person(session, person_id)
    hours = session.get(QuietHours, person_id)
    if hours is not None:
        session.delete(hours)
    _ask_again(session, person_id)


def _ask_again(session: Session, person_id: int) -> None:
    """Let the sender look anew at what is held for other hours than those that now hold."""
    held = select(Message.id).where(
        Message.person_id == person_id, Message.state == MessageState.HELD, Message.held_until.is_not(None)
    )
    for message_id in session.scalars(held.order_by(Message.id).limit(_MOST)):
        jobs.defer(session, "messages.send", message_id=message_id)

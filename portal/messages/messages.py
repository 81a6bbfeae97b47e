"""The verbs on messages: write one in the transaction it belongs to, read, and what the sender does step by step."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import jobs
from portal.clock import PORTAL_NOW, now
from portal.database.invariants import invariant
from portal.messages.kinds import KINDS, MessageKind, kind_of
from portal.messages.models import MailPreference, Message, QuietHours
from portal.messages.quiet import quiet_until, zone_named
from portal.messages.states import MessageState, Reason
from portal.people.models import Person, PersonEmail

STALE: Final = timedelta(days=2)
"""A message that could not be sent for so long is dropped."""

invariant(
    "messages.times",
    "A message is written before it is sent or read, and taken up before it is gone.",
    "SELECT id AS what FROM message WHERE sent_at < coalesce(sending_at, created_at) OR sending_at < created_at"
    " OR read_at < created_at",
)


_READ_AT: Final = func.greatest(PORTAL_NOW, Message.created_at)
"""Whoever waited for somebody's transaction began before it, and still reads what it wrote afterwards."""


def notify(
    session: Session, person_id: int, kind: str, *, link: str | None = None, subject_ref: str | None = None, **data: Any
) -> Message:
    """Write a message to a person and queue its mail, both only if this transaction commits (trust.md, messages).

    `link` is a path of this portal, `subject_ref` the thing it is about (`assignment:12`), `data` what its kind's words
    need: ids and plain values. A kind that is not mailed is there to be read at once.
    """
    known = KINDS[kind]
    message = Message(
        person_id=person_id,
        kind=kind,
        data=json.loads(json.dumps(data, default=str)),
        link_path=link,
        subject_ref=subject_ref,
        created_at=now(session),
    )
    if not known.in_portal:
        message.read_at = message.created_at
    if known.mail:
        message.state = MessageState.QUEUED
    else:
        message.state, message.sent_at = MessageState.SENT, message.created_at
    session.add(message)
    if known.mail:
        jobs.defer(session, "messages.send", message_id=message)
    return message


def supersede(session: Session, subject_ref: str) -> None:
    """Drop what waits to be sent about a thing: a later event made it pointless."""
    session.execute(
        update(Message)
        .where(Message.subject_ref == subject_ref, Message.state.in_([MessageState.QUEUED, MessageState.HELD]))
        .values(state=MessageState.DROPPED, reason=Reason.SUPERSEDED, held_until=None)
    )


def answered(session: Session, subject_ref: str) -> None:
    """Note that what messages ask for about a thing is done: nobody needs to look at them any more.

    Messages that somebody marks as read at this moment are left to them.
    """
    asking = [key for key, kind in KINDS.items() if kind.tab == "needs_you"]
    unread_ones = (
        select(Message.id)
        .where(Message.subject_ref == subject_ref, Message.kind.in_(asking), Message.read_at.is_(None))
        .with_for_update(key_share=True, skip_locked=True)
    )
    session.execute(update(Message).where(Message.id.in_(unread_ones)).values(read_at=_READ_AT))


def mark_read(session: Session, person_id: int, message_id: int | None = None) -> None:
    """Note that a person has read one of their messages, or all of them."""
    own = update(Message).where(Message.person_id == person_id, Message.read_at.is_(None))
    if message_id is not None:
        own = own.where(Message.id == message_id)
    session.execute(own.values(read_at=_READ_AT))


def unread(session: Session, person_id: int) -> int:
    """How many messages a person has not read."""
    own = select(func.count()).where(Message.person_id == person_id, Message.read_at.is_(None))
    return session.scalar(own) or 0


def take_up(session: Session, message_id: int) -> tuple[Message, MessageKind, Person, str] | None:
    """Lock a message's person and the message, ask again whether it may go, and mark it as sending.

    None when there is nothing to send: it went already, must not go any more (then it is dropped with the reason), or
    falls into the quiet hours of its reader (then it is held, and queued for when they end).
    """
    person_id = session.scalar(select(Message.person_id).where(Message.id == message_id))
    if person_id is None:
        return None
    person = session.scalar(_locked(select(Person).where(Person.id == person_id)))
    message = session.scalar(_locked(select(Message).where(Message.id == message_id)))
    if message is None or person is None or message.state in (MessageState.SENT, MessageState.DROPPED):
        return None
    kind = kind_of(message.kind)
    address = kind.address(session, message) or _primary_address(session, person_id)
    reason = _obstacle(session, message, kind, person, address)
    if reason is not None or address is None:
        message.state, message.reason, message.held_until = MessageState.DROPPED, reason or Reason.NO_ADDRESS, None
        return None
    if kind.optional and _held(session, message, kind, person):
        return None
    message.state, message.reason, message.held_until = MessageState.SENDING, None, None
    message.sending_at = now(session)
    session.flush()
    return message, kind, person, address


def finish(session: Session, message_id: int, *, refused: Reason | None = None) -> None:
    """Note how the sending of a message ended: it went, the other side refused it, or we hold it for the next try."""
    message = session.scalar(_locked(select(Message).where(Message.id == message_id)))
    if message is None or message.state is not MessageState.SENDING:
        return
    if refused is None:
        message.state, message.sent_at = MessageState.SENT, now(session)
    elif refused is Reason.MAIL_OFF:
        message.state, message.reason = MessageState.HELD, refused
    else:
        message.state, message.reason = MessageState.DROPPED, refused


def try_again(session: Session) -> int:
    """Queue again what is held or was left behind by a worker that died; how many. Quiet hours are waited for."""
    waiting = select(Message.id).where(
        Message.state.in_([MessageState.QUEUED, MessageState.SENDING, MessageState.HELD]),
        func.coalesce(Message.sending_at, Message.created_at) < func.now() - timedelta(minutes=5),
        func.coalesce(Message.held_until, PORTAL_NOW) <= PORTAL_NOW,
    )
    found = session.scalars(waiting.order_by(Message.id).limit(500)).all()
    for message_id in found:
        jobs.defer(session, "messages.send", message_id=message_id)
    return len(found)


def _obstacle(
    session: Session, message: Message, kind: MessageKind, person: Person, address: str | None
) -> Reason | None:
    if not kind.mail:
        return Reason.NOT_ALLOWED_ANY_MORE
    if person.suspended_at is not None:
        return Reason.SUSPENDED
    if address is None:
        return Reason.NO_ADDRESS
    if kind.optional and _unwanted(session, person.id, message.kind):
        return Reason.UNSUBSCRIBED
    refused = kind.may_send(session, message)
    if refused is not None:
        return refused
    return Reason.EXPIRED if message.created_at < now(session) - STALE else None


def _unwanted(session: Session, person_id: int, kind: str) -> bool:
    own = select(MailPreference.wanted).where(MailPreference.person_id == person_id, MailPreference.kind == kind)
    return session.scalar(own) is False


def _held(session: Session, message: Message, kind: MessageKind, person: Person) -> bool:
    """Hold a message until its reader's quiet hours are over, by their clock; whether it has to wait."""
    hours = session.get(QuietHours, person.id, populate_existing=True)
    if hours is None:
        return False
    until = quiet_until(hours.starts, hours.ends, zone_named(person.time_zone), now(session))
    if until is None or not kind.may_wait(message.data, until):
        return False
    message.state, message.reason, message.held_until = MessageState.HELD, Reason.QUIET_HOURS, until
    seconds = math.ceil((until - now(session)).total_seconds())
    jobs.defer(session, "messages.send", in_seconds=seconds, message_id=message.id)
    return True


def _primary_address(session: Session, person_id: int) -> str | None:
    return session.scalar(select(PersonEmail.address).where(PersonEmail.person_id == person_id, PersonEmail.is_primary))


def _locked(statement: Any) -> Any:
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)

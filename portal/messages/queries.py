"""The message centre: what somebody was told, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import BigInteger, Select, Uuid, bindparam, select
from sqlalchemy.orm import Session

from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.messages.kinds import KINDS, kind_of
from portal.messages.models import MailPreference, Message, QuietHours
from portal.messages.states import MessageState, Reason
from portal.web.paging import Cursor, Page, page_of

Tab = Literal["needs_you", "news"]


@dataclass(frozen=True, slots=True)
class Told:
    """One message as its reader sees it."""

    id: int
    public_id: UUID
    subject: str
    body: list[str]
    action: str | None
    link: str | None
    icon: str
    tone: str
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A message with why it came, and what became of its mail."""

    told: Told
    why: str
    title: str
    kind: str
    optional: bool
    mailed: bool
    state: MessageState
    reason: Reason | None
    sent_at: datetime | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of mail that somebody may switch off, and whether they want it."""

    kind: str
    title: str
    why: str
    icon: str
    tone: str
    tab: str
    wanted: bool


def explained(session: Session, person_id: int, public_id: UUID) -> Explained:
    """Why a person got one of their messages. Refuses `NotFound`, for what lives in mail only too."""
    rows = _ONE(session, person=person_id, message=public_id)
    if not rows or not kind_of(rows[0].kind).in_portal:
        raise NotFound
    row: Any = rows[0]
    kind = kind_of(row.kind)
    return Explained(
        told=_told(row),
        why=str(kind.why),
        title=str(kind.title),
        kind=row.kind,
        optional=kind.optional,
        mailed=kind.mail,
        state=row.state,
        reason=row.reason,
        sent_at=row.sent_at,
        held_until=row.held_until,
    )


def choices_of(session: Session, person_id: int, roles: frozenset[str]) -> list[Choice]:
    """The kinds of mail that concern holders of these roles, in the order of their slices."""
    off = {row.kind for row in _OFF(session, person=person_id)}
    return [
        Choice(key, str(kind.title), str(kind.why), kind.icon, kind.tone, kind.tab, key not in off)
        for key, kind in KINDS.items()
        if kind.optional and kind.readers & roles
    ]


def quiet_hours(session: Session, person_id: int) -> tuple[time, time] | None:
    """From when to when a person wants no mail, by their own clock."""
    rows = _QUIET(session, person=person_id)
    return (rows[0].starts, rows[0].ends) if rows else None


_PERSON: Final = bindparam("person", type_=BigInteger)
_MESSAGE: Final = bindparam("message", type_=Uuid)


def _one() -> Select[Any]:
    return select(*Message.__table__.c).where(Message.person_id == _PERSON, Message.public_id == _MESSAGE)


def _off() -> Select[Any]:
    own = MailPreference.person_id == _PERSON
    return select(MailPreference.kind).where(own, MailPreference.wanted.is_(False))


def _quiet() -> Select[Any, Any]:
    return select(QuietHours.starts, QuietHours.ends).where(QuietHours.person_id == _PERSON)


_ONE: Final = Prepared(_one)
_OFF: Final = Prepared(_off)
_QUIET: Final = Prepared(_quiet)


def centre(
    session: Session, person_id: int, *, tab: Tab | None = None, after: Cursor | None = None, limit: int = 25
) -> Page[Told]:
    """A page of a person's messages; kinds that live in mail only are left out, and on `needs_you` what is done."""
    shown = [key for key, kind in KINDS.items() if kind.in_portal and tab in (None, kind.tab)]
    wanted = select(Message).where(Message.person_id == person_id, Message.kind.in_(shown))
    if tab == "needs_you":
        wanted = wanted.where(Message.read_at.is_(None))
    if after is not None:
        wanted = wanted.where(Message.id < after[0])
    rows = session.scalars(wanted.order_by(Message.id.desc()).limit(limit + 1)).all()
    return page_of([_told(row) for row in rows], limit, lambda told: (told.id,))


def _told(message: Message) -> Told:
    kind = kind_of(message.kind)
    return Told(
        id=message.id,
        public_id=message.public_id,
        subject=str(kind.subject(message.data)),
        body=[str(paragraph) for paragraph in kind.body(message.data)],
        action=kind.action(message.data) if message.link_path else None,
        link=message.link_path,
        icon=kind.icon,
        tone=kind.tone,
        at=message.created_at,
        unread=message.read_at is None,
    )

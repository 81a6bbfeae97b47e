"""The message centre: what somebody was told, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.messages.kinds import KINDS, kind_of
from portal.messages.models import Message
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

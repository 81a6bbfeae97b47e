"""Exceptions of the program's limits: asked for with a reason, approved by a second person, used by one ask."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices

LONGEST_REASON: Final = 500
LASTS_HOURS: Final = 336
"""An exception ends by itself so long after it was asked for."""


class ExceptionState(StrEnum):
    """Where an exception stands: it waits until it is decided on, once."""

    WAITING = "waiting"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    WITHDRAWN = "withdrawn"


_WORDS: Final = {
    ExceptionState.WAITING: (_l("Waiting"), "warn"),
    ExceptionState.APPROVED: (_l("Approved"), "ok"),
    ExceptionState.NOT_APPROVED: (_l("Not approved"), "neutral"),
    ExceptionState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
}
_SPENT: Final = (_l("Used"), "neutral")
_OVER: Final = (_l("Run out"), "neutral")


def standing(state: ExceptionState, *, spent: bool, over: bool) -> tuple[LazyString, str]:
    """How an exception stands, in a word and the tone of its badge."""
    if spent:
        return _SPENT
    return _OVER if over and state in (ExceptionState.WAITING, ExceptionState.APPROVED) else _WORDS[state]


class LimitException(Identified, Base):
    """One ask beyond the program's limits: of a person, of a company, or of both, for one activity and prospect.

    Who asked for it may only withdraw. The trigger that counts an ask spends it (`ask_id`), and nothing else does.
    """

    __tablename__ = "limit_exception"
    __table_args__ = (
        CheckConstraint("char_length(prospect_name) BETWEEN 1 AND 200", name="prospect_name"),
        CheckConstraint("person_id IS NOT NULL OR company_id IS NOT NULL", name="of"),
        CheckConstraint(
            f"char_length(reason) BETWEEN 1 AND {LONGEST_REASON} AND char_length(note) BETWEEN 1 AND {LONGEST_REASON}",
            name="told",
        ),
        CheckConstraint(
            f"expires_at > created_at AND expires_at <= created_at + interval '{LASTS_HOURS} hours'", name="ends"
        ),
        CheckConstraint("asked_by <> person_id AND decided_by <> person_id", name="not_own"),
        CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name="decided"
        ),
        CheckConstraint("state <> 'approved' OR decided_at < expires_at", name="in_time"),
        CheckConstraint("(decided_by = asked_by) = (state = 'withdrawn')", name="second_person"),
        CheckConstraint("ask_id IS NULL OR state = 'approved'", name="spent"),
        Index("ix_limit_exception_waiting", "id", postgresql_where=text("decided_at IS NULL")),
        Index("ix_limit_exception_asked_by_id", "asked_by", "id"),
        Index(
            "ix_limit_exception_usable",
            "asked_by",
            "expires_at",
            postgresql_where=text("state = 'approved' AND ask_id IS NULL"),
        ),
    )

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    activity_type_id: Mapped[int] = mapped_column(ForeignKey("activity_type.id"))
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunity.id"))
    prospect_name: Mapped[str]
    reason: Mapped[str]
    request_key: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[ExceptionState] = mapped_column(choices(ExceptionState, "state"), server_default="waiting")
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("ask.id", deferrable=True, initially="DEFERRED"), unique=True)

"""How often somebody was asked, and how often they want to be: what the limits count (trust.md, fatigue)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, choices
from portal.references.models.states import AskSource


class Ask(Base):
    """Somebody was contacted. The trigger fills company, weight, time and the limits that it counted against.

    What was asked outside is noted once for a day (in UTC), and `agreed` tells whether they agreed to such calls then.
    `freed_at` says that the ask was cancelled before it reached them; it then counts no longer.
    """

    __tablename__ = "ask"
    __table_args__ = (
        ForeignKeyConstraint(["assignment_id", "person_id"], ["assignment.id", "assignment.person_id"]),
        UniqueConstraint("assignment_id", "person_id"),
        CheckConstraint("(source = 'portal') = (assignment_id IS NOT NULL)", name="assignment_id"),
        CheckConstraint("weight > 0", name="weight"),
        CheckConstraint("agreed IS NULL OR source = 'outside'", name="agreed"),
        Index(
            "uq_ask_outside",
            "person_id",
            "activity_type_id",
            text("((asked_at AT TIME ZONE 'UTC')::date)"),
            unique=True,
            postgresql_where=text("source = 'outside'"),
        ),
        Index("ix_ask_person_id", "person_id", "asked_at", postgresql_where=text("freed_at IS NULL")),
        Index(
            "ix_ask_asked_at",
            "asked_at",
            postgresql_include=["person_id", "company_id"],
            postgresql_where=text("freed_at IS NULL"),
        ),
        Index("ix_ask_company_id", "company_id", "asked_at", postgresql_where=text("freed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    activity_type_id: Mapped[int] = mapped_column(ForeignKey("activity_type.id"))
    assignment_id: Mapped[int | None]
    source: Mapped[AskSource] = mapped_column(choices(AskSource, "source"))
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    asked_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    allowed: Mapped[int | None] = mapped_column(SmallInteger)
    company_allowed: Mapped[int | None] = mapped_column(SmallInteger)
    agreed: Mapped[bool | None]
    freed_at: Mapped[datetime | None]


class AdvocateLimits(Base):
    """What an advocate wants less of than the program allows: fewer asks, longer rests, or none until a date.

    While they are paused nobody finds them (`pool_entry.paused_until` follows by trigger) and no ask gets past the
    trigger that counts; the pause is over by the clock, without anybody ending it.
    """

    __tablename__ = "advocate_limits"
    __table_args__ = (
        CheckConstraint("asks_per_window >= 0", name="asks_per_window"),
        CheckConstraint("gap_days BETWEEN 1 AND 180", name="gap_days"),
        CheckConstraint(
            "(paused_at IS NULL) = (paused_until IS NULL)"
            " AND paused_until > paused_at AND paused_until <= paused_at + interval '8784 hours'",
            name="pause",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    asks_per_window: Mapped[int | None] = mapped_column(SmallInteger)
    paused_until: Mapped[datetime | None]
    gap_days: Mapped[int | None] = mapped_column(SmallInteger)
    paused_at: Mapped[datetime | None]

"""The meeting that a request leads to: the times offered for it, and what both sides say of it afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.references.models.states import CallState, Outcome, Side

LONGEST_NOTE = 1000
LONGEST_PLACE = 300
MOST_TIMES = 5
"""How many times may be on offer for a call."""
LASTS = timedelta(minutes=30)
"""How long a call takes."""
CONFIRMABLE_FOR = timedelta(hours=720)
"""How long after consent ended it can be said that a call took place before."""


class ReferenceCall(Identified, Base):
    """The call of one assignment; whoever confirms that it took place is never the advocate.

    It is scheduled at one of the times that the advocate offers, and open only under an acceptance. `sequence` counts
    what calendars were told of it. `held_at` is when it was confirmed. `consent_ended_at` marks a call that was
    cancelled because consent ended under it: alone such a call may still be confirmed, for `CONFIRMABLE_FOR` (a trigger
    holds that nothing else comes back).
    """

    __tablename__ = "reference_call"
    __table_args__ = (
        ForeignKeyConstraint(["assignment_id", "person_id"], ["assignment.id", "assignment.person_id"]),
        CheckConstraint("(state = 'held') = (held_at IS NOT NULL)", name="held"),
        CheckConstraint("(held_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> person_id", name="not_by_the_advocate"),
        CheckConstraint(
            "consent_ended_at IS NULL OR state = 'cancelled' OR (state = 'held'"
            " AND held_at BETWEEN consent_ended_at AND consent_ended_at + interval '720 hours')",
            name="consent_ended",
        ),
        ForeignKeyConstraint(
            ["assignment_id", "open"],
            ["assignment.id", "assignment.accepted"],
            name="fk_reference_call_acceptance",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["id", "starts_at", "dated"],
            ["call_time.call_id", "call_time.starts_at", "call_time.offered"],
            name="fk_reference_call_time",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        CheckConstraint(f"char_length(place) BETWEEN 1 AND {LONGEST_PLACE}", name="place"),
        CheckConstraint(
            "(state <> 'scheduled' OR starts_at IS NOT NULL) AND (state <> 'proposed' OR starts_at IS NULL)",
            name="dated",
        ),
        CheckConstraint("sequence >= 0 AND (starts_at IS NULL OR sequence > 0)", name="sequence"),
        CheckConstraint("held_at >= starts_at", name="held_after_it_began"),
        CheckConstraint(
            "state <> 'held' OR consent_ended_at IS NULL OR starts_at IS NULL OR starts_at <= consent_ended_at",
            name="given_before",
        ),
        CheckConstraint("missed_by IS NULL OR state = 'no_show'", name="missed"),
        CheckConstraint("brought_to_mind BETWEEN 1 AND sequence", name="brought_to_mind"),
        Index("ix_reference_call_starts_at", "starts_at", postgresql_where=text("state = 'scheduled'")),
    )

    assignment_id: Mapped[int] = mapped_column(unique=True)
    person_id: Mapped[int]
    state: Mapped[CallState] = mapped_column(choices(CallState, "state"))
    starts_at: Mapped[datetime | None]
    place: Mapped[str | None]
    sequence: Mapped[int] = mapped_column(Integer, server_default="0")
    times_wanted_at: Mapped[datetime | None]
    """When the rep asked for other times than those on offer."""
    missed_by: Mapped[Side | None] = mapped_column(choices(Side, "missed_by"))
    """Which side did not come, where it is known."""
    brought_to_mind: Mapped[int | None] = mapped_column(Integer)
    """The `sequence` of the time for which both sides were reminded."""
    open: Mapped[bool | None] = mapped_column(
        Computed(
            "CASE WHEN ((state)::text = ANY ((ARRAY['proposed'::character varying,"
            " 'scheduled'::character varying])::text[])) THEN true ELSE NULL::boolean END",
            persisted=True,
        )
    )
    dated: Mapped[bool | None] = mapped_column(
        Computed("CASE WHEN ((state)::text = 'scheduled'::text) THEN true ELSE NULL::boolean END", persisted=True)
    )
    held_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    consent_ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class CallTime(Identified, Base):
    """A time that the advocate offers for a call, or did until `withdrawn_at`; at most `MOST_TIMES` are on offer."""

    __tablename__ = "call_time"
    __table_args__ = (
        UniqueConstraint("call_id", "starts_at", "offered"),
        CheckConstraint(f"position BETWEEN 1 AND {MOST_TIMES}", name="position"),
        CheckConstraint("starts_at > offered_at", name="ahead"),
        Index("uq_call_time_one", "call_id", "starts_at", unique=True),
        Index(
            "uq_call_time_position",
            "call_id",
            "position",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("reference_call.id"))
    starts_at: Mapped[datetime]
    position: Mapped[int] = mapped_column(SmallInteger)
    offered_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    withdrawn_at: Mapped[datetime | None]
    offered: Mapped[bool | None] = mapped_column(
        Computed("CASE WHEN (withdrawn_at IS NULL) THEN true ELSE NULL::boolean END", persisted=True)
    )


class CallFeedback(Base):
    """What one side says of a call: once, and never a condition of anything."""

    __tablename__ = "call_feedback"
    __table_args__ = (CheckConstraint(f"char_length(note) <= {LONGEST_NOTE}", name="note"),)

    call_id: Mapped[int] = mapped_column(ForeignKey("reference_call.id"), primary_key=True)
    side: Mapped[Side] = mapped_column(choices(Side, "side"), primary_key=True)
    given_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    helped: Mapped[Outcome] = mapped_column(choices(Outcome, "helped"))
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

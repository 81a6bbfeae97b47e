"""The meeting that a request leads to, and what both sides say of it afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.references.models.states import CallState, Outcome, Side

LONGEST_NOTE = 1000
CONFIRMABLE_FOR = timedelta(hours=720)
"""How long after consent ended it can be said that a call took place before."""


class ReferenceCall(Identified, Base):
    """The call of one assignment; whoever confirms that it took place is never the advocate.

    `held_at` is when it was confirmed. `consent_ended_at` marks a call that was cancelled because consent ended under
    it: alone such a call may still be confirmed, for `CONFIRMABLE_FOR` (a trigger holds that nothing else comes back).
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
    )

    assignment_id: Mapped[int] = mapped_column(unique=True)
    person_id: Mapped[int]
    state: Mapped[CallState] = mapped_column(choices(CallState, "state"))
    held_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    consent_ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


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

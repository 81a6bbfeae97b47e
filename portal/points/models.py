"""Accounts, the transfers between them, and levels."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.points.states import ProposalState

SHARDS: Final = 64
"""Accounts that all transfers would meet on are split, by `person_id % 64`."""
LARGEST_AMOUNT: Final = 1_000_000_000
"""The most points that one transfer moves."""
LONGEST_REASON: Final = 500
LONGEST_LEVEL: Final = 40
LONGEST_BENEFIT: Final = 300


class AccountKind(StrEnum):
    """What an account stands for; issuance, adjustment and clawback may go below zero."""

    ISSUANCE = "issuance"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    ADJUSTMENT = "adjustment"
    PERSON = "person"
    CLAWBACK = "clawback"


class Kind(StrEnum):
    """Why points move."""

    AWARD = "award"
    REDEMPTION = "redemption"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    CLAWBACK = "clawback"
    RECOVERY = "recovery"


class Phase(StrEnum):
    """At once, or in two steps: a hold that is posted or voided (trust.md L5)."""

    SINGLE = "single"
    HOLD = "hold"
    POST = "post"
    VOID = "void"


class Account(Base):
    """Points of somebody or something; only transfers change the three sums (trust.md L2, L7)."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "unit", "person_id", "shard", postgresql_nulls_not_distinct=True),
        CheckConstraint("(kind IN ('issuance', 'redeemed', 'expired')) = (shard IS NOT NULL)", name="sharded"),
        CheckConstraint("shard BETWEEN 0 AND 63", name="shard"),
        CheckConstraint("(kind IN ('person', 'clawback')) = (person_id IS NOT NULL)", name="owned"),
        CheckConstraint("may_go_negative = (kind IN ('issuance', 'adjustment', 'clawback'))", name="floor"),
        CheckConstraint("may_go_negative OR posted - held >= 0", name="covered"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("kind <> 'clawback' OR posted <= 0", name="debt"),
        CheckConstraint("lifetime >= 0 AND (lifetime = 0 OR kind = 'person')", name="lifetime"),
        Index(
            "ix_account_lifetime_person_id",
            text("lifetime DESC"),
            "person_id",
            postgresql_where=text("kind = 'person' AND unit = 'points'"),
        ),
        Index("ix_account_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[AccountKind] = mapped_column(choices(AccountKind, "kind"))
    unit: Mapped[str] = mapped_column(server_default="points")
    shard: Mapped[int | None] = mapped_column(Integer)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    may_go_negative: Mapped[bool]
    posted: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")
    lifetime: Mapped[int] = mapped_column(server_default="0")


class Transfer(Identified, Base):
    """One movement: one debit, one credit, one positive amount; never changed (trust.md L1, L3, L8).

    `subject` makes it single within its kind (L4); `cause` is what people read as the reason's link, as `<noun>:<id>`.
    `debit` and `credit` are accounts; the trigger stands in for their foreign keys.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        UniqueConstraint("hold_id"),
        UniqueConstraint("hold_id", "phase"),
        UniqueConstraint("reverses"),
        UniqueConstraint("id", "phase", "debit", "credit", "amount"),
        ForeignKeyConstraint(
            ["hold_id", "hold_phase", "debit", "credit", "amount"],
            ["transfer.id", "transfer.phase", "transfer.debit", "transfer.credit", "transfer.amount"],
        ),
        CheckConstraint(f"amount BETWEEN 1 AND {LARGEST_AMOUNT}", name="amount"),
        CheckConstraint("debit <> credit", name="two_sides"),
        CheckConstraint("(hold_id IS NOT NULL) = (phase IN ('post', 'void'))", name="settles"),
        CheckConstraint("(phase <> 'single') = (kind = 'redemption')", name="two_phases"),
        CheckConstraint(
            "CASE kind WHEN 'award' THEN lifetime_of IS NOT DISTINCT FROM credit"
            " WHEN 'reversal' THEN lifetime_of IS NOT DISTINCT FROM debit"
            " WHEN 'clawback' THEN lifetime_of IS NOT NULL ELSE lifetime_of IS NULL END",
            name="lifetime",
        ),
        CheckConstraint(
            "CASE WHEN kind IN ('reversal', 'refund') THEN reverses IS NOT NULL"
            " WHEN kind = 'clawback' THEN true ELSE reverses IS NULL END",
            name="reversal",
        ),
        CheckConstraint(
            "char_length(subject) BETWEEN 1 AND 200 AND char_length(cause) BETWEEN 1 AND 200"
            f" AND char_length(reason) BETWEEN 1 AND {LONGEST_REASON}",
            name="told",
        ),
        CheckConstraint("kind <> 'adjustment' OR created_by IS NOT NULL", name="manual"),
        CheckConstraint(
            "approved_by IS NULL OR (kind = 'adjustment' AND approved_by <> created_by)", name="second_person"
        ),
        Index("ix_transfer_debit_id", "debit", "id"),
        Index("ix_transfer_credit_id", "credit", "id"),
    )

    kind: Mapped[Kind] = mapped_column(choices(Kind, "kind"))
    subject: Mapped[str]
    phase: Mapped[Phase] = mapped_column(choices(Phase, "phase"))
    debit: Mapped[int]
    credit: Mapped[int]
    amount: Mapped[int]
    hold_id: Mapped[int | None]
    hold_phase: Mapped[str | None] = mapped_column(
        Computed("CASE WHEN (hold_id IS NOT NULL) THEN 'hold'::text ELSE NULL::text END", persisted=True)
    )
    reverses: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    lifetime_of: Mapped[int | None]
    cause: Mapped[str]
    reason: Mapped[str]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class AdjustmentProposal(Identified, Base):
    """An adjustment above the program's limit, until a second person has decided on it, once (trust.md L8).

    It is approved together with its transfer, which the key into the ledger demands. Who proposed it may only withdraw.
    """

    __tablename__ = "adjustment_proposal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["settled_kind", "settled_subject"],
            ["transfer.kind", "transfer.subject"],
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint(f"points <> 0 AND points BETWEEN -{LARGEST_AMOUNT} AND {LARGEST_AMOUNT}", name="points"),
        CheckConstraint(
            f"char_length(reason) BETWEEN 1 AND {LONGEST_REASON} AND char_length(note) BETWEEN 1 AND {LONGEST_REASON}",
            name="told",
        ),
        CheckConstraint("proposed_by <> person_id AND decided_by <> person_id", name="not_own"),
        CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name="decided"
        ),
        CheckConstraint("(decided_by = proposed_by) = (state = 'withdrawn')", name="second_person"),
        Index("ix_adjustment_proposal_person_id_id", "person_id", "id"),
        Index("ix_adjustment_proposal_waiting", "id", postgresql_where=text("decided_at IS NULL")),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    points: Mapped[int]
    reason: Mapped[str]
    request_key: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[ProposalState] = mapped_column(choices(ProposalState, "state"), server_default="waiting")
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]
    settled_kind: Mapped[str | None] = mapped_column(
        Computed("CASE WHEN state = 'approved'::text THEN 'adjustment'::text ELSE NULL::text END", persisted=True)
    )
    settled_subject: Mapped[str | None] = mapped_column(
        Computed(
            "CASE WHEN state = 'approved'::text THEN 'adjustment:'::text || public_id::text ELSE NULL::text END",
            persisted=True,
        )
    )


class PeriodPoints(Base):
    """What somebody earned in a calendar quarter (UTC), net of what was taken back; kept by the ledger's trigger."""

    __tablename__ = "period_points"
    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        Index("ix_period_points_period_points_person_id", "period", text("points DESC"), "person_id"),
    )

    period: Mapped[date] = mapped_column(primary_key=True)
    """The first day of the quarter."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    points: Mapped[int]


class BoardAbsence(Base):
    """Somebody who does not want to be on the leaderboard: not listed, and not counted for others."""

    __tablename__ = "board_absence"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Level(Identified, Base):
    """A name for what somebody ever earned, with the benefit it opens; never lost by spending."""

    __tablename__ = "level"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("threshold"),
        CheckConstraint("threshold >= 0", name="threshold"),
        CheckConstraint(
            f"char_length(name) BETWEEN 1 AND {LONGEST_LEVEL} AND char_length(benefit) BETWEEN 1 AND {LONGEST_BENEFIT}",
            name="words",
        ),
    )

    name: Mapped[str]
    threshold: Mapped[int]
    benefit: Mapped[str]

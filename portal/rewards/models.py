"""Rewards, redemptions and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
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
from portal.database import Base, Identified, choices
from portal.rewards.states import RewardState, State

LONGEST_NAME: Final = 80
LONGEST_DESCRIPTION: Final = 400
LONGEST_DELIVERY: Final = 200
LONGEST_NOTE: Final = 500
LARGEST_PRICE: Final = 1_000_000_000
LARGEST_STOCK: Final = 1_000_000
LARGEST_LIMIT: Final = 100


class Reward(Identified, Base):
    """An item of the catalogue. `stock` is what is left (None: no end), `supplied` what was ever put in.

    One person may redeem it `per_person` times in all and `per_year` times in 8,760 hours (None: no limit), from the
    level `level_id` on (None: everybody).
    """

    __tablename__ = "reward"
    __table_args__ = (
        CheckConstraint(f"price BETWEEN 1 AND {LARGEST_PRICE}", name="price"),
        CheckConstraint(f"stock BETWEEN 0 AND {LARGEST_STOCK}", name="stock"),
        CheckConstraint(
            f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}"
            f" AND char_length(description) BETWEEN 1 AND {LONGEST_DESCRIPTION}"
            f" AND char_length(delivery) BETWEEN 1 AND {LONGEST_DELIVERY}",
            name="words",
        ),
        CheckConstraint("(supplied IS NULL) = (stock IS NULL) AND supplied >= stock", name="supplied"),
        CheckConstraint(
            f"per_person BETWEEN 1 AND {LARGEST_LIMIT} AND per_year BETWEEN 1 AND {LARGEST_LIMIT}"
            " AND per_year <= per_person",
            name="limits",
        ),
        Index("ix_reward_state_price_id", "state", "price", "id"),
    )

    name: Mapped[str]
    description: Mapped[str]
    art: Mapped[str]
    price: Mapped[int]
    stock: Mapped[int | None]
    supplied: Mapped[int | None]
    delivery: Mapped[str]
    fulfilment: Mapped[str] = mapped_column(server_default="manual")
    per_person: Mapped[int | None] = mapped_column(SmallInteger)
    per_year: Mapped[int | None] = mapped_column(SmallInteger)
    level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    needs_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[RewardState] = mapped_column(choices(RewardState, "state"), server_default="draft")
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Redemption(Identified, Base):
    """A claim on a reward: name, delivery and price as they were when it was made.

    `hold_id` is the ledger's hold; `settled_phase` follows the state and is a key into the ledger, so that the hold is
    posted exactly where the redemption is fulfilled or refunded, voided where it failed or was cancelled. `per_person`
    and `per_year` are the reward's limits under which it was made, `needs_approval` whether a manager agrees to it
    before anything is sent; the database writes them.
    """

    __tablename__ = "redemption"
    __table_args__ = (
        UniqueConstraint("person_id", "request_key"),
        UniqueConstraint("hold_id"),
        UniqueConstraint("refund_id"),
        ForeignKeyConstraint(["hold_id"], ["transfer.id"], deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(["refund_id"], ["transfer.id"], deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(
            ["hold_id", "settled_phase"],
            ["transfer.hold_id", "transfer.phase"],
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint(
            "(state IN ('fulfilled', 'failed', 'cancelled', 'refunded')) = (decided_at IS NOT NULL)", name="decided"
        ),
        CheckConstraint("(state = 'refunded') = (refund_id IS NOT NULL)", name="refunded"),
        CheckConstraint("state NOT IN ('fulfilled', 'failed', 'refunded') OR note IS NOT NULL", name="told"),
        CheckConstraint("decided_by <> person_id OR state = 'cancelled'", name="other_hands"),
        CheckConstraint(f"char_length(note) BETWEEN 1 AND {LONGEST_NOTE}", name="note"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND (needs_approval OR approved_at IS NULL)"
            " AND (state <> 'awaiting_approval' OR needs_approval)"
            " AND (NOT needs_approval OR (approved_at IS NULL) ="
            " (state IN ('held', 'awaiting_approval', 'cancelled')))",
            name="approved",
        ),
        CheckConstraint("approved_by <> person_id", name="approved_by_another"),
        CheckConstraint("NOT declined OR note IS NOT NULL", name="declined"),
        Index("ix_redemption_person_id_id", "person_id", "id"),
        Index("ix_redemption_reward_id", "reward_id"),
        Index("ix_redemption_open", "id", postgresql_where=text("decided_at IS NULL")),
    )

    reward_id: Mapped[int] = mapped_column(ForeignKey("reward.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    request_key: Mapped[UUID]
    name: Mapped[str]
    delivery: Mapped[str]
    price: Mapped[int]
    took_stock: Mapped[bool]
    per_person: Mapped[int | None] = mapped_column(SmallInteger)
    per_year: Mapped[int | None] = mapped_column(SmallInteger)
    state: Mapped[State] = mapped_column(choices(State, "state"))
    hold_id: Mapped[int]
    needs_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    declined: Mapped[bool] = mapped_column(
        Computed("needs_approval AND state = 'cancelled' AND decided_by IS DISTINCT FROM person_id", persisted=True)
    )
    """Whether a manager said no, which is not the same as the person taking it back."""
    settled_phase: Mapped[str | None] = mapped_column(
        Computed(
            "CASE state WHEN 'fulfilled'::text THEN 'post'::text WHEN 'refunded'::text THEN 'post'::text"
            " WHEN 'failed'::text THEN 'void'::text WHEN 'cancelled'::text THEN 'void'::text ELSE NULL::text END",
            persisted=True,
        )
    )
    refund_id: Mapped[int | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]


class RedemptionEvent(Base):
    """A step on a redemption's way; append-only."""

    __tablename__ = "redemption_event"
    __table_args__ = (Index("ix_redemption_event_redemption_id_id", "redemption_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    state: Mapped[State] = mapped_column(choices(State, "state"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

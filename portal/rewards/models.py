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


class Reward(Identified, Base):
    """An item of the catalogue. `stock` is what is left (None: no end), `supplied` what was ever put in."""

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
    state: Mapped[RewardState] = mapped_column(choices(RewardState, "state"), server_default="draft")
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Redemption(Identified, Base):
    """A claim on a reward: name, delivery and price as they were when it was made.

    `hold_id` is the ledger's hold; `settled_phase` follows the state and is a key into the ledger, so that the hold is
    posted exactly where the redemption is fulfilled or refunded, voided where it failed or was cancelled.
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
    state: Mapped[State] = mapped_column(choices(State, "state"))
    hold_id: Mapped[int]
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

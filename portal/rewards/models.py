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
USUAL_DAYS: Final = 14
MOST_DAYS: Final = 365


class Reward(Identified, Base):
    """An item of the catalogue. `stock` is what is left (None: no end), `supplied` what was ever put in.

    One person may redeem it `per_person` times in all and `per_year` times in 8,760 hours (None: no limit), from the
    level `level_id` on (None: everybody). It is promised within `days`.
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
        CheckConstraint(f"days BETWEEN 1 AND {MOST_DAYS}", name="days"),
        CheckConstraint("fulfilment IN ('manual', 'code')", name="fulfilment"),
        CheckConstraint("fulfilment <> 'code' OR stock IS NOT NULL", name="codes"),
        UniqueConstraint("id", "fulfilment"),
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
    days: Mapped[int] = mapped_column(SmallInteger, server_default=text("14"))
    state: Mapped[RewardState] = mapped_column(choices(RewardState, "state"), server_default="draft")
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Redemption(Identified, Base):
    """A claim on a reward: name, delivery and price as they were when it was made.

    `hold_id` is the ledger's hold; `settled_phase` follows the state and is a key into the ledger, so that the hold is
    posted exactly where the redemption is fulfilled or refunded, voided where it failed or was cancelled. `per_person`
    and `per_year` are the reward's limits under which it was made, `needs_approval` whether a manager agrees to it
    before anything is sent, `way` how it is delivered; the database writes them. `coded` is its own id once a code is
    due: a key into the codes, as theirs is one into it, so that each has exactly the other.
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
        ForeignKeyConstraint(["reward_id", "way"], ["reward.id", "reward.fulfilment"]),
        ForeignKeyConstraint(
            ["coded"], ["reward_code.redemption_id"], deferrable=True, initially="DEFERRED", use_alter=True
        ),
        UniqueConstraint("coded", "reward_id"),
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
    way: Mapped[str] = mapped_column(server_default="manual")
    coded: Mapped[int | None] = mapped_column(
        Computed(
            "CASE WHEN way = 'code' AND (state = 'fulfilled' OR state = 'refunded') THEN id ELSE NULL END",
            persisted=True,
        )
    )
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
    due_at: Mapped[datetime] = mapped_column(server_default=text("(portal_now() + '336:00:00'::interval)"))
    """Until when the person was promised it; counted anew from an approval."""
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


class RewardCode(Identified, Base):
    """A code of a reward: sealed (sealing.py), given to one redemption at most, and shown as often as it may be.

    `mark` knows the same code again without telling it; `key_id` names the key under which both were made.
    """

    __tablename__ = "reward_code"
    __table_args__ = (
        ForeignKeyConstraint(["reward_id", "way"], ["reward.id", "reward.fulfilment"]),
        ForeignKeyConstraint(
            ["redemption_id", "reward_id"],
            ["redemption.coded", "redemption.reward_id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        UniqueConstraint("mark"),
        UniqueConstraint("redemption_id"),
        CheckConstraint("showings_left BETWEEN 0 AND 1", name="showings"),
        CheckConstraint("(redemption_id IS NULL) = (given_at IS NULL)", name="given"),
        Index("ix_reward_code_free", "reward_id", "id", postgresql_where=text("redemption_id IS NULL")),
        Index("ix_reward_code_key_id", "key_id"),
    )

    reward_id: Mapped[int]
    way: Mapped[str] = mapped_column(Computed("'code'::text", persisted=True))
    key_id: Mapped[str]
    sealed: Mapped[bytes]
    mark: Mapped[bytes]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    redemption_id: Mapped[int | None]
    given_at: Mapped[datetime | None]
    showings_left: Mapped[int] = mapped_column(SmallInteger, server_default="1")


class CodeShowing(Base):
    """One showing of a code to somebody; append-only, and it uses up one that is left."""

    __tablename__ = "code_showing"
    __table_args__ = (Index("ix_code_showing_code_id_id", "code_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("reward_code.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

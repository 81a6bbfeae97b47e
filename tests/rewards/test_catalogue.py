"""The catalogue's verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.rewards import catalogue, redemption
from portal.rewards.models import Reward
from portal.rewards.states import RewardState

Put = Callable[..., Reward]
RIGHT: dict[str, Any] = {
    "name": "Trail jacket",
    "description": "Recycled shell.",
    "art": "jacket",
    "price": 900,
    "delivery": "By post.",
    "stock": 3,
}


def test_a_reward_begins_as_a_draft(db: Session, mia: Actor) -> None:
    made = catalogue.create(db, by=mia, **{**RIGHT, "name": "  Trail   jacket "})
    assert (made.name, made.state, made.supplied) == ("Trail jacket", RewardState.DRAFT, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 81),
        ("description", ""),
        ("description", "x" * 401),
        ("delivery", ""),
        ("art", "car"),
        ("price", 0),
        ("price", 10**9 + 1),
        ("stock", -1),
        ("stock", 10**6 + 1),
    ],
)
def test_values_that_cannot_be(db: Session, mia: Actor, reward: Put, field: str, value: object) -> None:
    wrong = {**RIGHT, field: value}
    with pytest.raises(Invalid) as refusal:
        catalogue.create(db, by=mia, **wrong)
    assert refusal.value.field == field
    made = reward(stock=3)
    with pytest.raises(Invalid):
        catalogue.change(db, made.id, by=mia, seen_stock=3, **wrong)


def test_only_managers_change_the_catalogue(db: Session, ana: Actor, reward: Put) -> None:
    made = reward()
    with pytest.raises(NotAllowed):
        catalogue.create(db, by=ana, **RIGHT)
    with pytest.raises(NotAllowed):
        catalogue.change(db, made.id, by=ana, **RIGHT)
    for verb in (catalogue.publish, catalogue.archive):
        with pytest.raises(NotAllowed):
            verb(db, made.id, by=ana)


def test_a_reward_that_is_not_there(db: Session, mia: Actor) -> None:
    with pytest.raises(NotFound):
        catalogue.publish(db, 999, by=mia)


def test_into_the_catalogue_out_and_back(db: Session, mia: Actor, reward: Put) -> None:
    made = reward(publish=False)
    for verb, state in (
        (catalogue.publish, RewardState.ACTIVE),
        (catalogue.publish, RewardState.ACTIVE),
        (catalogue.archive, RewardState.ARCHIVED),
        (catalogue.archive, RewardState.ARCHIVED),
        (catalogue.publish, RewardState.ACTIVE),
    ):
        assert verb(db, made.id, by=mia).state is state


def test_stock_is_not_set_over_a_redemption_that_nobody_saw(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    made = reward(stock=5, price=100)
    redemption.redeem(db, made.id, by=ana, request_key=uuid4())
    db.commit()
    with pytest.raises(Conflict):
        catalogue.change(db, made.id, by=mia, seen_stock=5, **{**RIGHT, "stock": 10})
    db.rollback()
    catalogue.change(db, made.id, by=mia, seen_stock=4, **{**RIGHT, "stock": 10})
    db.commit()
    assert (made.stock, made.supplied) == (10, 11)


def test_a_change_of_other_things_needs_no_look_at_the_stock(db: Session, mia: Actor, reward: Put) -> None:
    made = reward(stock=5)
    changed = catalogue.change(db, made.id, by=mia, **{**RIGHT, "stock": 5, "price": 7})
    assert changed.price == 7

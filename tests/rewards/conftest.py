"""Advocates with points, managers, and a catalogue to spend them on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.points import awards
from portal.rewards import catalogue
from portal.rewards.catalogue import Rules
from portal.rewards.models import Reward
from tests.cast import joins


def earn(db: Session, actor: Actor, points: int, *, subject: str) -> None:
    """Pay an award and commit it."""
    assert actor.person_id is not None
    awards.grant(db, actor.person_id, points, subject=subject, cause="submission:1", reason="A story", by=SYSTEM)
    db.commit()


@pytest.fixture
def ana(db: Session) -> Actor:
    """An advocate with 1,240 points."""
    ana = joins(db, "Ana Mitchell", "advocate")
    earn(db, ana, 1240, subject="trial_award:1")
    return ana


@pytest.fixture
def ben(db: Session) -> Actor:
    """An advocate with 1,000 points."""
    ben = joins(db, "Ben Okoro", "advocate")
    earn(db, ben, 1000, subject="trial_award:2")
    return ben


@pytest.fixture
def mia(db: Session) -> Actor:
    """A program manager."""
    return joins(db, "Mia Lang", "manager")


@pytest.fixture
def reward(db: Session, mia: Actor) -> Callable[..., Reward]:
    """Put a reward into the catalogue: `reward(price=900, stock=2)`."""

    def put(
        name: str = "Trail jacket",
        *,
        price: int = 900,
        stock: int | None = None,
        publish: bool = True,
        rules: Rules | None = None,
    ) -> Reward:
        made = catalogue.create(
            db,
            name,
            by=mia,
            description="Recycled shell, all sizes.",
            art="jacket",
            price=price,
            delivery="We ask you for size and address by e-mail.",
            stock=stock,
            rules=rules,
        )
        if publish:
            catalogue.publish(db, made.id, by=mia)
        db.commit()
        return made

    return put

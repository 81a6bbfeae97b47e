"""Advocates with accounts, and the managers who decide on their points."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.people import people


def _joins(db: Session, name: str, *roles: str) -> Actor:
    address = f"{name.partition(' ')[0].lower()}@harbor.example"
    person = people.add_person(db, name, by=SYSTEM, email=address, roles=roles)
    actor = Actor(person.id, frozenset(roles))
    db.commit()
    return actor


@pytest.fixture
def ana(db: Session) -> Actor:
    """An advocate."""
    return _joins(db, "Ana Mitchell", "advocate")


@pytest.fixture
def ben(db: Session) -> Actor:
    """Another advocate."""
    return _joins(db, "Ben Okoro", "advocate")


@pytest.fixture
def mia(db: Session) -> Actor:
    """A program manager."""
    return _joins(db, "Mia Lang", "manager")


@pytest.fixture
def max_(db: Session) -> Actor:
    """A second manager."""
    return _joins(db, "Max Ruiz", "manager")

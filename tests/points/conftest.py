"""Advocates with accounts, and the managers who decide on their points."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from tests.cast import joins


@pytest.fixture
def ana(db: Session) -> Actor:
    """An advocate."""
    return joins(db, "Ana Mitchell", "advocate")


@pytest.fixture
def ben(db: Session) -> Actor:
    """Another advocate."""
    return joins(db, "Ben Okoro", "advocate")


@pytest.fixture
def mia(db: Session) -> Actor:
    """A program manager."""
    return joins(db, "Mia Lang", "manager")


@pytest.fixture
def max_(db: Session) -> Actor:
    """A second manager."""
    return joins(db, "Max Ruiz", "manager")

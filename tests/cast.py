"""The cast of the reference program: an advocate, a stranger who is an advocate too, a rep, a manager."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.people import people
from tests.consented import Known, make_advocate, make_company, make_staff


def joins(db: Session, name: str, *roles: str) -> Actor:
    """Somebody new at one company, as verbs know them."""
    address = f"{name.partition(' ')[0].lower()}@harbor.example"
    person = people.add_person(db, name, by=SYSTEM, email=address, roles=roles)
    actor = Actor(person.id, frozenset(roles))
    db.commit()
    return actor


@pytest.fixture
def ana(db: Session) -> Known:
    """An advocate of a company in logistics, who has not agreed to anything yet."""
    company = make_company(db, "Harbor Freight Lines")
    known = make_advocate(db, "Ana Maria Mitchell", company_id=company.id, email="ana@harbor.example")
    db.commit()
    return known


@pytest.fixture
def sol(db: Session) -> Known:
    """An advocate of no company."""
    known = make_advocate(db, "Sol Stranger", email="sol@other.example")
    db.commit()
    return known


@pytest.fixture
def rep(db: Session) -> Known:
    """A rep."""
    known = make_staff(db, "Tom Alvarez", "sales", email="tom@northstar.example")
    db.commit()
    return known


@pytest.fixture
def mia(db: Session) -> Known:
    """A manager."""
    known = make_staff(db, "Mia Manager", "manager", email="mia@northstar.example")
    db.commit()
    return known

"""The cast: an advocate, a stranger who is an advocate too, a rep, a manager."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.consented import Known, make_advocate, make_company, make_staff


@pytest.fixture
def ana(db: Session) -> Known:
    company = make_company(db, "Harbor Freight Lines")
    known = make_advocate(db, "Ana Maria Mitchell", company_id=company.id, email="ana@harbor.example")
    db.commit()
    return known


@pytest.fixture
def sol(db: Session) -> Known:
    known = make_advocate(db, "Sol Stranger", email="sol@other.example")
    db.commit()
    return known


@pytest.fixture
def rep(db: Session) -> Known:
    known = make_staff(db, "Tom Alvarez", "sales", email="tom@northstar.example")
    db.commit()
    return known


@pytest.fixture
def mia(db: Session) -> Known:
    known = make_staff(db, "Mia Manager", "manager", email="mia@northstar.example")
    db.commit()
    return known

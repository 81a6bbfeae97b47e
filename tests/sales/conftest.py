"""The cast of the rep's desk, with a browser for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import mia, rep
from tests.consented import Known, agree, make_advocate, make_company, make_staff

__all__ = ["ana", "browse", "mia", "other", "rep"]

Browse = Callable[[Known], Browser]


@pytest.fixture
def ana(db: Session) -> Known:
    company = make_company(db, "Harbor Freight Lines")
    known = make_advocate(db, "Ana Maria Mitchell", company_id=company.id, email="ana@harbor.example")
    agree(db, known)
    db.commit()
    return known


@pytest.fixture
def other(db: Session) -> Known:
    known = make_staff(db, "Olga Other", "sales")
    db.commit()
    return known


@pytest.fixture
def browse(app: Portal, db: Session) -> Browse:
    return lambda who: Browser(app, db, who.actor)

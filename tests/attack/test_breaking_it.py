"""Ways to make a page fail, and what the failure would tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.challenges import challenges
from portal.database.refusal import Invalid
from portal.people.models import Person
from portal.web.app import Portal
from portal.web.logs import redact
from portal.web.paging import cursor_of, encode
from tests.access.conftest import actor, csrf

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]
CANARY = "a story that nobody else should read"


@pytest.mark.parametrize(
    ("kinds", "cursor"),
    [
        ((datetime, int), ("2024-W01-1", 1)),
        ((datetime, int), ("2024-W01-1T00:00:00+00:00", 1)),
        ((datetime, int), ("2026-11-23T10:00:00", 1)),
        ((str, int), ("\x00", 1)),
        ((str, int), ("\ud800", 1)),
        ((object, UUID), ("\ud800", "6f1e0a3e-0000-4000-8000-000000000000")),
    ],
)
def test_a_cursor_holds_nothing_that_only_the_database_would_refuse(
    app: Portal, kinds: tuple[type, ...], cursor: tuple[object, ...]
) -> None:
    with app.test_request_context("/", query_string={"after": encode(cursor)}), pytest.raises(Invalid):
        cursor_of(*kinds)


def test_a_form_of_names_without_end_is_too_large(db: Session, somebody: Somebody, browser_of: BrowserOf) -> None:
    tom = browser_of(somebody("Tom Reyes", "sales"))
    token = csrf(tom, "/sales/nominate")
    many = "&".join(f"f{number}=1" for number in range(9000)) + f"&csrf_token={token}"
    kind = "application/x-www-form-urlencoded"
    assert tom.post("/sales/nominate", data=many, content_type=kind).status_code == 413
    few = f"csrf_token={token}&reason={'a' * 40_000}"
    assert tom.post("/sales/nominate", data=few, content_type=kind).status_code == 422


@pytest.mark.parametrize(
    ("opens", "closes"), [("9999-12-31", ""), ("", "9999-12-31"), ("0001-01-01", ""), ("1999-12-30", "2101-02-01")]
)
def test_days_that_no_clock_holds_are_refused_with_a_sentence(
    db: Session, somebody: Somebody, browser_of: BrowserOf, opens: str, closes: str
) -> None:
    mia = browser_of(somebody("Mia Roth", "manager"))
    form = {"title": "Tell us", "minutes": "5", "for_everybody": "y", "activity_type": "", "opens_on": opens}
    form |= {"closes_on": closes, "csrf_token": csrf(mia, "/admin/challenges/new")}
    answer = mia.post("/admin/challenges", data=form)
    assert answer.status_code == 422
    assert "between the years 2000 and 2100" in answer.get_data(as_text=True)
    assert db.scalar(text("SELECT count(*) FROM challenge")) == 0


def test_the_verb_refuses_them_too(db: Session, somebody: Somebody) -> None:
    by = actor(somebody("Mia Roth", "manager"), "manager")
    with pytest.raises(Invalid):
        challenges.create(db, "Tell us", by=by, closes_at=datetime(9999, 12, 31, 23, tzinfo=UTC))
    db.rollback()


def test_an_error_of_the_database_is_logged_without_what_people_wrote(db: Session) -> None:
    with pytest.raises(DBAPIError) as raised:
        db.execute(text("SELECT CAST(:story AS text), 1 / 0"), {"story": CANARY})
    db.rollback()
    assert CANARY not in str(raised.value)
    with pytest.raises(DBAPIError) as broken:
        db.execute(text("INSERT INTO company (name, employees) VALUES (NULL, 77077)"))
    db.rollback()
    line = redact(None, "", {"exception": f"Traceback\n{broken.value.orig}\n[SQL: INSERT]"})
    assert "77077" in str(broken.value.orig), "PostgreSQL tells the whole row"
    assert "77077" not in line["exception"]
    assert "[SQL: INSERT]" in line["exception"]

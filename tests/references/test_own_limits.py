"""An advocate's own limits: longer rests, a pause that hides them; never more than the program allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from portal.database.refusal import Invalid, LimitReached, NotFound
from portal.references import fatigue, pool, pool_search
from portal.references.models import AdvocateLimits
from portal.references.models.pool import PoolEntry
from portal.references.opportunities import Prospect
from portal.references.pool_sql import Filters
from portal.web.app import Portal
from tests.asking import ask, travel
from tests.browsing import Browser
from tests.conftest import Superuser
from tests.consented import Known, agree

AUTUMN = datetime(2026, 10, 6, 9, tzinfo=UTC)
DEAL = Prospect("Brightline", "Logistics", "Germany", "500-4999", None)


@pytest.fixture
def agreed(db: Session, ana: Known) -> Known:
    """Ana, who agreed to calls in autumn."""
    travel(db, AUTUMN)
    agree(db, ana)
    db.commit()
    return ana


def found(db: Session) -> int:
    """In how many ways she is found: in the whole pool, by filters, for a deal, among the nearest."""
    ways = (
        pool_search.search(db, Filters()).page.rows,
        pool_search.search(db, Filters(industry=("Logistics",))).page.rows,
        pool_search.search(db, Filters(activity=("reference_call",)), deal=DEAL).page.rows,
        pool_search.nearest(db, Filters(industry=("Logistics",), country=("Peru",))),
    )
    return sum(len(rows) for rows in ways)


def test_own_rests_are_kept_and_the_stricter_one_counts(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    fatigue.lower(db, agreed.id, None, gap_days=30, by=agreed.actor)
    fatigue.log_outside(db, agreed.id, AUTUMN, by=rep.actor)
    db.commit()
    travel(db, AUTUMN + timedelta(days=29))
    with pytest.raises(LimitReached, match="resting until 5 November"):
        ask(db, agreed, rep)
    travel(db, AUTUMN + timedelta(days=29))
    db.execute(text("UPDATE program SET person_gap_hours = 2000"))
    load = fatigue.load_of(db, agreed.id)
    assert load.gap_until == AUTUMN + timedelta(hours=2000), "where the program becomes stricter it counts"
    travel(db, AUTUMN + timedelta(days=30))
    assert fatigue.load_of(db, agreed.id).askable


@pytest.mark.parametrize("days", [0, 1, 13, 181, -5])
def test_a_rest_is_never_shorter_than_the_programs(db: Session, agreed: Known, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        fatigue.lower(db, agreed.id, None, gap_days=days, by=agreed.actor)
    assert refused.value.field == "gap_days"
    assert db.get(AdvocateLimits, agreed.id) is None or db.get_one(AdvocateLimits, agreed.id).gap_days is None
    db.rollback()


def test_even_a_shorter_rest_in_the_table_lets_nobody_ask_sooner(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    fatigue.log_outside(db, agreed.id, AUTUMN, by=rep.actor)
    db.execute(text("INSERT INTO advocate_limits (person_id, gap_days) VALUES (:who, 1)"), {"who": agreed.id})
    db.commit()
    travel(db, AUTUMN + timedelta(days=13))
    assert not fatigue.load_of(db, agreed.id).askable


def test_nobody_else_changes_them(db: Session, agreed: Known, mia: Known) -> None:
    with pytest.raises(NotFound):
        fatigue.lower(db, agreed.id, None, gap_days=30, by=mia.actor)


def test_who_is_paused_is_not_found_and_is_again_when_the_pause_is_over(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    assert found(db) == 4
    entry = db.get_one(PoolEntry, agreed.id).public_id
    fatigue.pause(db, agreed.id, AUTUMN + timedelta(days=30), by=agreed.actor)
    db.commit()
    travel(db, AUTUMN + timedelta(days=29))
    assert found(db) == 0
    with pytest.raises(NotFound):
        pool.entry_of(db, entry)
    with pytest.raises(LimitReached):
        ask(db, agreed, rep)
    travel(db, AUTUMN + timedelta(days=30))
    assert found(db) == 4, "it ends by itself, to the second"
    assert pool.entry_of(db, entry).person_id == agreed.id
    assert ask(db, agreed, rep).id
    db.commit()


def test_ending_a_pause_early_shows_them_at_once(db: Session, agreed: Known) -> None:
    travel(db, AUTUMN)
    fatigue.pause(db, agreed.id, AUTUMN + timedelta(days=90), by=agreed.actor)
    assert found(db) == 0
    fatigue.pause(db, agreed.id, None, by=agreed.actor)
    assert found(db) == 4
    db.commit()
    assert db.get_one(AdvocateLimits, agreed.id).paused_at is None


def test_the_trigger_refuses_an_ask_in_a_pause_also_past_all_verbs(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    ask(db, agreed, rep)
    db.commit()
    travel(db, AUTUMN + timedelta(days=80))
    fatigue.pause(db, agreed.id, AUTUMN + timedelta(days=110), by=agreed.actor)
    db.execute(
        text(
            "UPDATE assignment SET state = 'expired', ended_at = portal_now(); UPDATE reference_request SET"
            " state = 'unfilled'"
        )
    )
    with pytest.raises(DBAPIError) as refused:
        db.execute(
            text(
                "WITH made AS (INSERT INTO reference_request (requested_by, activity_type_id, prospect_name, topics,"
                " needed_by, state, state_since) SELECT requested_by, activity_type_id, 'x', 'x', needed_by, 'waiting',"
                " now() FROM reference_request RETURNING id, activity_type_id), put AS (INSERT INTO assignment"
                " (request_id, person_id, scope, points, state, asked_at, answer_by) SELECT id, :who,"
                " 'reference_call:live:same_industry', 0, 'asked', portal_now(), portal_now() FROM made RETURNING id)"
                " INSERT INTO ask (person_id, activity_type_id, assignment_id, source)"
                " SELECT :who, made.activity_type_id, put.id, 'portal' FROM made, put"
            ),
            {"who": agreed.id},
        )
    assert refused.value.orig.diag.constraint_name in {"fatigue_person_paused", "assignment_activity"}  # type: ignore[union-attr]
    db.rollback()


def test_an_ask_that_was_open_before_stays_open(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    request = ask(db, agreed, rep)
    fatigue.pause(db, agreed.id, AUTUMN + timedelta(days=30), by=agreed.actor)
    db.commit()
    assert request.state == "waiting"


@pytest.mark.parametrize(
    "values",
    [
        "NULL, now() + interval '1 day', NULL",
        "NULL, NULL, now()",
        "NULL, now() - interval '1 day', now()",
        "NULL, now() + interval '400 days', now()",
        "0, NULL, NULL",
        "181, NULL, NULL",
    ],
)
def test_limits_that_make_no_sense_cannot_be_stored(db: Session, ana: Known, values: str) -> None:
    with pytest.raises(IntegrityError, match="ck_advocate_limits"):
        db.execute(
            text(f"INSERT INTO advocate_limits (person_id, gap_days, paused_until, paused_at) VALUES (:who, {values})"),
            {"who": ana.id},
        )
    db.rollback()


def test_an_ask_in_a_pause_is_noticed(
    db: Session, ana: Known, rep: Known, superuser: Superuser, breaches_expected: list[str]
) -> None:
    agree(db, ana)
    ask(db, ana, rep)
    db.commit()
    superuser.plant(
        "INSERT INTO advocate_limits (person_id, paused_at, paused_until)"
        " SELECT person_id, asked_at - interval '1 hour', asked_at + interval '1 day' FROM ask"
    )
    breaches_expected += ["references.nobody_is_asked_in_a_pause", "pool.entry_says_what_may_be_said"]


def test_limits_are_set_and_shown_by_plain_forms(app: Portal, db: Session, ana: Known) -> None:
    browser, path = Browser(app, db, ana.actor), "/asks/limits"
    assert "14, as the program keeps" in browser.get(path).text
    assert browser.post(path, path, asks="1", gap="60").status_code == 303
    db.rollback()
    own = db.get_one(AdvocateLimits, ana.id)
    assert (own.asks_per_window, own.gap_days) == (1, 60)
    assert '<option selected value="60">' in browser.get(path).text
    assert "60 days" in browser.get("/references").text
    assert browser.post(path, path, asks="1", gap="3").status_code == 422
    assert browser.post(path, path, asks="1", gap="x").status_code == 422
    assert browser.post(path, path, asks="program", gap="program").status_code == 303
    db.rollback()
    own = db.get_one(AdvocateLimits, ana.id, populate_existing=True)
    assert (own.asks_per_window, own.gap_days) == (None, None)


def test_each_length_of_a_pause_is_offered_and_kept(app: Portal, db: Session, agreed: Known) -> None:
    browser, path = Browser(app, db, agreed.actor), "/asks/limits"
    for months in (1, 3, 6):
        assert browser.post("/asks/pause", path, months=str(months)).status_code == 303
        db.rollback()
        own = db.get_one(AdvocateLimits, agreed.id, populate_existing=True)
        assert own.paused_until is not None
        assert own.paused_at is not None
        assert own.paused_until - own.paused_at == timedelta(days=30 * months)
        db.rollback()
    for nonsense in ("2", "-1", "x", ""):
        assert browser.post("/asks/pause", path, months=nonsense).status_code in {409, 422}

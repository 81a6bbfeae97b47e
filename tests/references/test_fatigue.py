"""Nobody gets worn out: the limits, in words and in the database (trust.md, fatigue)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.database import run
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, sentence_for
from portal.people import people
from portal.people.states import AdvocateStatus
from portal.references import answers, fatigue, requests
from tests.asking import ask, assignment_of, travel
from tests.consented import Known, agree, make_advocate

AUTUMN = datetime(2026, 10, 6, 9, tzinfo=UTC)
RULES = (
    "fatigue_person_window",
    "fatigue_person_gap",
    "fatigue_person_open",
    "fatigue_company_window",
    "fatigue_person_paused",
    "fatigue_unknown",
    "ask_in_the_future",
)


@pytest.fixture
def agreed(db: Session, ana: Known) -> Known:
    travel(db, AUTUMN - timedelta(days=10))
    agree(db, ana)
    db.commit()
    return ana


def asked_and_declined(db: Session, who: Known, rep: Known, when: datetime) -> None:
    """An ask at that moment, with a "not this time" an hour later."""
    travel(db, when)
    assignment = assignment_of(db, ask(db, who, rep))
    db.commit()
    travel(db, when + timedelta(hours=1))
    answers.decline(db, assignment.id, by=who.actor)
    db.commit()


def refused(db: Session, who: Known, rep: Known, when: datetime) -> str:
    """The sentence with which an ask at that moment is refused."""
    travel(db, when)
    with pytest.raises(LimitReached) as refusal:
        ask(db, who, rep)
    db.rollback()
    return str(refusal.value)


def raw_ask(db: Session, who: Known, *, source: str = "portal") -> None:
    """An ask past all verbs, with the assignment it needs."""
    db.execute(
        text(
            """
            WITH request AS (
              INSERT INTO reference_request
                (requested_by, activity_type_id, prospect_name, topics, needed_by, state, state_since)
              SELECT p.id, t.id, 'x', 'x', current_date, 'waiting', now() FROM person p, activity_type t
              WHERE t.key = 'reference_call' ORDER BY p.id LIMIT 1 RETURNING id),
            made AS (
              INSERT INTO assignment (request_id, person_id, scope, points, state, asked_at, answer_by)
              SELECT id, :who, 'reference_call:live:same_industry', 0, 'asked', portal_now(), portal_now() FROM request
              RETURNING id)
            SELECT id FROM made
            """
        ),
        {"who": who.id},
    )
    db.execute(
        text(
            "INSERT INTO ask (person_id, activity_type_id, assignment_id, source)"
            " SELECT :who, t.id, max(s.id), :source FROM assignment s, activity_type t"
            " WHERE t.key = 'reference_call' GROUP BY t.id"
        ),
        {"who": who.id, "source": source},
    )


def test_two_asks_a_quarter_are_the_most(db: Session, agreed: Known, rep: Known) -> None:
    asked_and_declined(db, agreed, rep, AUTUMN)
    asked_and_declined(db, agreed, rep, AUTUMN + timedelta(days=20))
    third = AUTUMN + timedelta(days=48)
    assert refused(db, agreed, rep, third) == "A. M. is resting until 4 January (2 asks this quarter)."
    asked_and_declined(db, agreed, rep, AUTUMN + timedelta(hours=2160))


def test_two_weeks_lie_between_two_asks(db: Session, agreed: Known, rep: Known) -> None:
    asked_and_declined(db, agreed, rep, AUTUMN)
    said = refused(db, agreed, rep, AUTUMN + timedelta(hours=335))
    assert said == "A. M. is resting until 20 October (last asked on 6 October)."
    asked_and_declined(db, agreed, rep, AUTUMN + timedelta(hours=336))


def test_one_open_ask_at_a_time(db: Session, agreed: Known, rep: Known) -> None:
    db.execute(text("UPDATE program SET person_gap_hours = 0, answer_hours = 400"))
    db.commit()
    travel(db, AUTUMN)
    ask(db, agreed, rep, needed_by=(AUTUMN + timedelta(days=60)).date())
    db.commit()
    assert "not answered yet" in refused(db, agreed, rep, AUTUMN + timedelta(hours=1))


def test_a_company_has_a_limit_of_its_own(db: Session, agreed: Known, rep: Known) -> None:
    db.execute(text("UPDATE program SET company_asks = 2"))
    db.commit()
    travel(db, AUTUMN - timedelta(days=9))
    colleagues = [make_advocate(db, f"Colleague Nr{n}", company_id=agreed.company_id) for n in range(2)]
    for colleague in colleagues:
        agree(db, colleague)
    db.commit()
    asked_and_declined(db, agreed, rep, AUTUMN)
    asked_and_declined(db, colleagues[0], rep, AUTUMN + timedelta(days=1))
    said = refused(db, colleagues[1], rep, AUTUMN + timedelta(days=2))
    assert said == "C. N.'s company is resting until 4 January (enough asks of its people this quarter)."
    assert fatigue.load_of(db, colleagues[1].id).resting_until == AUTUMN + timedelta(hours=2160)
    own = db.scalar(text("SELECT next_askable_at FROM pool_entry WHERE person_id = :who"), {"who": colleagues[1].id})
    assert own is None, "the row of a colleague is not written when somebody else is asked"


def test_an_advocate_lowers_their_own_limit(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN - timedelta(days=1))
    fatigue.lower(db, agreed.id, 1, by=agreed.actor)
    db.commit()
    asked_and_declined(db, agreed, rep, AUTUMN)
    assert "(1 ask this quarter)" in refused(db, agreed, rep, AUTUMN + timedelta(days=20))
    fatigue.lower(db, agreed.id, 0, by=agreed.actor)
    db.commit()
    assert refused(db, agreed, rep, AUTUMN + timedelta(days=120)) == "A. M. takes no asks at the moment."
    fatigue.lower(db, agreed.id, None, by=agreed.actor)
    db.commit()
    asked_and_declined(db, agreed, rep, AUTUMN + timedelta(days=20))


@pytest.mark.parametrize("wanted", [-1, 3])
def test_nobody_raises_a_limit(db: Session, agreed: Known, wanted: int) -> None:
    with pytest.raises(Invalid, match="0 to 2"):
        fatigue.lower(db, agreed.id, wanted, by=agreed.actor)


def test_nobody_changes_anothers_limits(db: Session, agreed: Known, mia: Known) -> None:
    with pytest.raises(NotFound):
        fatigue.lower(db, agreed.id, 1, by=mia.actor)
    with pytest.raises(NotFound):
        fatigue.pause(db, agreed.id, None, by=mia.actor)


def test_a_raised_own_limit_counts_for_no_more_than_the_programs(db: Session, agreed: Known, rep: Known) -> None:
    db.execute(text("INSERT INTO advocate_limits (person_id, asks_per_window) VALUES (:who, 50)"), {"who": agreed.id})
    db.commit()
    assert fatigue.load_of(db, agreed.id).allowed == 2


def test_a_pause_holds_until_its_end(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    fatigue.pause(db, agreed.id, AUTUMN + timedelta(days=30), by=agreed.actor)
    db.commit()
    assert refused(db, agreed, rep, AUTUMN + timedelta(days=2)) == "A. M. takes no asks until 5 November."
    travel(db, AUTUMN + timedelta(days=3))
    fatigue.pause(db, agreed.id, None, by=agreed.actor)
    db.commit()
    asked_and_declined(db, agreed, rep, AUTUMN + timedelta(days=3))


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=400)])
def test_a_pause_ends_within_a_year(db: Session, agreed: Known, length: timedelta) -> None:
    with pytest.raises(Invalid):
        fatigue.pause(db, agreed.id, now(db) + length, by=agreed.actor)


def test_who_is_paused_or_suspended_is_not_asked(db: Session, agreed: Known, rep: Known, mia: Known) -> None:
    people.move_advocate(db, agreed.id, AdvocateStatus.PAUSED, by=SYSTEM)
    db.commit()
    assert refused(db, agreed, rep, AUTUMN) == "A. M. takes no asks at the moment."
    assert fatigue.load_of(db, agreed.id).resting_until is None


def test_an_ask_outside_the_portal_counts_and_is_never_refused(db: Session, agreed: Known, rep: Known) -> None:
    travel(db, AUTUMN)
    for days in (1, 2, 3):
        fatigue.log_outside(db, agreed.id, AUTUMN - timedelta(days=days), by=rep.actor)
    db.commit()
    travel(db, AUTUMN)
    assert fatigue.load_of(db, agreed.id).asks == 3
    with pytest.raises(Invalid):
        fatigue.log_outside(db, agreed.id, AUTUMN + timedelta(seconds=1), by=rep.actor)
    with pytest.raises(NotAllowed):
        fatigue.log_outside(db, agreed.id, AUTUMN, by=agreed.actor)
    assert "(3 asks this quarter)" in refused(db, agreed, rep, AUTUMN)


def test_the_load_of_nobody(db: Session) -> None:
    assert fatigue.loads(db, []) == {}
    with pytest.raises(NotFound):
        fatigue.load_of(db, 999_999)


def test_the_loads_of_many_cost_one_statement(
    db: Session, agreed: Known, sol: Known, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    assert count_queries(lambda: fatigue.loads(db, [agreed.id])) == 1
    assert count_queries(lambda: fatigue.loads(db, [agreed.id, sol.id])) == 1


@pytest.mark.parametrize(
    ("arrange", "rule"),
    [
        ("UPDATE program SET person_asks = 1, person_gap_hours = 0", "fatigue_person_window"),
        ("UPDATE program SET company_asks = 1, person_gap_hours = 0", "fatigue_company_window"),
        ("SELECT 1", "fatigue_person_gap"),
        (
            (
                "INSERT INTO advocate_limits (person_id, paused_at, paused_until)"
                " SELECT id, now(), now() + interval '1 year' FROM person"
            ),
            "fatigue_person_paused",
        ),
        ("UPDATE person SET suspended_at = now()", "fatigue_person_paused"),
    ],
)
def test_the_database_counts_for_itself(db: Session, agreed: Known, rep: Known, arrange: str, rule: str) -> None:
    asked_and_declined(db, agreed, rep, datetime.now(UTC) - timedelta(hours=2))
    db.execute(text(arrange))
    with pytest.raises(DBAPIError) as error:
        raw_ask(db, agreed)
    assert error.value.orig.sqlstate == "23514"  # type: ignore[union-attr]
    assert error.value.orig.diag.constraint_name == rule  # type: ignore[union-attr]


def test_the_database_sees_an_open_ask(db: Session, agreed: Known, rep: Known) -> None:
    ask(db, agreed, rep)
    with pytest.raises(DBAPIError, match="forbid") as error:
        raw_ask(db, agreed)
    assert error.value.orig.diag.constraint_name == "fatigue_person_open"  # type: ignore[union-attr]


def test_limits_that_cannot_be_read_refuse_every_ask(db: Session, agreed: Known, rep: Known) -> None:
    db.execute(text("DELETE FROM program"))
    with pytest.raises(DBAPIError) as error:
        raw_ask(db, agreed)
    assert error.value.orig.diag.constraint_name == "fatigue_unknown"  # type: ignore[union-attr]


def test_a_breach_becomes_a_sentence(db: Session, agreed: Known, rep: Known) -> None:
    asked_and_declined(db, agreed, rep, datetime.now(UTC) - timedelta(hours=2))
    with pytest.raises(Conflict, match="resting"):
        run(lambda session: raw_ask(session, agreed))
    assert all(sentence_for(rule) for rule in RULES)


def test_asks_are_only_counted_where_counting_is_right(db: Session, agreed: Known, rep: Known) -> None:
    db.rollback()
    db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    with pytest.raises(DBAPIError, match="READ COMMITTED"):
        raw_ask(db, agreed)


def test_an_outside_ask_cannot_lie_ahead(db: Session, agreed: Known) -> None:
    with pytest.raises(IntegrityError) as error:
        db.execute(
            text(
                "INSERT INTO ask (person_id, activity_type_id, source, asked_at)"
                " SELECT :who, id, 'outside', now() + interval '1 day' FROM activity_type WHERE key = 'reference_call'"
            ),
            {"who": agreed.id},
        )
    assert error.value.orig.diag.constraint_name == "ask_in_the_future"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ask",
        "TRUNCATE ask CASCADE",
        "UPDATE ask SET asked_at = asked_at - interval '1 year'",
        "UPDATE ask SET freed_at = now(), person_id = person_id + 1",
    ],
)
def test_an_ask_is_never_taken_off_the_count(db: Session, agreed: Known, rep: Known, change: str) -> None:
    ask(db, agreed, rep)
    db.commit()
    with pytest.raises(DBAPIError, match=r"only be freed|append-only"):
        db.execute(text(change))


def test_a_freed_ask_stays_freed(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    with pytest.raises(DBAPIError, match="only be freed"):
        db.execute(text("UPDATE ask SET freed_at = NULL"))

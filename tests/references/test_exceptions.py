"""Exceptions of the program's limits: a reason, a second person, one ask; never against what an advocate wishes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents
from portal.database.invariants import check_invariants
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.references import answers, exceptions, fatigue
from portal.references.models.exceptions import ExceptionState, LimitException
from tests.asking import ask, assignment_of, history_of, travel
from tests.conftest import Superuser
from tests.consented import BOTH, Known, agree, make_advocate, make_staff


@pytest.fixture
def full(db: Session, ana: Known, rep: Known) -> Known:
    """Somebody who was asked as often as the program allows."""
    db.execute(text("UPDATE program SET person_gap_hours = 0"))
    agree(db, ana)
    for _ask in range(2):
        used_up(db, ana, rep)
    db.commit()
    return ana


@pytest.fixture
def max_(db: Session) -> Known:
    """A second manager."""
    known = make_staff(db, "Max Second", "manager", email="max@northstar.example")
    db.commit()
    return known


def used_up(db: Session, who: Known, rep: Known) -> None:
    """An ask with its "not this time"."""
    answers.decline(db, assignment_of(db, ask(db, who, rep)).id, by=who.actor)


def wanted(db: Session, who: Known, by: Known, **changes: Any) -> LimitException:
    """An exception that is asked for, for the prospect of `ask`."""
    wish: dict[str, Any] = {
        "reason": "They are the only ones with nine depots.",
        "activity": "reference_call",
        "prospect_name": "Brightline Health",
        "key": uuid4(),
        **changes,
    }
    return exceptions.ask_for(db, who.id, by=by.actor, **wish)


def approved(db: Session, who: Known, by: Known, second: Known, **changes: Any) -> LimitException:
    """An exception that may be used."""
    found = exceptions.approve(db, wanted(db, who, by, **changes).id, by=second.actor)
    db.commit()
    return found


def audited(db: Session) -> list[str]:
    found = text("SELECT action FROM audit_entry WHERE action LIKE 'exception.%' ORDER BY id")
    return list(db.scalars(found))


def test_one_ask_goes_through_and_no_second(db: Session, full: Known, rep: Known, mia: Known) -> None:
    with pytest.raises(LimitReached):
        ask(db, full, rep)
    db.rollback()
    made = approved(db, full, rep, mia)
    request = ask(db, full, rep)
    answers.decline(db, assignment_of(db, request).id, by=full.actor)
    db.commit()
    db.refresh(made)
    assert made.ask_id is not None
    assert history_of(db, request)[2] == "asked"
    assert audited(db) == ["exception.ask", "exception.approved", "exception.use"]
    with pytest.raises(LimitReached):
        ask(db, full, rep)
    db.rollback()


def test_it_holds_for_whom_and_what_it_was_approved(
    db: Session, full: Known, rep: Known, mia: Known, max_: Known
) -> None:
    approved(db, full, rep, mia)
    for by, changes in (
        (rep, {"prospect_name": "Somebody Else"}),
        (max_, {}),
    ):
        with pytest.raises(LimitReached):
            ask(db, full, by, **changes)
        db.rollback()
    agree(db, full, ["quote:written:prospects"])
    with pytest.raises(LimitReached):
        ask(db, full, rep, activity="quote")
    db.rollback()
    ask(db, full, rep, prospect_name="BRIGHTLINE health")
    db.commit()


def test_it_ends_after_two_weeks(db: Session, full: Known, rep: Known, mia: Known) -> None:
    made, late = approved(db, full, rep, mia), wanted(db, full, rep)
    db.commit()
    travel(db, made.expires_at)
    with pytest.raises(LimitReached):
        ask(db, full, rep)
    db.rollback()
    travel(db, late.expires_at)
    with pytest.raises(Conflict, match="run out"):
        exceptions.approve(db, late.id, by=mia.actor)
    db.rollback()


def test_a_second_person_decides_and_never_who_asked_or_is_asked(
    db: Session, full: Known, rep: Known, mia: Known, max_: Known
) -> None:
    made = wanted(db, full, mia)
    for by, refusal in ((mia, NotAllowed), (rep, NotAllowed), (full, NotAllowed)):
        with pytest.raises(refusal):
            exceptions.approve(db, made.id, by=by.actor)
        with pytest.raises(refusal):
            exceptions.decline(db, made.id, by=by.actor, note="No.")
    with pytest.raises(Invalid):
        exceptions.decline(db, made.id, by=max_.actor, note="  ")
    for _click in range(2):
        assert exceptions.approve(db, made.id, by=max_.actor).state is ExceptionState.APPROVED
    with pytest.raises(Conflict):
        exceptions.decline(db, made.id, by=max_.actor, note="No.")
    with pytest.raises(Conflict):
        exceptions.withdraw(db, made.id, by=mia.actor)
    db.commit()


def test_who_asked_takes_it_back_and_nobody_else(db: Session, full: Known, rep: Known, mia: Known) -> None:
    made = wanted(db, full, rep)
    with pytest.raises(NotFound):
        exceptions.withdraw(db, made.id, by=mia.actor)
    for _click in range(2):
        assert exceptions.withdraw(db, made.id, by=rep.actor).state is ExceptionState.WITHDRAWN
    with pytest.raises(Conflict):
        exceptions.approve(db, made.id, by=mia.actor)
    db.commit()


def test_what_an_advocate_wishes_is_never_excepted(db: Session, full: Known, rep: Known, mia: Known) -> None:
    approved(db, full, rep, mia)
    wishes = (
        lambda: fatigue.lower(db, full.id, 2, by=full.actor),
        lambda: fatigue.lower(db, full.id, None, gap_days=30, by=full.actor),
        lambda: fatigue.pause(db, full.id, now(db) + timedelta(days=30), by=full.actor),
    )
    for wish in wishes:
        wish()
        with pytest.raises(LimitReached):
            ask(db, full, rep)
        with pytest.raises(LimitReached, match="exception"):
            wanted(db, full, rep)
        with pytest.raises(IntegrityError, match="forbid this ask"):
            past_the_verb(db, full, rep)
        db.rollback()
    consents.withdraw(db, full.id, BOTH, by=full.actor)
    with pytest.raises(Conflict, match="agree"):
        ask(db, full, rep)
    db.rollback()


def past_the_verb(db: Session, who: Known, rep: Known) -> None:
    """An ask that only the trigger looks at."""
    db.execute(
        text(
            """
            WITH kind AS (SELECT id FROM activity_type WHERE key = 'reference_call'),
            request AS (
              INSERT INTO reference_request
                (requested_by, activity_type_id, prospect_name, topics, needed_by, state, state_since)
              SELECT :rep, id, 'Brightline Health', 'x', current_date, 'waiting', now() FROM kind RETURNING id)
            INSERT INTO assignment (request_id, person_id, scope, points, state, asked_at, answer_by)
            SELECT id, :who, 'reference_call:live:same_industry', 0, 'asked', portal_now(), portal_now() FROM request
            """
        ),
        {"who": who.id, "rep": rep.id},
    )
    db.execute(
        text(
            "INSERT INTO ask (person_id, activity_type_id, assignment_id, source)"
            " SELECT :who, t.id, max(s.id), 'portal' FROM assignment s, activity_type t"
            " WHERE t.key = 'reference_call' GROUP BY t.id"
        ),
        {"who": who.id},
    )


def test_one_open_ask_at_a_time_is_never_excepted(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    ask(db, ana, rep)
    db.commit()
    with pytest.raises(LimitReached, match="exception"):
        wanted(db, ana, rep)


def test_a_gap_of_the_program_can_be_excepted(db: Session, ana: Known, rep: Known, mia: Known) -> None:
    agree(db, ana)
    used_up(db, ana, rep)
    db.commit()
    approved(db, ana, rep, mia)
    ask(db, ana, rep)
    db.commit()


def test_a_company_is_excepted_for_any_of_its_people(db: Session, full: Known, rep: Known, mia: Known) -> None:
    db.execute(text("UPDATE program SET company_asks = 2"))
    colleague = make_advocate(db, "Carl Colleague", company_id=full.company_id)
    agree(db, colleague)
    made = approved(db, colleague, rep, mia)
    assert (made.person_id, made.company_id) == (None, full.company_id)
    with pytest.raises(LimitReached):
        ask(db, full, rep)  # over their own limit too, which this one does not except
    db.rollback()
    ask(db, colleague, rep)
    db.commit()
    both = wanted(db, full, rep)
    assert (both.person_id, both.company_id) == (full.id, full.company_id)
    exceptions.approve(db, both.id, by=mia.actor)
    ask(db, full, rep)
    db.commit()


def test_nothing_is_asked_for_that_is_not_needed(db: Session, ana: Known, sol: Known, full: Known, rep: Known) -> None:
    agree(db, sol)
    with pytest.raises(Conflict, match="can be asked now"):
        wanted(db, sol, rep)
    with pytest.raises(NotAllowed):
        wanted(db, full, full)
    for changes in ({"reason": " "}, {"reason": "x" * 501}, {"prospect_name": ""}, {"activity": "x"}):
        with pytest.raises(Invalid):
            wanted(db, full, rep, **changes)
    key = uuid4()
    assert wanted(db, full, rep, key=key).id == wanted(db, full, rep, key=key).id
    with pytest.raises(Conflict):
        wanted(db, full, rep, key=key, reason="Something else.")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'approved', decided_by = asked_by, decided_at = portal_now()",
        "state = 'approved', decided_by = person_id, decided_at = portal_now()",
        "state = 'approved', decided_by = :mia, decided_at = expires_at",
        "state = 'approved', decided_by = :mia, decided_at = portal_now(), ask_id = (SELECT max(id) FROM ask)",
        "state = 'approved'",
        "expires_at = expires_at + interval '1 hour'",
        "person_id = :mia",
        "ask_id = (SELECT max(id) FROM ask)",
        "reason = ''",
    ],
)
def test_the_database_refuses_what_the_verbs_would(
    db: Session, full: Known, rep: Known, mia: Known, change: str
) -> None:
    wanted(db, full, rep)
    db.commit()
    values = {"mia": mia.id} if ":mia" in change else {}
    with pytest.raises(IntegrityError, match="limit_exception"):
        db.execute(text(f"UPDATE limit_exception SET {change}"), values)
    db.rollback()


@pytest.mark.parametrize(
    "change", ["ask_id = (SELECT max(id) FROM ask)", "state = 'waiting', decided_by = NULL, decided_at = NULL"]
)
def test_what_is_approved_is_used_by_the_count_of_asks_alone(
    db: Session, full: Known, rep: Known, mia: Known, change: str
) -> None:
    approved(db, full, rep, mia)
    with pytest.raises(IntegrityError, match="stays as it was"):
        db.execute(text(f"UPDATE limit_exception SET {change}"))
    db.rollback()


def test_an_exception_is_not_born_approved(db: Session, full: Known, rep: Known, mia: Known) -> None:
    with pytest.raises(IntegrityError, match="stays as it was"):
        db.execute(
            text(
                "INSERT INTO limit_exception (person_id, activity_type_id, prospect_name, reason, request_key, state,"
                " asked_by, expires_at, decided_by, decided_at) SELECT :who, min(id), 'x', 'x', gen_random_uuid(),"
                " 'approved', :rep, portal_now() + interval '1 day', :mia, portal_now() FROM activity_type"
            ),
            {"who": full.id, "rep": rep.id, "mia": mia.id},
        )
    db.rollback()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("ask_id = NULL", "references.asks_within_limits"),
        ("prospect_name = 'Somebody Else'", "references.exceptions_are_used_as_approved"),
    ],
)
def test_an_ask_beyond_the_limit_without_its_exception_is_noticed(
    db: Session,
    full: Known,
    rep: Known,
    mia: Known,
    superuser: Superuser,
    breaches_expected: list[str],
    change: str,
    rule: str,
) -> None:
    approved(db, full, rep, mia)
    ask(db, full, rep)
    db.commit()
    assert {breach.name for breach in check_invariants(db)} == set()
    db.rollback()
    superuser.plant(f"UPDATE limit_exception SET {change}")
    breaches_expected.append(rule)


def test_managers_are_told_and_so_is_who_asked(db: Session, full: Known, rep: Known, mia: Known) -> None:
    made = wanted(db, full, rep)
    told = text("SELECT kind FROM message WHERE person_id = :who AND kind LIKE 'exception.%' ORDER BY id")
    assert db.scalars(told, {"who": mia.id}).all() == ["exception.asked"]
    exceptions.decline(db, made.id, by=mia.actor, note="Ask Sol instead.")
    db.commit()
    assert db.scalars(told, {"who": rep.id}).all() == ["exception.decided"]

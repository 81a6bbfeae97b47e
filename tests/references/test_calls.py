"""Calls that took place are paid once; both sides are asked how it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.people import people
from portal.points import balance
from portal.references import answers, calls, feedback, jobs, requests
from portal.references.models import (
    Assignment,
    AssignmentState,
    CallFeedback,
    CallState,
    Outcome,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
    Side,
)
from tests.asking import TOPICS, accepted, assignment_of, call_of, contacted, history_of, messages_to, travel
from tests.consented import Known, agree, make_staff

Accepted = tuple[ReferenceRequest, Assignment, ReferenceCall]


@pytest.fixture
def scheduled(db: Session, ana: Known, rep: Known) -> Accepted:
    agree(db, ana)
    found = accepted(db, ana, rep)
    db.commit()
    return found


@pytest.fixture
def held(db: Session, scheduled: Accepted, rep: Known) -> Accepted:
    calls.confirm_held(db, scheduled[2].id, by=rep.actor)
    db.commit()
    return scheduled


def test_a_confirmed_call_pays_what_was_promised_once(db: Session, scheduled: Accepted, ana: Known, rep: Known) -> None:
    request, assignment, call = scheduled
    for _click in range(2):
        calls.confirm_held(db, call.id, by=rep.actor)
        db.commit()
    assert (request.state, assignment.state, call.state) == ("held", "done", "held")
    assert balance.of(db, ana.id).available == 400
    paid = db.execute(text("SELECT subject, cause, amount FROM transfer")).all()
    assert [tuple(row) for row in paid] == [(f"call:{call.id}", f"call:{call.id}", 400)]
    assert messages_to(db, ana)[-1] == "call.confirmed"
    assert messages_to(db, rep)[-1] == "call.outcome"


def test_a_later_change_of_the_price_does_not_change_the_promise(
    db: Session, scheduled: Accepted, ana: Known, rep: Known
) -> None:
    db.execute(text("UPDATE activity_type SET points = 5 WHERE key = 'reference_call'"))
    calls.confirm_held(db, scheduled[2].id, by=rep.actor)
    db.execute(text("UPDATE activity_type SET points = 400 WHERE key = 'reference_call'"))
    db.commit()
    assert balance.of(db, ana.id).available == 400


def test_a_manager_may_confirm(db: Session, scheduled: Accepted, mia: Known) -> None:
    calls.confirm_held(db, scheduled[2].id, by=mia.actor)
    db.commit()
    assert scheduled[2].confirmed_by == mia.id


def test_the_advocate_never_confirms(db: Session, scheduled: Accepted, ana: Known) -> None:
    people.grant_role(db, ana.id, "admin", by=SYSTEM)
    powerful = Actor(ana.id, frozenset({"advocate", "admin"}))
    for verb in (calls.confirm_held, calls.did_not_happen):
        with pytest.raises(NotAllowed):
            verb(db, scheduled[2].id, by=powerful)
    with pytest.raises(IntegrityError, match="not_by_the_advocate"):
        db.execute(text("UPDATE reference_call SET state = 'held', held_at = now(), confirmed_by = person_id"))


def test_only_who_looks_after_the_request_confirms(db: Session, scheduled: Accepted, sol: Known) -> None:
    other = make_staff(db, "Other Rep", "sales")
    for stranger in (other, sol):
        with pytest.raises(NotFound):
            calls.confirm_held(db, scheduled[2].id, by=stranger.actor)
    with pytest.raises(NotFound):
        calls.confirm_held(db, 999_999, by=other.actor)
    with pytest.raises(NotAllowed):
        calls.confirm_held(db, scheduled[2].id, by=SYSTEM)


def test_a_cancelled_call_cannot_be_confirmed(db: Session, scheduled: Accepted, rep: Known) -> None:
    requests.withdraw(db, scheduled[0].id, by=rep.actor)
    db.commit()
    with pytest.raises(Conflict, match="cancelled"):
        calls.confirm_held(db, scheduled[2].id, by=rep.actor)
    with pytest.raises(Conflict, match="over"):
        calls.did_not_happen(db, scheduled[2].id, by=rep.actor)


def test_a_call_that_did_not_happen_pays_nothing(db: Session, scheduled: Accepted, ana: Known, rep: Known) -> None:
    request, assignment, call = scheduled
    for _click in range(2):
        calls.did_not_happen(db, call.id, by=rep.actor)
        db.commit()
    assert (request.state, assignment.state, call.state) == ("unfilled", "no_show", "no_show")
    assert balance.of(db, ana.id).available == 0
    assert history_of(db, request)[-2:] == ["no_show", "unfilled"]


def test_a_call_that_took_place_cannot_be_withdrawn(db: Session, held: Accepted, ana: Known, rep: Known) -> None:
    with pytest.raises(Conflict, match="took place"):
        requests.withdraw(db, held[0].id, by=rep.actor)
    with pytest.raises(Conflict, match="took place"):
        answers.step_back(db, held[1].id, by=ana.actor)


def test_the_reps_answer_is_the_outcome(db: Session, held: Accepted, rep: Known) -> None:
    request, _assignment, call = held
    feedback.give(db, call.id, helped="helped", note=" They moved on. ", by=rep.actor)
    feedback.give(db, call.id, helped="not_helped", by=rep.actor)
    db.commit()
    assert (request.state, request.outcome) == (RequestState.CLOSED, Outcome.HELPED)
    assert db.get_one(CallFeedback, (call.id, Side.SALES)).note == "They moved on."
    assert history_of(db, request)[-2:] == ["feedback", "closed"]


def test_the_advocates_answer_closes_nothing(db: Session, held: Accepted, ana: Known) -> None:
    feedback.give(db, held[2].id, helped=Outcome.PARTLY, by=ana.actor)
    db.commit()
    assert held[0].state is RequestState.HELD
    assert db.get_one(CallFeedback, (held[2].id, Side.ADVOCATE)).given_by == ana.id


def test_an_answer_after_the_request_was_closed_is_kept(db: Session, held: Accepted, rep: Known) -> None:
    for _click in range(2):
        feedback.close(db, held[0].id, by=rep.actor)
    db.commit()
    assert (held[0].state, held[0].outcome) == (RequestState.CLOSED, None)
    feedback.give(db, held[2].id, helped="helped", by=rep.actor)
    db.commit()
    assert db.scalars(select(CallFeedback.helped)).all() == [Outcome.HELPED]


def test_feedback_comes_after_the_call(db: Session, scheduled: Accepted, ana: Known, rep: Known) -> None:
    with pytest.raises(Conflict):
        feedback.give(db, scheduled[2].id, helped="helped", by=ana.actor)
    with pytest.raises(Conflict):
        feedback.close(db, scheduled[0].id, by=rep.actor)


def test_feedback_is_refused(db: Session, held: Accepted, sol: Known, rep: Known) -> None:
    with pytest.raises(NotFound):
        feedback.give(db, held[2].id, helped="helped", by=sol.actor)
    with pytest.raises(NotFound):
        feedback.give(db, held[2].id, helped="helped", by=SYSTEM)
    with pytest.raises(NotFound):
        feedback.give(db, 999_999, helped="helped", by=rep.actor)
    with pytest.raises(NotFound):
        feedback.close(db, held[0].id, by=sol.actor)
    with pytest.raises(Invalid):
        feedback.give(db, held[2].id, helped="helped", note="x" * 1001, by=rep.actor)


def test_closing_releases_those_who_are_still_asked(db: Session, ana: Known, sol: Known, rep: Known) -> None:
    agree(db, ana)
    agree(db, sol)
    request = requests.ask_all(
        db,
        person_ids=[ana.id, sol.id],
        needed_by=(requests.now(db) + timedelta(days=9)).date(),
        topics=TOPICS,
        by=rep.actor,
        prospect_name="Brightline",
    )
    found = {a.person_id: a for a in db.scalars(select(Assignment).where(Assignment.request_id == request.id))}
    answers.accept(db, found[ana.id].id, by=ana.actor)
    calls.confirm_held(db, call_of(db, found[ana.id]).id, by=rep.actor)
    contacted(db)
    feedback.close(db, request.id, by=rep.actor)
    db.commit()
    assert found[sol.id].state is AssignmentState.WITHDRAWN
    assert messages_to(db, sol) == ["request.ask", "request.withdrawn"]


def test_a_second_acceptance_after_the_first_call(db: Session, ana: Known, sol: Known, rep: Known) -> None:
    agree(db, ana)
    agree(db, sol)
    request = requests.ask_all(
        db,
        person_ids=[ana.id, sol.id],
        needed_by=(requests.now(db) + timedelta(days=9)).date(),
        topics=TOPICS,
        by=rep.actor,
        prospect_name="Brightline",
    )
    found = {a.person_id: a for a in db.scalars(select(Assignment).where(Assignment.request_id == request.id))}
    answers.accept(db, found[ana.id].id, by=ana.actor)
    calls.confirm_held(db, call_of(db, found[ana.id]).id, by=rep.actor)
    answers.accept(db, found[sol.id].id, by=sol.actor)
    calls.confirm_held(db, call_of(db, found[sol.id]).id, by=rep.actor)
    db.commit()
    assert request.state is RequestState.HELD
    assert [balance.of(db, one.id).available for one in (ana, sol)] == [400, 400]


def test_the_rep_is_reminded_once_after_the_date(db: Session, scheduled: Accepted, rep: Known) -> None:
    assert calls.remind_due(db) == 0
    travel(db, requests.end_of(scheduled[0].needed_by))
    jobs.remind_of_calls(db)
    assert calls.remind_due(db) == 0
    db.commit()
    assert messages_to(db, rep) == ["request.accepted", "call.reminder"]
    assert history_of(db, scheduled[0])[-1] == "reminded"


def test_questions_that_were_answered_do_not_go_out(db: Session, held: Accepted, rep: Known) -> None:
    outcome = db.scalars(select(Message).where(Message.kind == "call.outcome")).one()
    assert KINDS["call.outcome"].may_send(db, outcome) is None
    assert KINDS["call.reminder"].may_send(db, outcome) == "superseded"
    feedback.close(db, held[0].id, by=rep.actor)
    assert KINDS["call.outcome"].may_send(db, outcome) == "superseded"
    db.rollback()


def test_a_call_of_no_points_is_confirmed_without_any(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    db.execute(text("UPDATE activity_type SET points = 0 WHERE key = 'reference_call'"))
    _request, assignment, call = accepted(db, ana, rep)
    calls.confirm_held(db, call.id, by=rep.actor)
    db.execute(text("UPDATE activity_type SET points = 400 WHERE key = 'reference_call'"))
    db.commit()
    assert (assignment.state, call.state) == (AssignmentState.DONE, CallState.HELD)
    assert balance.of(db, ana.id).available == 0


BREACHES = {
    "references.asks_within_limits": """
        INSERT INTO ask (person_id, activity_type_id, source, assignment_id, allowed, asked_at)
        SELECT person_id, activity_type_id, source, -n, 1, asked_at FROM ask, generate_series(1, 2) n""",
    "references.asks_within_company_limits": """
        INSERT INTO ask (person_id, company_id, activity_type_id, source, assignment_id, company_allowed, asked_at)
        SELECT -n, company_id, activity_type_id, source, -n, 1, asked_at FROM ask, generate_series(1, 2) n""",
    "references.freed_asks_were_taken_back": "UPDATE ask SET freed_at = now()",
    "references.requests_follow_assignments": "UPDATE reference_request SET state = 'waiting'",
    "references.calls_follow_assignments": "UPDATE assignment SET state = 'expired'",
    "references.held_calls_are_paid": "UPDATE assignment SET points = 7",
    "references.paid_calls_were_held": """
        UPDATE reference_call SET state = 'proposed', held_at = NULL, confirmed_by = NULL""",
    "references.acceptances_are_disclosed": "DELETE FROM disclosure",
    "references.asked_for_what_was_agreed": "UPDATE assignment SET scope = 'speaking:live:public'",
    "references.nobody_is_asked_in_a_pause": """
        INSERT INTO advocate_limits (person_id, paused_at, paused_until)
        SELECT person_id, asked_at - interval '1 hour', asked_at + interval '1 minute' FROM ask""",
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_planted_breach_is_reported(held: Accepted, superuser: Any, breaches_expected: list[str], name: str) -> None:
    also = {
        "references.freed_asks_were_taken_back": ["pool.last_asked_is_the_last_ask"],
        "references.calls_follow_assignments": ["references.requests_follow_assignments"],
        "references.paid_calls_were_held": ["references.calls_follow_assignments"],
        "references.nobody_is_asked_in_a_pause": ["pool.entry_says_what_may_be_said"],
    }
    superuser.plant(BREACHES[name])
    breaches_expected += [name, *also.get(name, [])]


def test_the_assignment_is_the_only_one(db: Session, scheduled: Accepted) -> None:
    assert assignment_of(db, scheduled[0]).id == scheduled[1].id

"""What advocates answer, what becomes of an ask that nobody answers, and who sees contact data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents
from portal.consent.models import Disclosure
from portal.database.refusal import Conflict, Gone, LimitReached, NotAllowed, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.references import answers, contact, jobs, requests
from portal.references.models import Assignment, AssignmentState, ReferenceRequest, RequestState
from tests.asking import ask, assignment_of, call_of, contacted, history_of, messages_to, travel
from tests.consented import Known, agree, make_staff


@pytest.fixture
def agreed(db: Session, ana: Known) -> Known:
    agree(db, ana)
    db.commit()
    return ana


@pytest.fixture
def asked(db: Session, agreed: Known, rep: Known) -> Assignment:
    assignment = assignment_of(db, ask(db, agreed, rep))
    db.commit()
    return assignment


def request_of(db: Session, assignment: Assignment) -> ReferenceRequest:
    return db.get_one(ReferenceRequest, assignment.request_id, populate_existing=True)


def disclosures(db: Session) -> list[tuple[int, int, str]]:
    found = select(Disclosure.person_id, Disclosure.to_person_id, Disclosure.subject).order_by(Disclosure.id)
    return [tuple(row) for row in db.execute(found)]  # type: ignore[misc]


def test_accepting_schedules_the_call_and_shows_contact_to_the_rep(
    db: Session, asked: Assignment, agreed: Known, rep: Known
) -> None:
    assert contact.of(db, asked.id, viewer=rep.actor) is None
    answers.accept(db, asked.id, by=agreed.actor)
    db.commit()
    request = request_of(db, asked)
    assert (request.state, asked.state, call_of(db, asked).state) == ("scheduled", "accepted", "proposed")
    assert disclosures(db) == [(agreed.id, rep.id, f"assignment:{asked.id}")]
    shown = contact.of(db, asked.id, viewer=rep.actor)
    assert shown is not None
    assert (shown.name, shown.company, shown.email) == (
        "Ana Maria Mitchell",
        "Harbor Freight Lines",
        "ana@harbor.example",
    )
    assert messages_to(db, rep) == ["request.accepted"]
    assert history_of(db, request)[-2:] == ["accepted", "contact_shown"]


def test_a_second_tap_changes_nothing(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    for _tap in range(2):
        answers.accept(db, asked.id, by=agreed.actor)
        db.commit()
    assert len(disclosures(db)) == 1
    assert messages_to(db, rep) == ["request.accepted"]


def test_contact_data_closes_after_two_weeks(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    answers.accept(db, asked.id, by=agreed.actor)
    db.commit()
    assert asked.contact_until == requests.end_of(request_of(db, asked).needed_by) + timedelta(days=14)
    travel(db, asked.contact_until)
    assert contact.of(db, asked.id, viewer=rep.actor) is None


def test_contact_data_is_for_who_asked_only(
    db: Session, asked: Assignment, agreed: Known, rep: Known, mia: Known
) -> None:
    with pytest.raises(Conflict):
        contact.show(db, asked.id, by=mia.actor)
    answers.accept(db, asked.id, by=agreed.actor)
    db.commit()
    other = make_staff(db, "Other Rep", "sales")
    assert contact.of(db, asked.id, viewer=other.actor) is None
    assert contact.of(db, asked.id, viewer=mia.actor) is None
    with pytest.raises(NotAllowed):
        contact.show(db, asked.id, by=other.actor)
    contact.show(db, asked.id, by=mia.actor)
    contact.show(db, asked.id, by=mia.actor)
    db.commit()
    assert contact.of(db, asked.id, viewer=mia.actor) is not None
    assert [to for _who, to, _what in disclosures(db)] == [rep.id, mia.id]


def test_contact_data_is_gone_with_the_consent(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    answers.accept(db, asked.id, by=agreed.actor)
    db.commit()
    consents.withdraw(db, agreed.id, by=agreed.actor)
    db.commit()
    assert contact.of(db, asked.id, viewer=rep.actor) is None


def test_contact_data_is_not_shown_under_a_consent_that_ran_out(
    db: Session, asked: Assignment, agreed: Known, mia: Known
) -> None:
    answers.accept(db, asked.id, by=agreed.actor)
    db.execute(text("UPDATE assignment SET contact_until = portal_now() + interval '3 years'"))
    db.commit()
    travel(db, now(db) + timedelta(days=366))
    with pytest.raises(Gone):
        contact.show(db, asked.id, by=mia.actor)


def test_declining_frees_the_rep_and_still_counts(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    for _tap in range(2):
        answers.decline(db, asked.id, by=agreed.actor)
        db.commit()
    request = request_of(db, asked)
    assert (request.state, asked.state) == ("unfilled", "declined")
    assert history_of(db, request) == ["requested", "approved", "asked", "declined", "unfilled"]
    assert messages_to(db, rep) == ["request.declined"]
    with pytest.raises(LimitReached):
        ask(db, agreed, rep)


def test_stepping_back_cancels_the_call(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    with pytest.raises(Conflict):
        answers.step_back(db, asked.id, by=agreed.actor)
    answers.accept(db, asked.id, by=agreed.actor)
    for _tap in range(2):
        answers.step_back(db, asked.id, by=agreed.actor)
    db.commit()
    assert (request_of(db, asked).state, asked.state, call_of(db, asked).state) == (
        "unfilled",
        "withdrawn",
        "cancelled",
    )
    assert messages_to(db, rep) == ["request.accepted", "request.stepped_back"]
    assert contact.of(db, asked.id, viewer=rep.actor) is None


@pytest.mark.parametrize("answer", [answers.accept, answers.decline, answers.step_back])
def test_only_the_advocate_answers(
    db: Session, asked: Assignment, sol: Known, mia: Known, answer: Callable[..., Assignment]
) -> None:
    for other in (sol, mia):
        with pytest.raises(NotFound):
            answer(db, asked.id, by=other.actor)
    with pytest.raises(NotFound):
        answer(db, 999_999, by=sol.actor)


def test_an_ask_is_found_by_its_advocate_only(db: Session, asked: Assignment, agreed: Known, sol: Known) -> None:
    assert answers.find(db, asked.public_id, by=agreed.actor).id == asked.id
    with pytest.raises(NotFound):
        answers.find(db, asked.public_id, by=sol.actor)


def test_an_ask_that_is_over_cannot_be_answered(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    answers.decline(db, asked.id, by=agreed.actor)
    with pytest.raises(Conflict, match="already said no"):
        answers.accept(db, asked.id, by=agreed.actor)
    with pytest.raises(Conflict, match="already said no"):
        answers.step_back(db, asked.id, by=agreed.actor)
    db.commit()


def test_a_late_answer_comes_too_late(db: Session, asked: Assignment, agreed: Known) -> None:
    assert asked.answer_by is not None
    travel(db, asked.answer_by)
    with pytest.raises(Conflict, match="time to answer is over"):
        answers.accept(db, asked.id, by=agreed.actor)


def test_accepting_needs_consent_that_still_holds(db: Session, agreed: Known, rep: Known) -> None:
    almost = now(db) + timedelta(days=364, hours=23)
    travel(db, almost)
    assignment = assignment_of(db, ask(db, agreed, rep))
    db.commit()
    travel(db, almost + timedelta(hours=2))
    with pytest.raises(Conflict, match="run out"):
        answers.accept(db, assignment.id, by=agreed.actor)


def test_no_answer_in_time_frees_the_rep_and_tells_them(
    db: Session, asked: Assignment, agreed: Known, rep: Known
) -> None:
    assert asked.answer_by is not None
    assert answers.expire(db, asked.id) is False
    travel(db, asked.answer_by)
    assert answers.overdue(db) == [asked.id]
    jobs.expire_ask(db, asked.id)
    db.commit()
    assert (request_of(db, asked).state, asked.state) == ("unfilled", "expired")
    assert messages_to(db, rep) == ["request.expired"]
    assert answers.expire(db, asked.id) is False
    assert answers.overdue(db) == []


def test_the_minute_job_hands_out_what_is_overdue(db: Session, asked: Assignment) -> None:
    assert asked.answer_by is not None
    travel(db, asked.answer_by + timedelta(minutes=1))
    jobs.expire_asks(db)
    db.commit()
    due = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'references.expire_ask' AND scheduled_at IS NULL"
    )
    assert db.scalar(due) == 1


def test_an_expired_ask_keeps_counting(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    assert asked.answer_by is not None
    travel(db, asked.answer_by)
    answers.expire(db, asked.id)
    db.commit()
    with pytest.raises(LimitReached):
        ask(db, agreed, rep)


def test_the_ask_goes_out_only_while_it_may(db: Session, asked: Assignment, agreed: Known, rep: Known) -> None:
    kind = KINDS["request.ask"]
    message = db.scalars(select(Message).where(Message.kind == "request.ask")).one()
    assert kind.may_send(db, message) is None
    assert asked.answer_by is not None
    travel(db, asked.answer_by)
    assert kind.may_send(db, message) == "expired"
    db.rollback()
    contacted(db)
    answers.decline(db, asked.id, by=agreed.actor)
    db.commit()
    assert kind.may_send(db, message) == "superseded"


def test_the_ask_does_not_go_out_under_consent_that_ran_out(db: Session, agreed: Known, rep: Known) -> None:
    almost = now(db) + timedelta(days=364, hours=23)
    travel(db, almost)
    ask(db, agreed, rep)
    db.commit()
    message = db.scalars(select(Message).where(Message.kind == "request.ask")).one()
    travel(db, almost + timedelta(hours=2))
    assert KINDS["request.ask"].may_send(db, message) == "not_allowed_any_more"


def test_every_message_has_its_words(db: Session, asked: Assignment) -> None:
    data = {
        "industry": "Logistics", "needed_by": "2026-12-04", "answer_by": "2026-11-26T17:00:00+00:00", "topics": "x",
        "points": 400, "who": "A. M.", "prospect": "Brightline", "number": "REQ-1",
        "times": 2, "told": "moved", "side": "sales", "starts_at": "2026-11-27T17:00:00+00:00", "place": "By telephone",
    }  # fmt: skip
    kinds = [kind for key, kind in KINDS.items() if key.startswith(("request.", "call."))]
    assert len(kinds) == 16
    for kind in kinds:
        assert kind.subject(data)
        assert kind.body(data)
        kind.action(data)
        kind.facts(data)
        kind.note(data)
    assert "A peer would like" in KINDS["request.ask"].subject({**data, "industry": None})
    assert asked.state is AssignmentState.ASKED
    assert RequestState.WAITING.label

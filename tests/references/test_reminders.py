"""An ask that nobody answers is brought to mind once, and never a second time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.messages import messages
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.references import answers, jobs, reminders, requests
from portal.references.models import Assignment
from tests.asking import ask, assignment_of, contacted, messages_to, travel
from tests.consented import Known, agree


@pytest.fixture
def asked(db: Session, ana: Known, rep: Known) -> Assignment:
    agree(db, ana)
    db.commit()
    assignment = assignment_of(db, ask(db, ana, rep))
    db.commit()
    return assignment


def half_time(db: Session, asked: Assignment, *, later: timedelta = timedelta()) -> None:
    assert asked.asked_at is not None
    assert asked.answer_by is not None
    travel(db, asked.asked_at + (asked.answer_by - asked.asked_at) / 2 + later)


def test_an_open_ask_is_brought_to_mind_once(db: Session, asked: Assignment, ana: Known) -> None:
    half_time(db, asked, later=-timedelta(minutes=1))
    assert reminders.due(db) == []
    assert not reminders.remind(db, asked.id)
    half_time(db, asked)
    assert reminders.due(db) == [asked.id]
    jobs.remind_of_asks(db)
    jobs.remind_of_ask(db, assignment_id=asked.id)
    db.commit()
    for hours in (0, 1, 20):
        half_time(db, asked, later=timedelta(hours=hours))
        assert reminders.due(db) == []
        assert not reminders.remind(db, asked.id)
        db.commit()
    assert messages_to(db, ana) == ["request.ask", "request.reminder"]
    db.commit()


@pytest.mark.parametrize("answer", ["accepted", "declined", "taken back", "too late"])
def test_what_is_answered_or_over_is_not_brought_to_mind(
    db: Session, asked: Assignment, ana: Known, rep: Known, answer: str
) -> None:
    contacted(db)
    if answer == "accepted":
        answers.accept(db, asked.id, by=ana.actor)
    elif answer == "declined":
        answers.decline(db, asked.id, by=ana.actor)
    elif answer == "taken back":
        requests.withdraw(db, asked.request_id, by=rep.actor)
    db.commit()
    assert asked.answer_by is not None
    if answer == "too late":
        travel(db, asked.answer_by)
    else:
        half_time(db, asked)
    assert reminders.due(db) == []
    assert not reminders.remind(db, asked.id)
    db.rollback()


def test_a_reminder_that_waits_does_not_go_once_there_is_an_answer(db: Session, asked: Assignment, ana: Known) -> None:
    contacted(db)
    half_time(db, asked)
    assert reminders.remind(db, asked.id)
    db.flush()
    waiting = db.scalars(select(Message).where(Message.kind == "request.reminder")).one()
    kind = KINDS["request.reminder"]
    assert kind.may_send(db, waiting) is None
    assert kind.subject(waiting.data).startswith("Still open: A peer in Logistics")
    answers.decline(db, asked.id, by=ana.actor)
    assert kind.may_send(db, waiting) == "superseded"
    db.commit()


def test_the_database_keeps_a_second_reminder_out(db: Session, asked: Assignment, ana: Known) -> None:
    for _twice in range(2):
        messages.notify(db, ana.id, "request.reminder", subject_ref=f"assignment:{asked.id}")
    with pytest.raises(IntegrityError, match="uq_message_reminder"):
        db.commit()
    db.rollback()

"""Nobody comes, a call is near: both sides can say so, both are reminded once; nothing of it pays or frees an ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.database.refusal import Conflict, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.points import balance
from portal.references import answers, calls, fatigue, jobs, reminders, times
from portal.references.models import Assignment, CallTime, ReferenceCall, ReferenceRequest, Side
from portal.web.app import Portal
from tests.asking import accepted, history_of, messages_to, travel
from tests.browsing import Browser
from tests.consented import Known, agree

Dated = tuple[ReferenceRequest, Assignment, ReferenceCall]


def take(db: Session, call: ReferenceCall, position: int, by: Known) -> None:
    time = select(CallTime).where(CallTime.call_id == call.id, CallTime.position == position)
    picked = db.scalars(time.execution_options(populate_existing=True)).one()
    times.pick(db, picked.public_id, seen=call.sequence, by=by.actor)


@pytest.fixture
def dated(db: Session, ana: Known, rep: Known) -> Dated:
    agree(db, ana)
    found = accepted(db, ana, rep)
    times.offer(db, found[2].id, [now(db) + timedelta(hours=hours) for hours in (60, 90)], by=ana.actor)
    take(db, found[2], 1, rep)
    db.commit()
    return found


def start(dated: Dated) -> datetime:
    assert dated[2].starts_at is not None
    return dated[2].starts_at


@pytest.mark.parametrize("missed_by", [Side.ADVOCATE, Side.SALES, None])
def test_the_rep_says_who_did_not_come(
    db: Session, dated: Dated, ana: Known, rep: Known, missed_by: Side | None
) -> None:
    for _click in range(2):
        travel(db, start(dated) + timedelta(hours=1))
        calls.did_not_happen(db, dated[2].id, by=rep.actor, missed_by=missed_by)
        db.commit()
    assert (dated[0].state, dated[1].state, dated[2].state) == ("unfilled", "no_show", "no_show")
    assert dated[2].missed_by is missed_by
    assert ("call.missed" in messages_to(db, ana)) is (missed_by is Side.ADVOCATE)
    assert balance.of(db, ana.id).available == 0
    assert fatigue.load_of(db, ana.id).asks == 1, "the ask counts, whoever missed the call"


def test_the_advocate_says_that_nobody_called(db: Session, dated: Dated, ana: Known, rep: Known, sol: Known) -> None:
    with pytest.raises(Conflict, match="agreed for later"):
        calls.nobody_called(db, dated[2].id, by=ana.actor)
    db.rollback()
    for _tap in range(2):
        travel(db, start(dated) + timedelta(minutes=10))
        calls.nobody_called(db, dated[2].id, by=ana.actor)
        db.commit()
    assert (dated[2].state, dated[2].missed_by) == ("no_show", Side.SALES)
    assert messages_to(db, rep)[-1] == "call.missed"
    assert history_of(db, dated[0])[-2:] == ["no_show", "unfilled"]
    for stranger in (rep, sol):
        with pytest.raises(NotFound):
            calls.nobody_called(db, dated[2].id, by=stranger.actor)
    with pytest.raises(Conflict, match="cancelled"):
        calls.confirm_held(db, dated[2].id, by=rep.actor)


def test_without_a_time_nobody_can_be_said_to_have_missed_it(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    _request, _assignment, call = accepted(db, ana, rep)
    with pytest.raises(Conflict):
        calls.nobody_called(db, call.id, by=ana.actor)
    with pytest.raises(NotFound):
        calls.nobody_called(db, 999_999, by=ana.actor)


def test_both_are_reminded_once_on_the_day_before(db: Session, dated: Dated, ana: Known, rep: Known) -> None:
    travel(db, start(dated) - timedelta(hours=24, minutes=1))
    assert reminders.calls_due(db) == []
    assert not reminders.bring_to_mind(db, dated[1].id)
    travel(db, start(dated) - timedelta(hours=24))
    jobs.bring_calls_to_mind(db)
    jobs.bring_call_to_mind(db, assignment_id=dated[1].id)
    jobs.bring_call_to_mind(db, assignment_id=dated[1].id)
    db.commit()
    for hours in (20, 1):
        travel(db, start(dated) - timedelta(hours=hours))
        assert reminders.calls_due(db) == []
        assert not reminders.bring_to_mind(db, dated[1].id)
    db.rollback()
    assert [messages_to(db, who).count("call.tomorrow") for who in (ana, rep)] == [1, 1]


def test_another_time_is_brought_to_mind_anew(db: Session, dated: Dated, ana: Known, rep: Known) -> None:
    travel(db, start(dated) - timedelta(hours=20))
    assert reminders.bring_to_mind(db, dated[1].id)
    take(db, dated[2], 2, rep)
    db.commit()
    travel(db, start(dated) - timedelta(hours=20))
    assert reminders.bring_to_mind(db, dated[1].id)
    db.commit()
    reminded = db.scalars(select(Message).where(Message.kind == "call.tomorrow").order_by(Message.id)).all()
    assert [one.data["sequence"] for one in reminded] == [1, 1, 2, 2]
    travel(db, start(dated) - timedelta(hours=19))
    assert [KINDS["call.tomorrow"].may_send(db, one) for one in reminded[1:3]] == ["expired", None]
    travel(db, start(dated))
    assert KINDS["call.tomorrow"].may_send(db, reminded[2]) == "expired"


def test_an_invite_within_the_day_is_reminder_enough(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    _request, assignment, call = accepted(db, ana, rep)
    times.offer(db, call.id, [now(db) + timedelta(hours=20)], by=ana.actor)
    take(db, call, 1, rep)
    db.commit()
    assert reminders.calls_due(db) == []
    assert not reminders.bring_to_mind(db, assignment.id)


def test_a_call_that_is_off_is_not_brought_to_mind(db: Session, dated: Dated, ana: Known) -> None:
    travel(db, start(dated) - timedelta(hours=20))
    assert reminders.bring_to_mind(db, dated[1].id)
    answers.step_back(db, dated[1].id, by=ana.actor)
    assert reminders.calls_due(db) == []
    assert not reminders.bring_to_mind(db, dated[1].id)
    first = db.scalars(select(Message).where(Message.kind == "call.tomorrow").limit(1)).one()
    assert KINDS["call.tomorrow"].may_send(db, first) == "superseded"
    db.commit()


TWICE = (
    "INSERT INTO message (person_id, kind, subject_ref, data) SELECT person_id, 'call.tomorrow', 'call:1',"
    " '{\"sequence\": 1}' FROM reference_call, generate_series(1, 2)"
)
BEGUN = (
    "UPDATE call_time SET starts_at = now() - interval '1 h', offered_at = now() - interval '9 h' WHERE position = 1",
    "UPDATE reference_call SET starts_at = (SELECT min(starts_at) FROM call_time)",
)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE reference_call SET missed_by = 'sales'", "ck_reference_call_missed"),
        ("UPDATE reference_call SET brought_to_mind = 2", "ck_reference_call_brought_to_mind"),
        (
            TWICE,
            "uq_message_call_tomorrow",
        ),
    ],
)
def test_the_database_itself_refuses(db: Session, dated: Dated, change: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(text(change))


def test_the_pages_offer_it_once_the_time_has_come(
    db: Session, app: Portal, dated: Dated, ana: Known, rep: Known, superuser: Any
) -> None:
    hers, his = Browser(app, db, ana.actor), Browser(app, db, rep.actor)
    page, desk = f"/asks/{dated[1].public_id}", f"/sales/requests/{dated[0].public_id}"
    assert "Nobody called" not in hers.get(page).text
    assert "They did not come" not in his.get(desk).text
    assert hers.post(f"{page}/absence", page).status_code == 409
    for statement in BEGUN:
        superuser.plant(statement)
    assert "They did not come" in his.get(desk).text
    assert his.post(f"{desk}/absence", desk, missed_by="nobody").status_code == 422
    assert "Nobody called" in hers.get(page).text
    for _tap in range(2):
        assert hers.post(f"{page}/absence", page).status_code == 303
    assert "nobody came" in his.get(desk).text

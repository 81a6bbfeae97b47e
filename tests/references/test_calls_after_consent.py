"""Consent ends at once and always; a call that was given before is paid all the same (docs/decisions/0010)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.clock import now
from portal.consent import consents
from portal.database.refusal import Conflict, NotAllowed, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.people import people
from portal.points import balance
from portal.references import answers, calls, contact, feedback, requests
from portal.references.models import Assignment, Outcome, ReferenceCall, ReferenceRequest
from portal.references.queries.tracker import tracker
from portal.web.app import Portal
from tests.asking import TOPICS, accepted, ask, assignment_of, call_of, history_of, messages_to, travel
from tests.browsing import Browser
from tests.consented import Known, agree, make_advocate, make_staff

HELD = "UPDATE reference_call SET state = 'held', confirmed_by = {rep}, held_at = consent_ended_at"
Ended = tuple[ReferenceRequest, Assignment, ReferenceCall]


@pytest.fixture
def ended(db: Session, ana: Known, rep: Known) -> Ended:
    """A call was agreed on; then Ana took her consent back."""
    agree(db, ana)
    found = accepted(db, ana, rep)
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    return found


def test_the_withdrawal_closes_everything_at_once_and_tells_what_is_still_possible(
    db: Session, ended: Ended, ana: Known, rep: Known
) -> None:
    request, assignment, call = ended
    assert (request.state, assignment.state, call.state) == ("unfilled", "withdrawn", "cancelled")
    assert call.consent_ended_at is not None
    assert contact.of(db, assignment.id, viewer=rep.actor) is None
    told = db.query(Message).filter_by(person_id=rep.id, kind="request.consent_ended").one()
    assert "within 30 days: it is still paid" in " ".join(map(str, KINDS[told.kind].body(told.data)))


def test_an_ask_that_nobody_accepted_leaves_no_call_to_pay(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    request = ask(db, ana, rep)
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    told = db.query(Message).filter_by(person_id=rep.id, kind="request.consent_ended").one()
    assert "still paid" not in " ".join(map(str, KINDS[told.kind].body(told.data)))
    assert tracker(db, request.public_id, by=rep.actor).call_before is None


@pytest.mark.parametrize("who", ["rep", "mia"])
def test_rep_or_manager_confirm_that_it_took_place_before_and_it_is_paid_once(
    db: Session, ended: Ended, ana: Known, rep: Known, mia: Known, who: str
) -> None:
    request, assignment, call = ended
    by = {"rep": rep, "mia": mia}[who]
    for _click in range(2):
        calls.confirm_held(db, call.id, by=by.actor)
        db.commit()
    assert (request.state, assignment.state, call.state) == ("held", "done", "held")
    assert call.confirmed_by == by.id
    assert call.held_at is not None
    assert call.consent_ended_at is not None
    assert call.held_at >= call.consent_ended_at, "the confirmation is dated, not the call"
    assert balance.of(db, ana.id).available == 400
    assert db.scalars(text("SELECT subject FROM transfer")).all() == [f"call:{call.id}"]
    assert history_of(db, request)[-3:] == ["consent_ended", "unfilled", "held"]
    assert messages_to(db, ana)[-1] == "call.confirmed"
    feedback.give(db, call.id, helped=Outcome.HELPED, by=rep.actor)
    db.commit()
    assert request.state == "closed"


def test_nothing_opens_again_by_it(db: Session, ended: Ended, ana: Known, rep: Known, mia: Known) -> None:
    _request, assignment, call = ended
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert consents.live_scopes(db, ana.id) == []
    assert contact.of(db, assignment.id, viewer=rep.actor) is None
    with pytest.raises(Exception, match="agree"):
        contact.show(db, assignment.id, by=mia.actor)
    db.rollback()
    assert db.scalar(text("SELECT count(*) FROM pool_entry")) == 0


def test_the_advocate_and_strangers_confirm_nothing(db: Session, ended: Ended, ana: Known) -> None:
    people.grant_role(db, ana.id, "admin", by=SYSTEM)
    with pytest.raises(NotAllowed):
        calls.confirm_held(db, ended[2].id, by=Actor(ana.id, frozenset({"advocate", "admin"})))
    with pytest.raises(NotFound):
        calls.confirm_held(db, ended[2].id, by=make_staff(db, "Other Rep", "sales").actor)
    with pytest.raises(Conflict, match="over"):
        calls.did_not_happen(db, ended[2].id, by=make_staff(db, "Boss", "manager").actor)


def test_after_thirty_days_it_is_too_late(db: Session, ended: Ended, rep: Known) -> None:
    request, _assignment, call = ended
    travel(db, now(db) + timedelta(days=30, minutes=1))
    assert tracker(db, request.public_id, by=rep.actor).call_before is None
    with pytest.raises(Conflict, match="cancelled"):
        calls.confirm_held(db, call.id, by=rep.actor)
    db.rollback()
    travel(db, now(db) + timedelta(days=29, hours=23))
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()


@pytest.mark.parametrize("how", ["stepped back", "taken back"])
def test_a_call_that_was_cancelled_otherwise_stays_cancelled(db: Session, ana: Known, rep: Known, how: str) -> None:
    agree(db, ana)
    request, assignment, call = accepted(db, ana, rep)
    db.commit()
    if how == "stepped back":
        answers.step_back(db, assignment.id, by=ana.actor)
    else:
        requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert call.consent_ended_at is None
    with pytest.raises(Conflict, match="cancelled"):
        calls.confirm_held(db, call.id, by=rep.actor)


def test_consent_that_ran_out_is_no_different(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    db.commit()
    travel(db, now(db) + timedelta(days=360))
    request, _assignment, call = accepted(db, ana, rep)
    db.commit()
    travel(db, now(db) + timedelta(days=366))
    assert consents.expire(db, ana.id)
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert request.state == "held"
    assert balance.of(db, ana.id).available == 400


@pytest.mark.parametrize("then", ["waits for another", "taken back", "another accepted", "another was held"])
def test_whatever_became_of_the_request_meanwhile(db: Session, ana: Known, rep: Known, then: str) -> None:
    ben = make_advocate(db, "Ben Okoro")
    for who in (ana, ben):
        agree(db, who)
    db.commit()
    request = requests.ask_all(
        db,
        person_ids=[ana.id, ben.id],
        needed_by=now(db).date() + timedelta(days=9),
        topics=TOPICS,
        prospect_name="Brightline",
        prospect_industry="Logistics",
        by=rep.actor,
    )
    db.flush()
    theirs = {one.person_id: one for one in db.query(Assignment).filter_by(request_id=request.id)}
    answers.accept(db, theirs[ana.id].id, by=ana.actor)
    call = call_of(db, theirs[ana.id])
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert request.state == "waiting"
    if then == "taken back":
        requests.withdraw(db, request.id, by=rep.actor)
    elif then.startswith("another"):
        answers.accept(db, theirs[ben.id].id, by=ben.actor)
        if then == "another was held":
            calls.confirm_held(db, call_of(db, theirs[ben.id]).id, by=rep.actor)
    db.commit()
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert request.state == "held"
    assert balance.of(db, ana.id).available == 400


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE reference_call SET state = 'scheduled'",
        "UPDATE reference_call SET consent_ended_at = NULL",
        "UPDATE reference_call SET consent_ended_at = now() + interval '1 day'",
        HELD + " + interval '31 days'",
        HELD + " - interval '1 hour'",
        "UPDATE reference_call SET state = 'no_show'",
    ],
)
def test_the_database_knows_no_other_way_back(db: Session, ended: Ended, rep: Known, change: str) -> None:
    with pytest.raises(IntegrityError, match="reference_call"):
        db.execute(text(change.format(rep=rep.id)))


def test_the_database_brings_no_other_call_back(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    request, _assignment, _call = accepted(db, ana, rep)
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    for change in (
        f"UPDATE reference_call SET state = 'held', held_at = now(), confirmed_by = {rep.id}",
        "UPDATE reference_call SET consent_ended_at = now()",
    ):
        with pytest.raises(IntegrityError, match="a call that is over stays as it is"):
            db.execute(text(change))
        db.rollback()


@pytest.mark.parametrize(("who", "desk"), [("rep", "sales"), ("mia", "admin")])
def test_the_page_offers_to_say_so(
    db: Session, app: Portal, ended: Ended, rep: Known, mia: Known, who: str, desk: str
) -> None:
    browser = Browser(app, db, {"rep": rep, "mia": mia}[who].actor)
    page = f"/{desk}/requests/{ended[0].public_id}"
    shown = browser.get(page).text
    assert "It took place before" in shown
    assert "Ana" not in shown.split("<main")[1], "no name is shown any more"
    assert browser.post(f"{page}/absence", page).status_code == 409
    for _click in range(2):
        assert browser.post(f"{page}/confirmation", page).status_code == 303
    assert "It took place before" not in browser.get(page).text
    db.rollback()
    assert assignment_of(db, ended[0]).state == "done"

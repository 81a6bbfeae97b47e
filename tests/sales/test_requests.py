"""Where a request stands, and what the rep and the program team can do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent.models import Disclosure
from portal.people import people
from portal.points import balance
from portal.references import answers, calls, fatigue, opportunities, requests
from portal.references.models import (
    Assignment,
    CallFeedback,
    Outcome,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
)
from portal.references.queries.requests import Show
from portal.references.queries.tracker import tracker
from tests.asking import accepted, ask, assignment_of, contacted, travel
from tests.consented import Known, agree, make_advocate
from tests.points.counting import cost
from tests.sales.conftest import Browse

Count = Callable[[Callable[[], object]], int]


Scheduled = tuple[ReferenceRequest, Assignment, ReferenceCall]


@pytest.fixture
def scheduled(db: Session, ana: Known, rep: Known) -> Scheduled:
    found = accepted(db, ana, rep)
    db.commit()
    return found


def entry(db: Session, who: Known) -> UUID:
    """The id under which the pool shows somebody."""
    return db.scalars(text("SELECT public_id FROM pool_entry WHERE person_id = :who"), {"who": who.id}).one()


def path_of(request: ReferenceRequest, desk: str = "sales") -> str:
    """The page of a request."""
    return f"/{desk}/requests/{request.public_id}"


def fresh(db: Session, request: ReferenceRequest) -> ReferenceRequest:
    """The request as it is now."""
    db.rollback()
    return db.get_one(ReferenceRequest, request.id, populate_existing=True)


def test_a_waiting_request_shows_who_has_it_and_what_comes_next(
    db: Session, rep: Known, ana: Known, browse: Browse
) -> None:
    request = ask(db, ana, rep)
    db.commit()
    page = browse(rep).get(path_of(request)).text
    for words in (
        request.number,
        "Waiting for A. M.",
        "With A. M. since",
        "the ask ends by itself",
        "A. M. got the ask",
    ):
        assert words in page
    assert "Name and contact appear once A. M. accepts." in page
    assert not any(hidden in page for hidden in ("Mitchell", "ana@harbor", "Harbor Freight"))


def test_after_acceptance_name_and_address_appear(
    db: Session, rep: Known, ana: Known, mia: Known, browse: Browse
) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    page = browse(rep).get(path_of(request)).text
    assert "Ana Maria Mitchell" in page
    assert "ana@harbor.example" in page
    assert "Did the call take place?" in page
    assert "ana@harbor" not in browse(mia).get(path_of(request)).text
    assert "ana@harbor" not in browse(mia).get(path_of(request, "admin")).text


@pytest.mark.parametrize("desk", ["sales", "admin"])
def test_a_manager_sees_contact_after_saying_so(
    db: Session, scheduled: Scheduled, mia: Known, browse: Browse, desk: str
) -> None:
    request, assignment, _call = scheduled
    db.commit()
    browser, path = browse(mia), path_of(request, desk)
    for _look in range(2):
        browser.get(path)
    seen = select(Disclosure.to_person_id).where(Disclosure.subject == f"assignment:{assignment.id}")
    assert db.scalars(seen).all() == [request.requested_by]
    db.rollback()
    for _click in range(2):
        assert browser.post(f"{path}/contact", path).status_code == 303
    assert "ana@harbor.example" in browser.get(path).text
    assert sorted(db.scalars(seen).all()) == sorted([request.requested_by, mia.id])


def test_a_rep_cannot_log_their_way_to_contact(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    request = ask(db, ana, rep)
    db.commit()
    assert browse(rep).post(f"{path_of(request)}/contact", path_of(request)).status_code == 403


def test_the_whole_way(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    request, assignment, call = accepted(db, ana, rep)
    db.commit()
    browser, path = browse(rep), path_of(request)
    for _click in range(2):
        assert browser.post(f"{path}/confirmation", path).status_code == 303
    assert balance.of(db, ana.id).available == 400
    assert fresh(db, request).state is RequestState.HELD
    assert "Did the call help?" in browser.get(path).text
    assert browser.post(f"{path}/outcome", path).status_code == 422
    assert browser.post(f"{path}/outcome", path, helped="helped", note="<b>They</b> moved on").status_code == 303
    db.rollback()
    assert fresh(db, request).outcome is Outcome.HELPED
    page = browser.get(path).text
    assert "Yes, it helped" in page
    assert "&lt;b&gt;They&lt;/b&gt; moved on" in page
    assert db.scalars(select(CallFeedback.call_id)).all() == [call.id]
    assert assignment.request_id == request.id


def test_closing_without_an_outcome(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    request, _assignment, call = accepted(db, ana, rep)
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    browser, path = browse(rep), path_of(request)
    assert browser.post(f"{path}/closing", path).status_code == 303
    assert "Without an outcome" in browser.get(path).text


def test_a_call_that_did_not_happen(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    browser, path = browse(rep), path_of(request)
    assert browser.post(f"{path}/absence", path).status_code == 303
    page = browser.get(path).text
    assert "Nobody said yes" in page
    assert "Ask somebody else" in page


@pytest.mark.parametrize("action", ["confirmation", "absence", "outcome"])
def test_nothing_to_confirm_before_acceptance(db: Session, rep: Known, ana: Known, browse: Browse, action: str) -> None:
    request = ask(db, ana, rep)
    db.commit()
    assert browse(rep).post(f"{path_of(request)}/{action}", path_of(request), helped="helped").status_code == 409


@pytest.mark.parametrize("desk", ["sales", "admin"])
def test_withdrawing(db: Session, scheduled: Scheduled, mia: Known, browse: Browse, desk: str) -> None:
    request = scheduled[0]
    browser, path = browse(mia), path_of(request, desk)
    assert browser.post(f"{path}/withdrawal", path).status_code == 303
    assert "Taken back on" in browser.get(path).text
    assert fresh(db, request).state is RequestState.WITHDRAWN


def test_foreign_and_missing_requests_look_alike(
    db: Session, rep: Known, other: Known, ana: Known, browse: Browse
) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    browser = browse(other)
    for public_id in (request.public_id, uuid4()):
        path = f"/sales/requests/{public_id}"
        assert browser.get(path).status_code == 404
        for action in ("withdrawal", "confirmation", "absence", "contact", "outcome", "closing"):
            assert browser.post(f"{path}/{action}", "/sales").status_code == 404
        assert browser.get(f"/admin/requests/{public_id}").status_code == 404
    assert browser.get("/admin/requests").status_code == 403
    assert fresh(db, request).state is RequestState.SCHEDULED


def test_my_requests_are_mine(db: Session, rep: Known, mia: Known, ana: Known, browse: Browse) -> None:
    request = ask(db, ana, rep)
    db.commit()
    assert request.number in browse(rep).get("/sales/requests").text
    assert request.number not in browse(mia).get("/sales/requests").text
    assert "Nothing is over yet" in browse(rep).get("/sales/requests?show=over").text


def test_the_program_team_sees_all_with_rep_and_date(
    db: Session, rep: Known, mia: Known, ana: Known, browse: Browse
) -> None:
    request = ask(db, ana, rep)
    db.commit()
    browser = browse(mia)
    for show in (Show.OPEN, Show.UNANSWERED, Show.ALL, "nonsense"):
        page = browser.get(f"/admin/requests?show={show}").text
        assert all(words in page for words in (request.number, "Tom Alvarez", "answer by", "A. M."))
    for show in (Show.DUE, Show.OVER):
        assert "All clear" in browser.get(f"/admin/requests?show={show}").text
    db.execute(text("UPDATE assignment SET answer_by = now() + interval '3 hours'"))
    db.commit()
    assert request.number in browser.get("/admin/requests?show=due").text


def test_a_call_that_is_due_is_shown_as_due(db: Session, rep: Known, mia: Known, ana: Known, browse: Browse) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.execute(text("UPDATE reference_request SET needed_by = current_date"))
    db.commit()
    assert request.number in browse(mia).get("/admin/requests?show=due").text


def test_a_manager_confirms(db: Session, rep: Known, mia: Known, ana: Known, browse: Browse) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    browser, path = browse(mia), path_of(request, "admin")
    assert browser.post(f"{path}/confirmation", path).status_code == 303
    assert balance.of(db, ana.id).available == 400


def test_a_manager_notes_that_there_was_no_call(
    db: Session, rep: Known, mia: Known, ana: Known, browse: Browse
) -> None:
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    browser, path = browse(mia), path_of(request, "admin")
    assert browser.post(f"{path}/absence", path).status_code == 303
    assert browser.post(f"{path}/confirmation", path).status_code == 409


def test_who_had_the_call_cannot_confirm_it(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    people.grant_role(db, ana.id, "admin", by=SYSTEM)
    request, _assignment, _call = accepted(db, ana, rep)
    db.commit()
    browser = browse(ana)
    for desk in ("sales", "admin"):
        path = path_of(request, desk)
        assert "Somebody else has to confirm" in browser.get(path).text
        assert browser.post(f"{path}/confirmation", path).status_code == 403


def test_lists_cost_the_same_for_one_and_for_many(
    db: Session, rep: Known, mia: Known, browse: Browse, count_queries: Count
) -> None:
    first = make_advocate(db, "First Asked")
    agree(db, first)
    ask(db, first, rep, prospect_industry=None)
    db.commit()
    desks = {"/sales/requests": browse(rep), "/admin/requests": browse(mia)}
    before = {path: cost(count_queries, lambda p=path, b=b: b.get(p)) for path, b in desks.items()}
    for number in range(12):
        person = make_advocate(db, f"Advocate Nr{number}")
        agree(db, person)
        ask(db, person, rep, prospect_industry=None)
    db.commit()
    after = {path: cost(count_queries, lambda p=path, b=b: b.get(p)) for path, b in desks.items()}
    assert after == before


def test_lists_come_in_pages(db: Session, rep: Known, browse: Browse) -> None:
    for number in range(32):
        person = make_advocate(db, f"Advocate Nr{number}")
        agree(db, person)
        ask(db, person, rep, prospect_industry=None, prospect_name=f"Prospect {number:02d}")
    db.commit()
    browser = browse(rep)
    first = browser.get("/sales/requests").text
    onward = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Prospect 31" in first
    assert "Prospect 01" not in first
    assert "Prospect 01" in browser.get(onward).text


def test_asking_from_the_pool(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    path = f"/sales/people/{entry(db, ana)}/ask"
    needed_by = (now(db) + timedelta(days=9)).date()
    db.rollback()
    browser = browse(rep)
    assert "Ask A. M. for a reference call" in browser.get(path).text
    typed = {"needed_by": needed_by, "topics": "What broke?", "request_key": str(uuid4())}
    refused = browser.post(path, path, **typed)
    assert refused.status_code == 422
    assert "Please name the prospect" in refused.text
    assert browser.post(path, path, **{**typed, "topics": ""}).status_code == 422
    answer = browser.post(path, path, **typed, prospect_name="Acme", prospect_industry="Logistics")
    assert answer.status_code == 303
    request = db.scalars(select(ReferenceRequest)).one()
    assert (request.prospect_name, request.opportunity_id) == ("Acme", None)
    db.rollback()
    assert "has an ask that is not answered yet" in browser.get(path).text or "resting" in browser.get(path).text


def test_the_address_alone_names_who_is_asked(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    bea = make_advocate(db, "Bea Baker")
    agree(db, bea)
    db.commit()
    path, needed_by = f"/sales/people/{entry(db, ana)}/ask", (now(db) + timedelta(days=9)).date()
    elsewhere = str(entry(db, bea))
    db.rollback()
    typed = {"needed_by": needed_by, "topics": "x", "request_key": str(uuid4()), "prospect_name": "Acme"}
    assert browse(rep).post(path, path, **typed, person=elsewhere).status_code == 422
    assert db.scalars(text("SELECT person_id FROM assignment")).all() == []


def test_nobody_outside_the_pool_has_a_page(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    browser = browse(rep)
    person = db.scalars(text("SELECT public_id FROM person WHERE id = :id"), {"id": ana.id}).one()
    db.rollback()
    for public_id in (person, uuid4()):
        assert browser.get(f"/sales/people/{public_id}/ask").status_code == 404
        assert browser.post(f"/sales/people/{public_id}/ask", "/sales").status_code == 404


def test_every_end_has_its_words(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    request = ask(db, ana, rep)
    contacted(db)
    db.commit()
    travel(db, now(db) + timedelta(hours=73))
    answers.expire(db, assignment_of(db, request).id)
    db.commit()
    page = browse(rep).get(path_of(request)).text
    assert "No answer from A. M. in time" in page
    assert "Not filled" in page


def test_one_of_several_is_shown_first(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    bea = make_advocate(db, "Bea Baker")
    agree(db, bea)
    request = requests.ask_all(
        db,
        person_ids=[ana.id, bea.id],
        needed_by=(now(db) + timedelta(days=9)).date(),
        topics="One\n\nTwo",
        by=rep.actor,
        prospect_name="Acme",
    )
    db.commit()
    seen = tracker(db, request.public_id, by=rep.actor)
    assert seen.questions == ["One", "Two"]
    assert [one.initials for one in seen.asked] == ["A. M.", "B. B."]
    assert seen.current is not None
    assert "B. B." in browse(rep).get(path_of(request)).text


def test_a_resting_colleague_is_explained_on_their_form(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    fatigue.log_outside(db, ana.id, now(db), by=rep.actor)
    path = f"/sales/people/{entry(db, ana)}/ask"
    db.commit()
    assert "A. M. is resting until" in browse(rep).get(path).text
    fatigue.pause(db, ana.id, now(db) + timedelta(days=20), by=ana.actor)
    db.commit()
    assert browse(rep).get(path).status_code == 404, "in a pause nobody finds them"


def test_asking_from_the_pool_for_a_deal(db: Session, rep: Known, other: Known, ana: Known, browse: Browse) -> None:
    mine = opportunities.add(db, by=SYSTEM, stage="Engaging", owner_id=rep.id, company_id=ana.company_id)
    theirs = opportunities.add(db, by=SYSTEM, stage="Engaging", owner_id=other.id)
    db.commit()
    path, needed_by = f"/sales/people/{entry(db, ana)}/ask", (now(db) + timedelta(days=9)).date()
    db.rollback()
    browser = browse(rep)
    typed = {"needed_by": needed_by, "topics": "What broke?", "request_key": str(uuid4())}
    for foreign in (theirs.public_id, uuid4(), "nonsense"):
        assert browser.get(f"{path}?opportunity={foreign}").status_code == 404
        assert browser.post(f"{path}?opportunity={foreign}", path, **typed).status_code == 404
    address = f"{path}?opportunity={mine.public_id}"
    assert "prospect_name" not in browser.get(address).text
    assert browser.post(address, address, **typed).status_code == 303
    request = db.scalars(select(ReferenceRequest)).one()
    assert (request.opportunity_id, request.prospect_name) == (mine.id, "Harbor Freight Lines")

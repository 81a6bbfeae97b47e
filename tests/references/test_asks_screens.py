"""The advocate's pages: the ask, the answer, the limits."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.points import balance
from portal.points.causes import named
from portal.references import calls, fatigue
from portal.references.models import Assignment, AssignmentState, CallFeedback
from portal.references.queries import asks
from portal.web.app import Portal
from tests.asking import accepted, ask, assignment_of
from tests.browsing import Browser
from tests.consented import Known, agree


@pytest.fixture
def asked(db: Session, ana: Known, rep: Known) -> Assignment:
    agree(db, ana)
    assignment = assignment_of(db, ask(db, ana, rep))
    db.commit()
    return assignment


@pytest.fixture
def browse(app: Portal, db: Session) -> Callable[[Known], Browser]:
    return lambda who: Browser(app, db, who.actor)


Browse = Callable[[Known], Browser]


def state_of(db: Session, assignment: Assignment) -> AssignmentState:
    db.rollback()
    return db.get_one(Assignment, assignment.id, populate_existing=True).state


def test_an_ask_shows_the_industry_and_not_the_prospect(
    db: Session, asked: Assignment, ana: Known, browse: Browse
) -> None:
    page = browse(ana).get(f"/asks/{asked.public_id}").text
    for words in ("Talk to a peer in Logistics", "Would you take this call?", "What broke", "400"):
        assert words.lower() in page.lower()
    assert "Brightline" not in page
    assert "Tom Alvarez" not in page


def test_one_tap_accepts_and_shows_who_will_call(db: Session, asked: Assignment, ana: Known, browse: Browse) -> None:
    browser, path = browse(ana), f"/asks/{asked.public_id}"
    for _tap in range(2):
        assert browser.post(f"{path}/acceptance", path).status_code == 303
    page = browser.get(path).text
    assert all(words in page for words in ("Your call with Brightline Health", "Tom Alvarez", "tom@northstar.example"))
    assert browser.post(f"{path}/stepping-back", path).status_code == 303
    assert "Brightline" not in browser.get(path).text
    assert state_of(db, asked) is AssignmentState.WITHDRAWN


def test_one_tap_declines(db: Session, asked: Assignment, ana: Known, browse: Browse) -> None:
    browser, path = browse(ana), f"/asks/{asked.public_id}"
    assert browser.post(f"{path}/refusal", path).status_code == 303
    assert "Nothing more is needed" in browser.get(path).text
    assert browser.post(f"{path}/acceptance", path).status_code == 409
    assert state_of(db, asked) is AssignmentState.DECLINED


def test_an_overdue_ask_offers_no_buttons(db: Session, asked: Assignment, ana: Known, browse: Browse) -> None:
    db.execute(text("UPDATE assignment SET answer_by = now() - interval '1 minute'"))
    db.commit()
    browser, path = browse(ana), f"/asks/{asked.public_id}"
    page = browser.get(path).text
    assert "time to answer is over" in page
    assert "acceptance" not in page
    assert browser.post(f"{path}/acceptance", path).status_code == 409


def test_a_foreign_ask_and_a_missing_one_look_alike(
    db: Session, asked: Assignment, sol: Known, rep: Known, browse: Browse
) -> None:
    for who, home in ((sol, "/asks/limits"), (rep, "/sales")):
        browser = browse(who)
        for public_id in (asked.public_id, uuid4()):
            assert browser.get(f"/asks/{public_id}").status_code == 404
            for action in ("acceptance", "refusal", "stepping-back", "feedback"):
                assert browser.post(f"/asks/{public_id}/{action}", home).status_code == 404
    assert state_of(db, asked) is AssignmentState.ASKED


def test_how_it_was(db: Session, ana: Known, rep: Known, browse: Browse) -> None:
    agree(db, ana)
    _request, assignment, call = accepted(db, ana, rep)
    db.commit()
    browser, path = browse(ana), f"/asks/{assignment.public_id}"
    assert browser.post(f"{path}/feedback", path, helped="helped").status_code == 409
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert "How was it?" in browser.get(path).text
    assert browser.post(f"{path}/feedback", path, note="x").status_code == 422
    assert browser.post(f"{path}/feedback", path, helped="partly", note="Fine").status_code == 303
    assert "Thank you for telling us how it was" in browser.get(path).text
    assert db.scalars(select(CallFeedback.note)).all() == ["Fine"]


def test_feedback_before_acceptance(db: Session, asked: Assignment, ana: Known, browse: Browse) -> None:
    path = f"/asks/{asked.public_id}"
    assert browse(ana).post(f"{path}/feedback", path, helped="helped").status_code == 409


def test_the_statement_says_which_call(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    _request, assignment, call = accepted(db, ana, rep)
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert named(db, [f"call:{call.id}"]) == {
        f"call:{call.id}": ("Reference call with Brightline Health", f"/asks/{assignment.public_id}")
    }
    assert balance.of(db, ana.id).available == 400


def test_what_waits_for_an_advocate(db: Session, asked: Assignment, ana: Known, sol: Known) -> None:
    assert [one.id for one in asks.waiting(db, ana.id)] == [asked.id]
    assert asks.waiting(db, sol.id) == []


def test_limits_are_lowered_and_taken_back(db: Session, ana: Known, browse: Browse) -> None:
    browser, path = browse(ana), "/asks/limits"
    assert "2, as the program allows" in browser.get(path).text
    for choice, allowed in (("1", 1), ("program", 2), ("0", 0)):
        assert browser.post(path, path, asks=choice).status_code == 303
        db.rollback()
        assert fatigue.load_of(db, ana.id).allowed == allowed
        db.rollback()
    assert browser.post(path, path, asks="7").status_code == 422


def test_a_pause_and_its_end(db: Session, ana: Known, browse: Browse) -> None:
    browser, path = browse(ana), "/asks/limits"
    assert browser.post("/asks/pause", path, months="3").status_code == 303
    assert "Nobody can ask you until" in browser.get(path).text
    assert browser.post("/asks/pause", path, months="0").status_code == 303
    assert "Nobody can ask you until" not in browser.get(path).text
    assert browser.post("/asks/pause", path, months="99").status_code in {409, 422}

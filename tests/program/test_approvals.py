"""The review queue in the browser: deciding, undoing, what is kept, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions, verdicts
from portal.challenges.models import Challenge, Submission, Verdict
from portal.challenges.queries import queue
from portal.challenges.states import Decision, VerdictState
from portal.points import awards
from portal.web.app import Portal
from tests.browsing import Browser
from tests.challenges.conftest import STORY, make
from tests.challenges.test_submissions import hand_in, stages

Offer = Callable[..., Challenge]
QUEUE = "/admin/approvals"


@pytest.fixture
def browser(app: Portal, db: Session, mia: Actor) -> Browser:
    """Mia at her desk."""
    return Browser(app, db, mia)


@pytest.fixture
def waiting(db: Session, ana: Actor, story: Challenge) -> Submission:
    """Ana's story, handed in."""
    return hand_in(db, story, ana)


def decide(browser: Browser, submission: Submission, **fields: object):  # type: ignore[no-untyped-def]
    page = f"{QUEUE}/{submission.public_id}"
    return browser.post(f"{page}/verdict", page, **fields)


def test_the_desk_begins_at_the_queue(browser: Browser) -> None:
    assert browser.get("/admin").headers["Location"] == QUEUE
    page = browser.get(QUEUE).text
    assert "All clear" in page


def test_the_queue_shows_what_waits_the_oldest_first(
    db: Session, browser: Browser, waiting: Submission, kofi: Actor, story: Challenge
) -> None:
    hand_in(db, story, kofi)
    page = browser.get(QUEUE).text
    assert page.index("Ana Mitchell") < page.index("Kofi Mensah")
    assert STORY in page
    assert "Harbor Freight Lines" in page
    assert "+150" in page
    assert "2 waiting" in page


def test_approving_can_be_undone_and_leads_to_the_next(
    db: Session, browser: Browser, waiting: Submission, kofi: Actor, story: Challenge
) -> None:
    following = hand_in(db, story, kofi)
    answer = decide(browser, waiting, decision="approve", comment="Lovely.")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{QUEUE}/{following.public_id}")
    page = browser.get(answer.headers["Location"]).text
    assert "Ana Mitchell approved. 150 points go out in 10 s." in page
    assert "data-focus" in page
    assert "Ana Mitchell" not in page.split('class="queue"')[1].split("</ul>")[0]
    undo = re.search(r'action="(/admin/approvals/verdicts/[^"]+)"', page)
    assert undo
    verdict = db.scalars(select(Verdict)).one()
    assert verdict.comment == "Lovely."
    answer = browser.post(undo[1], QUEUE)
    assert answer.headers["Location"] == f"{QUEUE}/{waiting.public_id}"
    db.expire_all()
    assert verdict.state is VerdictState.UNDONE
    verdicts.apply(db, verdict.id)
    db.commit()
    assert browser.post(undo[1], QUEUE).status_code == 303


def test_after_the_last_one_the_queue_is_clear(browser: Browser, waiting: Submission) -> None:
    answer = decide(browser, waiting, decision="approve", comment="")
    assert answer.headers["Location"] == QUEUE
    assert "All clear" in browser.get(QUEUE).text


def test_asking_for_changes_names_steps_and_says_why(db: Session, browser: Browser, waiting: Submission) -> None:
    told = stages(db, waiting)[1].stage_id
    db.rollback()
    page = browser.get(f"{QUEUE}/{waiting.public_id}?decide=redo").text
    assert re.search(r'<dialog[^>]*id="redo"[^>]*open', page)
    assert re.search(rf'checked[^>]*value="{told}"', page)
    for fields in ({"comment": "A number."}, {"stages": told, "comment": ""}, {"stages": 99, "comment": "A number."}):
        answer = decide(browser, waiting, decision="redo", **fields)
        assert answer.status_code == 422
        assert re.search(r'<dialog[^>]*id="redo"[^>]*open', answer.text)
        assert fields["comment"] in answer.text
    assert decide(browser, waiting, decision="redo", stages=told, comment="A number.").status_code == 303
    assert db.scalars(select(Verdict.decision)).one() is Decision.REDO


def test_rejecting_needs_a_reason_of_the_list(db: Session, browser: Browser, waiting: Submission) -> None:
    for fields in ({}, {"reason": "boring"}):
        answer = decide(browser, waiting, decision="reject", comment="Keep <this>", **fields)
        assert answer.status_code == 422
        assert "Keep &lt;this&gt;" in answer.text
    assert decide(browser, waiting, decision="reject", reason="off_topic", comment="").status_code == 303
    assert decide(browser, waiting, decision="delete", comment="").status_code == 422


def test_after_a_refusal_each_form_still_sends_its_own_decision(browser: Browser, waiting: Submission) -> None:
    page = decide(browser, waiting, decision="redo", comment="").text
    fields = re.findall(r'<input id="(\w+)-decision"[^>]*value="(\w+)"', page)
    assert fields == [(how, how) for how in ("approve", "redo", "reject")]


def test_a_second_manager_is_told_and_goes_on(
    db: Session, app: Portal, browser: Browser, pia: Actor, waiting: Submission
) -> None:
    other = Browser(app, db, pia)
    token_page = f"{QUEUE}/{waiting.public_id}"
    assert decide(browser, waiting, decision="approve", comment="").status_code == 303
    answer = other.post(f"{token_page}/verdict", token_page, decision="approve", comment="")
    assert answer.status_code == 303
    assert "Somebody has just decided on this" in other.get(QUEUE).text
    assert len(db.scalars(select(Verdict)).all()) == 1


def test_the_same_click_twice_is_one_decision(db: Session, browser: Browser, waiting: Submission) -> None:
    for _click in range(2):
        assert decide(browser, waiting, decision="approve", comment="").status_code == 303
    assert len(db.scalars(select(Verdict)).all()) == 1


def test_ones_own_work_is_shown_but_not_decided(db: Session, app: Portal, pia: Actor, story: Challenge) -> None:
    own = hand_in(db, story, pia)
    browser = Browser(app, db, pia)
    assert "All clear" in browser.get(QUEUE).text
    page = browser.get(f"{QUEUE}/{own.public_id}").text
    assert "Somebody else has to verify your own submission." in page
    assert 'id="approve"' not in page
    answer = decide(browser, own, decision="approve", comment="")
    assert answer.status_code == 403
    assert db.scalars(select(Verdict)).all() == []


def test_what_was_decided_can_still_be_read(db: Session, browser: Browser, mia: Actor, waiting: Submission) -> None:
    submissions.approve(db, waiting.id, by=mia)
    db.commit()
    page = browser.get(f"{QUEUE}/{waiting.public_id}").text
    assert "This has been decided." in page
    assert 'id="approve"' not in page


def test_what_the_person_did_before_stands_beside_it(
    db: Session, browser: Browser, ana: Actor, mia: Actor, offer: Offer, waiting: Submission
) -> None:
    earlier = hand_in(db, offer(("story", 70), title="Quote for the website"), ana)
    submissions.approve(db, earlier.id, by=mia)
    db.commit()
    page = browser.get(f"{QUEUE}/{waiting.public_id}").text
    assert "Quote for the website" in page
    assert "Done, +70" in page
    assert "1 approved, 0 sent back, 0 not accepted" in page


def test_the_queue_is_narrowed_to_a_challenge(
    db: Session, browser: Browser, kofi: Actor, offer: Offer, waiting: Submission
) -> None:
    other = offer(("story", 5), title="Another one")
    hand_in(db, other, kofi)
    page = browser.get(f"{QUEUE}?challenge={other.public_id}").text
    queue = page.split('class="queue"')[1].split("</ul>")[0]
    assert "Kofi Mensah" in queue
    assert "Ana Mitchell" not in queue
    assert browser.get(f"{QUEUE}?challenge=nonsense").status_code == 200


def names(page: str) -> list[str]:
    """Who stands in the list."""
    listed = page.split('class="split-list"')[1].partition("<article")[0]
    return re.findall(r'<b class="truncate">([^<]+)</b>', listed)


def test_the_queue_is_narrowed_by_what_a_manager_looks_for(
    db: Session, app: Portal, browser: Browser, ana: Actor, kofi: Actor, pia: Actor, offer: Offer, waiting: Submission
) -> None:
    asking = {"questions": [{"kind": "text", "ask": "What changed?"}]}
    asked = offer(("questions", 20, asking), title="Three questions")
    submission = submissions.start(db, asked.id, by=kofi)
    submissions.submit(db, submission.id, stages(db, submission)[0].stage_id, {"answer-1": "A lot"}, by=kofi)
    db.commit()
    expected = {
        "": ["Ana Mitchell", "Kofi Mensah"],
        "kind=story": ["Ana Mitchell"],
        "kind=questions": ["Kofi Mensah"],
        "q=harbor+freight": ["Ana Mitchell"],
        "q=KOFI": ["Kofi Mensah"],
        "q=100%25": [],
        "mine=1": ["Ana Mitchell", "Kofi Mensah"],
        "age=day": [],
        "age=yesterday&kind=nonsense&challenge=0": ["Ana Mitchell", "Kofi Mensah"],
        "kind=story&q=kofi&mine=1": [],
    }
    assert {query: names(browser.get(f"{QUEUE}?{query}").text) for query in expected} == expected
    others = Browser(app, db, pia)
    assert names(others.get(f"{QUEUE}?mine=1").text) == []
    told = stages(db, waiting)[1].stage_id
    verdict = verdicts.record(db, waiting.id, Decision.REDO, stage_ids=[told], comment="A number.", by=pia)
    verdicts.apply(db, verdict.id)
    submissions.submit(db, waiting.id, told, {"text": f"{STORY} And 40 % faster."}, by=ana)
    db.commit()
    assert names(others.get(f"{QUEUE}?mine=1").text) == ["Ana Mitchell"]


def test_what_waits_long_is_found_by_its_age(db: Session, browser: Browser, waiting: Submission) -> None:
    for hours, ages in ((23, ()), (25, ("day",)), (169, ("day", "three-days", "week"))):
        db.execute(text(f"UPDATE submission SET submitted_at = now() - interval '{hours} hours'"))
        db.commit()
        for age in ("day", "three-days", "week"):
            assert names(browser.get(f"{QUEUE}?age={age}").text) == (["Ana Mitchell"] if age in ages else [])


def test_the_next_one_lies_within_the_filter(
    db: Session, browser: Browser, kofi: Actor, pia: Actor, offer: Offer, waiting: Submission, story: Challenge
) -> None:
    hand_in(db, offer(("story", 5), title="Another one"), kofi)
    last = hand_in(db, story, pia)
    query = f"challenge={story.public_id}&kind=story"
    page = f"{QUEUE}/{waiting.public_id}?{query}"
    action = re.search(r'action="([^"]+/verdict[^"]*)" id="approve"', browser.get(page).text)
    assert action
    answer = browser.post(action[1].replace("&amp;", "&"), page, decision="approve", comment="")
    assert answer.headers["Location"] == f"{QUEUE}/{last.public_id}?{query}"
    shown = browser.get(answer.headers["Location"]).text
    assert names(shown) == ["Pia Lund"]
    undo = re.search(r'action="(/admin/approvals/verdicts/[^"]+)"', shown)
    assert undo
    answer = browser.post(undo[1].replace("&amp;", "&"), QUEUE)
    assert answer.headers["Location"] == page
    for submission in (waiting, last):
        answer = browser.post(f"{QUEUE}/{submission.public_id}/verdict?{query}", QUEUE, decision="approve", comment="")
    assert answer.headers["Location"] == f"{QUEUE}?{query}"
    assert "Nothing else that you look for waits." in browser.get(answer.headers["Location"]).text


def test_the_undo_stays_for_its_ten_seconds_on_every_page_of_the_queue(
    db: Session, browser: Browser, kofi: Actor, waiting: Submission, story: Challenge
) -> None:
    other = hand_in(db, story, kofi)
    for submission in (waiting, other):
        decide(browser, submission, decision="approve", comment="")
    undo = r'action="(/admin/approvals/verdicts/[^"]+)"'
    for name, left in (("Kofi Mensah", 1), ("Ana Mitchell", 0)):
        for _look in range(2):
            page = browser.get(QUEUE).text
            assert f"{name} approved" in page
        found = re.search(undo, page)
        assert found
        assert browser.post(found[1], QUEUE).status_code == 303
        assert len(db.scalars(select(Verdict).where(Verdict.state == VerdictState.OPEN)).all()) == left
    assert re.search(undo, browser.get(QUEUE).text) is None


def test_who_undoes_too_late_reads_so(db: Session, browser: Browser, waiting: Submission) -> None:
    decide(browser, waiting, decision="approve", comment="")
    verdict = db.scalars(select(Verdict)).one()
    verdicts.apply(db, verdict.id)
    db.commit()
    answer = browser.post(f"{QUEUE}/verdicts/{verdict.public_id}/undo", QUEUE)
    assert answer.headers["Location"] == f"{QUEUE}/{waiting.public_id}"
    assert "carried out already" in browser.get(answer.headers["Location"]).text


def test_calls_and_the_level_stand_beside_it(
    db: Session, browser: Browser, ana: Actor, mia: Actor, waiting: Submission
) -> None:
    awards.grant(db, ana.person_id or 0, 300, subject="trial:1", cause="trial:1", reason="Won", by=mia)
    db.commit()
    page = browser.get(f"{QUEUE}/{waiting.public_id}").text
    assert re.search(r"(Bronze|Silver|Gold|Platinum)[^<]* · 0 approved", page)


def test_the_queue_counts_no_further_than_a_days_work(
    db: Session, browser: Browser, monkeypatch: pytest.MonkeyPatch, waiting: Submission, kofi: Actor, story: Challenge
) -> None:
    hand_in(db, story, kofi)
    monkeypatch.setattr(queue, "COUNTED", 1)
    assert "1+ waiting" in browser.get(QUEUE).text


def test_hostile_text_is_only_text(db: Session, browser: Browser, ana: Actor, offer: Offer) -> None:
    hostile = "<script>alert(1)</script> \u202e {{7*7}} =cmd|' /C calc'!A0 " * 2
    hand_in(db, offer(("story", 5), title="<b>Bold</b>"), ana, hostile)
    page = browser.get(QUEUE).text
    assert "<script>alert" not in page
    assert "<b>Bold" not in page
    assert "{{7*7}}" in page


def test_it_is_for_managers_only(db: Session, app: Portal, ana: Actor, waiting: Submission) -> None:
    browser = Browser(app, db, ana)
    assert browser.get(QUEUE).status_code == 403
    assert browser.get(f"{QUEUE}/{waiting.public_id}").status_code == 404
    assert browser.post(f"{QUEUE}/{waiting.public_id}/verdict", decision="approve").status_code == 404
    assert browser.get("/admin/challenges").status_code == 403


def test_what_was_never_handed_in_or_is_anothers_is_not_there(
    db: Session, browser: Browser, ana: Actor, pia: Actor, story: Challenge
) -> None:
    begun = submissions.start(db, story.id, by=ana)
    db.commit()
    assert browser.get(f"{QUEUE}/{begun.public_id}").status_code == 404
    verdict = verdicts.record(db, hand_in(db, story, pia).id, Decision.APPROVE, by=make(db, "Nils", "manager"))
    db.commit()
    assert browser.post(f"{QUEUE}/verdicts/{verdict.public_id}/undo", QUEUE).status_code == 404


def test_the_queue_costs_the_same_for_one_and_for_fifty(
    db: Session, browser: Browser, offer: Offer, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    def fill(start: int, count: int) -> int:
        for number in range(start, start + count):
            hand_in(db, offer(("story", 5)), make(db, f"Advocate{number} X", "advocate"))
        browser.get("/admin/challenges")
        return count_queries(lambda: browser.opens(QUEUE))

    assert fill(0, 2) == fill(2, 20)

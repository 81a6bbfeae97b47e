"""The advocate's screens: what they show, refuse and cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions
from portal.challenges.audience import Audience
from portal.challenges.models import Challenge
from portal.challenges.states import Reason
from portal.points import balance
from portal.web.app import Portal
from tests.browsing import Browser

from .conftest import STORY
from .test_submissions import hand_in, stages

Offer = Callable[..., Challenge]
Visit = Callable[[Actor], Browser]


@pytest.fixture
def visit(app: Portal, db: Session) -> Visit:
    """Sign somebody in: `visit(ana)`."""
    return lambda who: Browser(app, db, who)


def test_the_circle_of_a_challenge_without_javascript(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    browser, home = visit(ana), f"/challenges/{story.public_id}"
    assert "Tell your story" in browser.get("/challenges").text
    assert "Start" in browser.get(home).text
    assert browser.post(f"{home}/submission", home).status_code == 303
    assert "I have done it" in browser.get(home).text
    answer = browser.post(f"{home}/steps/1", home)
    assert (answer.status_code, answer.headers["Location"]) == (303, home)
    assert "+10 points" in browser.get(home).text
    assert browser.post(f"{home}/steps/2", home, text="Nine", quote="", save="1").status_code == 303
    assert "Nine</textarea>" in browser.get(home).text
    assert browser.post(f"{home}/steps/2", home, text=STORY, quote="").status_code == 303
    page = browser.get(home).text
    assert "With the program team since" in page
    assert "10 earned" in page
    db.rollback()
    assert balance.of(db, ana.person_id).available == 10  # type: ignore[arg-type]


def test_what_was_typed_is_kept_when_it_is_refused(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    browser, home = visit(ana), f"/challenges/{story.public_id}"
    browser.post(f"{home}/submission", home)
    answer = browser.post(f"{home}/steps/2", home, text="Too <b>short", quote="")
    assert answer.status_code == 422
    assert "Too &lt;b&gt;short</textarea>" in answer.text
    assert "Write at least 40" in answer.text
    answer = browser.post(f"{home}/steps/2", home, text=STORY, quote="", unknown="1")
    assert answer.status_code == 422
    answer = browser.post(f"{home}/steps/2", home, text="x" * 4001, quote="", save="1")
    assert answer.status_code == 422


def test_a_stale_page_keeps_the_words_and_says_so(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    hand_in(db, story, ana)
    answer = visit(ana).post(f"/challenges/{story.public_id}/steps/2", None, text=STORY + " More.", quote="")
    assert answer.status_code == 409
    assert "handed in already" in answer.text
    assert "More.</textarea>" in answer.text


def test_handing_in_before_starting_is_refused(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    answer = visit(ana).post(f"/challenges/{story.public_id}/steps/1")
    assert answer.status_code == 409


def test_not_for_me_and_back_again(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    browser, home = visit(ana), f"/challenges/{story.public_id}"
    assert browser.post(f"{home}/dismissal", home).headers["Location"] == "/challenges"
    page = browser.get("/challenges").text
    assert "Thanks for telling us." in page
    assert f'action="{home}/return"' in page
    assert "Tell your story" in browser.get("/challenges?tab=not-for-me").text
    assert "Take it up again" in browser.get(home).text
    assert browser.post(f"{home}/return", home).headers["Location"] == home
    assert "I have done it" in browser.get(home).text


def test_every_state_has_its_panel(db: Session, ana: Actor, mia: Actor, offer: Offer, visit: Visit) -> None:
    browser = visit(ana)
    approved, rejected, back = (hand_in(db, offer(("story", 20), title=title), ana) for title in ("A", "B", "C"))
    submissions.approve(db, approved.id, by=mia, comment="Read it twice.")
    submissions.reject(db, rejected.id, by=mia, reason=Reason.OFF_TOPIC, comment="Another product.")
    stage_id = stages(db, back)[0].stage_id
    submissions.request_redo(db, back.id, by=mia, stage_ids=[stage_id], comment="Add a number.")
    db.commit()
    shown = {
        one.id: browser.get(f"/challenges/{_public(db, one.challenge_id)}").text for one in (approved, rejected, back)
    }
    assert "Done. Thank you." in shown[approved.id]
    assert "Read it twice." in shown[approved.id]
    assert "This was not accepted" in shown[rejected.id]
    assert "It is about something else." in shown[rejected.id]
    assert "Add a number." in shown[back.id]
    assert "Hand in this step" in shown[back.id]
    done = browser.get("/challenges?tab=done").text
    assert "Not accepted" in done
    assert "Changes asked" in browser.get("/challenges?tab=in-progress").text


def test_a_step_handed_in_can_be_read(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    hand_in(db, story, ana)
    page = visit(ana).get(f"/challenges/{story.public_id}/steps/2").text
    assert STORY in page
    assert "With the program team since" in page


def test_foreign_challenges_are_not_there(db: Session, kofi: Actor, offer: Offer, visit: Visit) -> None:
    challenge = offer(("confirm", 5), audience=Audience(industries=["Logistics"]))
    browser, home = visit(kofi), f"/challenges/{challenge.public_id}"
    assert browser.get(home).status_code == 404
    assert browser.get(f"{home}/steps/1").status_code == 404
    for path in ("submission", "dismissal", "return", "steps/1"):
        assert browser.post(f"{home}/{path}").status_code == 404
    assert browser.get("/challenges/00000000-0000-4000-8000-000000000000").status_code == 404


def test_steps_that_do_not_exist_are_not_there(db: Session, ana: Actor, story: Challenge, visit: Visit) -> None:
    assert visit(ana).get(f"/challenges/{story.public_id}/steps/3").status_code == 404


def test_empty_lists_say_what_comes(db: Session, ana: Actor, visit: Visit) -> None:
    browser = visit(ana)
    for tab, words in (
        ("open", "Nothing is open right now"),
        ("in-progress", "Nothing begun"),
        ("done", "Nothing done yet"),
        ("not-for-me", "Nothing put away"),
        ("nonsense", "Nothing is open right now"),
    ):
        assert words in browser.get(f"/challenges?tab={tab}").text


def test_the_list_is_paged_by_key(db: Session, ana: Actor, offer: Offer, visit: Visit) -> None:
    for number in range(30):
        offer(("confirm", 5), title=f"Challenge {number:02}")
    browser = visit(ana)
    first = browser.get("/challenges").text
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following).text
    titles = [f"Challenge {number:02}" for number in range(30)]
    assert sum(title in first for title in titles) == 24
    assert all((title in first) != (title in second) for title in titles)
    assert browser.get("/challenges?after=broken").status_code == 422


@pytest.mark.parametrize("tab", ["open", "in-progress", "done", "not-for-me"])
def test_the_lists_cost_the_same_for_one_and_for_many(
    db: Session, ana: Actor, offer: Offer, visit: Visit, tab: str, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    browser = visit(ana)

    def fill(count: int) -> int:
        for number in range(count):
            challenge = offer(("confirm", 5), title=f"Challenge {number}")
            if tab == "in-progress":
                submissions.start(db, challenge.id, by=ana)
            elif tab == "done":
                hand_in(db, challenge, ana)
            elif tab == "not-for-me":
                submissions.dismiss(db, challenge.id, by=ana)
        db.commit()
        browser.get("/challenges")
        return count_queries(lambda: browser.opens(f"/challenges?tab={tab}"))

    assert fill(1) == fill(22)


def test_the_runner_costs_the_same_for_one_step_and_for_many(
    db: Session, ana: Actor, offer: Offer, visit: Visit, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    browser = visit(ana)
    counts = []
    for steps in (1, 12):
        challenge = offer(*([("story", 5)] * steps))
        submissions.start(db, challenge.id, by=ana)
        db.commit()
        browser.get("/challenges")
        counts.append(count_queries(lambda path=f"/challenges/{challenge.public_id}": browser.opens(path)))
    assert counts[0] == counts[1]


def _public(db: Session, challenge_id: int) -> object:
    challenge = db.get(Challenge, challenge_id)
    assert challenge is not None
    return challenge.public_id

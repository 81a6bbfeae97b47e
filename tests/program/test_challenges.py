"""The editor of challenges: a challenge is made, checked, published and changed by plain forms."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions
from portal.challenges.models import Challenge, Stage, Submission
from portal.challenges.states import ChallengeState
from portal.web.app import Portal
from tests.browsing import Browser

Offer = Callable[..., Challenge]
DESK = "/admin/challenges"
TEXTS = {"title": "Tell us", "summary": "Why you", "description": "", "minutes": "12", "activity_type": "story"}
WHEN = {"opens_on": "", "closes_on": ""}
EVERYBODY = {**TEXTS, **WHEN, "for_everybody": "y"}
STEP = {"title": "Read", "instructions": "Read it.", "points": "10"}


@pytest.fixture
def browser(app: Portal, db: Session, mia: Actor) -> Browser:
    """Mia at her desk."""
    return Browser(app, db, mia)


@pytest.fixture
def draft(browser: Browser) -> str:
    """The address of a new draft."""
    answer = browser.post(DESK, f"{DESK}/new", **EVERYBODY)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def step(db: Session, position: int) -> dict[str, int]:
    """The hidden field of a page that shows the step that stands here now."""
    return {"stage": db.scalars(select(Stage.id).where(Stage.position == position)).one()}


def shown_in(preview: str) -> str:
    """What a preview shows, without the desk around it."""
    return preview.split('class="preview-ground')[1].split("</section>", maxsplit=1)[0]


def the_challenge(db: Session) -> Challenge:
    db.expire_all()
    return db.scalars(select(Challenge)).one()


def test_a_challenge_is_made_and_published_without_javascript(
    db: Session, app: Portal, browser: Browser, ana: Actor, draft: str
) -> None:
    assert "Nobody sees" not in browser.get(DESK).text
    assert "No steps yet" in browser.get(draft).text
    page = f"{draft}/steps/new"
    for kind, points in (("confirm", "10"), ("story", "150")):
        answer = browser.post(f"{draft}/steps", page, kind=kind, **{**STEP, "title": kind, "points": points})
        assert answer.headers["Location"] == draft
    browser.post(f"{draft}/steps/2/place", draft, to="up", **step(db, 2))
    assert db.scalars(select(Stage.title).order_by(Stage.position)).all() == ["story", "confirm"]
    browser.post(f"{draft}/steps/1/place", draft, to="down", **step(db, 1))
    shown = browser.get(draft).text
    assert "160 points" in shown
    assert "All fine" in shown
    assert "1 advocate" in shown
    checked = browser.get(f"{draft}/publication").text
    assert "It pays 160 points in all." in checked
    assert "to mend" not in checked
    assert browser.post(f"{draft}/publication", f"{draft}/publication").status_code == 303
    assert the_challenge(db).state is ChallengeState.PUBLISHED
    assert "Tell us" in Browser(app, db, ana).get("/challenges").text


def test_publishing_too_early_says_what_is_missing(db: Session, browser: Browser, draft: str) -> None:
    answer = browser.post(f"{draft}/publication", draft)
    assert answer.status_code == 422
    assert "It cannot be published yet. Add a step: so far there is nothing to do." in answer.text
    assert "1 thing to mend first" in answer.text
    assert f'href="{draft}/steps/new#steps"' in answer.text
    assert the_challenge(db).state is ChallengeState.DRAFT


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("title", ""),
        ("title", "x" * 61),
        ("summary", "x" * 111),
        ("minutes", "soon"),
        ("minutes", "0"),
        ("minutes", "9" * 30),
        ("activity_type", "bribe"),
        ("closes_on", "tomorrow"),
        ("industries", "Nowhere"),
        ("state", "published"),
    ],
)
def test_what_is_wrong_is_refused_and_kept(db: Session, browser: Browser, field: str, given: str) -> None:
    answer = browser.post(DESK, f"{DESK}/new", **{**EVERYBODY, "description": "Keep <me>", field: given})
    assert answer.status_code == 422
    assert "Keep &lt;me&gt;" in answer.text
    assert db.scalars(select(Challenge)).all() == []


def test_the_audience_is_chosen_from_what_companies_are(db: Session, browser: Browser, ana: Actor, draft: str) -> None:
    chosen = {**TEXTS, **WHEN, "industries": "Logistics", "countries": "Germany"}
    assert browser.post(draft, draft, **chosen).status_code == 303
    challenge = the_challenge(db)
    assert (challenge.for_everybody, challenge.industries, challenge.countries) == (False, ["Logistics"], ["Germany"])
    page = browser.get(draft).text
    assert re.search(r'checked[^>]*value="Logistics"', page)
    assert "Logistics, Germany" in browser.get(f"{DESK}?state=draft").text


def test_the_last_day_counts_whole_and_the_window_has_an_order(db: Session, browser: Browser, draft: str) -> None:
    days = {"opens_on": "2030-05-01", "closes_on": "2030-05-31"}
    assert browser.post(draft, draft, **{**EVERYBODY, **days}).status_code == 303
    challenge = the_challenge(db)
    assert challenge.closes_at is not None
    assert challenge.closes_at.isoformat() == "2030-06-01T00:00:00+00:00"
    assert 'value="2030-05-31"' in browser.get(draft).text
    answer = browser.post(draft, draft, **{**EVERYBODY, "opens_on": "2030-05-02", "closes_on": "2030-05-01"})
    assert answer.status_code == 422
    assert "closes after it opens" in answer.text


def test_a_step_that_is_wrong_is_shown_again(db: Session, browser: Browser, draft: str) -> None:
    page = f"{draft}/steps/new"
    for more in ({"points": "-1"}, {"points": "many"}, {"title": ""}, {"kind": "quiz"}, {"instructions": "x" * 2001}):
        answer = browser.post(f"{draft}/steps", page, **{"kind": "story", **STEP, **more})
        assert answer.status_code == 422
    assert db.scalars(select(Stage)).all() == []
    assert browser.get(f"{draft}/steps/1").status_code == 404
    browser.post(f"{draft}/steps", page, kind="story", **STEP)
    shown = step(db, 1)
    assert browser.post(f"{draft}/steps/1", f"{draft}/steps/1", **STEP).status_code == 422, "which step was meant?"
    answer = browser.post(f"{draft}/steps/1", f"{draft}/steps/1", **{**STEP, **shown, "title": "x" * 61})
    assert answer.status_code == 422
    assert "x" * 61 in answer.text
    assert browser.post(f"{draft}/steps/1", f"{draft}/steps/1", **{**STEP, **shown, "points": "25"}).status_code == 303
    assert db.scalars(select(Stage.points)).one() == 25
    assert browser.post(f"{draft}/steps/1/removal", draft, **shown).status_code == 303
    db.expire_all()
    assert db.scalars(select(Stage)).all() == []
    assert browser.post(f"{draft}/steps/1/removal", draft, **shown).status_code == 404


def test_in_a_second_tab_a_step_that_has_moved_is_neither_changed_nor_moved_nor_taken_away(
    db: Session, browser: Browser, draft: str
) -> None:
    for title in ("First", "Second", "Third"):
        browser.post(f"{draft}/steps", f"{draft}/steps/new", kind="confirm", **{**STEP, "title": title})
    stale = browser.get(f"{draft}/steps/1")
    seen = re.search(r'name="stage"[^>]*value="(\d+)"', stale.text)
    assert seen, "the page does not say which step it shows"
    shown = {"stage": seen[1]}
    browser.post(f"{draft}/steps/1/place", draft, to="down", **shown)
    before = db.execute(select(Stage.id, Stage.position, Stage.title).order_by(Stage.position)).all()
    assert [row.title for row in before] == ["Second", "First", "Third"]
    late = {
        f"{draft}/steps/1": {**STEP, "title": "Mine", **shown},
        f"{draft}/steps/1/place": {"to": "down", **shown},
        f"{draft}/steps/1/removal": shown,
    }
    for path, fields in late.items():
        answer = browser.post(path, draft, **fields)
        assert answer.status_code == 409
        assert "Another step stands here now. Reload the page and look again." in answer.text
        assert ("Mine" in answer.text) is ("title" in fields), "what was typed is kept"
    db.expire_all()
    assert db.execute(select(Stage.id, Stage.position, Stage.title).order_by(Stage.position)).all() == before
    assert browser.post(f"{draft}/steps/2", f"{draft}/steps/2", **{**STEP, "title": "Mine", **shown}).status_code == 303
    assert db.scalar(select(Stage.title).where(Stage.position == 2)) == "Mine"


def test_a_published_challenge_is_revised_and_who_began_keeps_theirs(
    db: Session, app: Portal, browser: Browser, ana: Actor, kofi: Actor, story: Challenge
) -> None:
    page, steps = f"{DESK}/{story.public_id}", f"/challenges/{story.public_id}"
    submissions.start(db, story.id, by=ana)
    db.commit()
    seen = step(db, 1)
    shown = browser.get(page).text
    assert "Changes never touch what people already did" in shown
    assert "Add step" not in shown
    assert 'name="points"' not in browser.get(f"{page}/steps/1").text
    for path, where in (("", STEP), ("/removal", {}), ("/place", {"to": "down"})):
        assert browser.post(f"{page}/steps/1{path}", page, **where, **seen).status_code == 409
    assert browser.post(f"{page}/steps", page, kind="story", **STEP).status_code == 409
    assert browser.post(f"{page}/edition", page).status_code == 303
    assert "You are making a new version." in browser.get(page).text
    second = {"stage": db.scalars(select(Stage.id).where(Stage.edition.is_(None), Stage.position == 2)).one()}
    assert browser.post(f"{page}/steps/2/removal", page, **second).status_code == 303
    new = {**STEP, "title": "Shake hands", "points": "30"}
    assert browser.post(f"{page}/steps", f"{page}/steps/new", kind="confirm", **new).status_code == 303
    assert "Shake hands" in browser.get(f"{page}/preview").text
    assert "Shake hands" not in Browser(app, db, kofi).get(steps).text, "it is not offered yet"
    checked = browser.get(f"{page}/publication").text
    assert "1 person has begun already and keeps what they began with" in checked
    assert browser.post(f"{page}/publication", f"{page}/publication").status_code == 303
    assert "1 person is on an earlier version" in browser.get(page).text
    assert "Shake hands" not in browser.get(f"{page}/preview?edition=1").text
    assert browser.get(f"{page}/preview?edition=3").status_code == 404
    hers, his = Browser(app, db, ana).get(steps).text, Browser(app, db, kofi).get(steps).text
    assert ("Shake hands" in hers, "Shake hands" in his) == (False, True)
    assert "This has changed since you began." in hers
    assert "+160" in hers
    assert "+40" in his


def test_changes_that_are_not_wanted_are_dropped(db: Session, browser: Browser, story: Challenge) -> None:
    page = f"{DESK}/{story.public_id}"
    for path in ("edition", "edition/removal"):
        for _click in range(2):
            assert browser.post(f"{page}/{path}", page).status_code == 303
    assert db.scalars(select(Stage.position).order_by(Stage.id)).all() == [1, 2]
    browser.post(f"{page}/edition", page)
    assert browser.post(f"{page}/archive", page).status_code == 303
    db.expire_all()
    assert db.scalars(select(Stage.edition)).all() == [1, 1]
    assert "Tell your story" in browser.get(f"{DESK}?state=archived").text
    for path in ("", "/edition", "/publication"):
        assert browser.post(f"{page}{path}", page, **(EVERYBODY if not path else {})).status_code == 409


def test_the_preview_shows_each_step_as_advocates_see_it_and_sends_nothing(
    db: Session, app: Portal, browser: Browser, ana: Actor, draft: str
) -> None:
    setups = (("confirm", {}), ("visit", {"address": "https://example.com/news"}), ("story", {}))
    for position, (kind, more) in enumerate(setups, start=1):
        browser.post(f"{draft}/steps", f"{draft}/steps/new", kind=kind, **{**STEP, "title": f"Step of {kind}"})
        if more:
            page = f"{draft}/steps/{position}"
            browser.post(page, page, **{**STEP, **more, **step(db, position), "verification": "honour"})
    before = browser.get(f"{draft}/preview").text
    for width in ("", "&width=phone"):
        for number, words in ((1, "the points are yours"), (2, "Opens https://example.com"), (3, "40 to 4,000")):
            shown = shown_in(browser.get(f"{draft}/preview?step={number}{width}").text)
            assert words in shown
            assert "<form" not in shown
            assert "<fieldset" in shown.split(words, maxsplit=1)[0], "what is to be filled in is shut"
    assert "Nothing can be filled in here" in before
    assert "<form" not in shown_in(before)
    assert re.search(r"<button[^>]*>Start", before)
    for wrong in ("4", "x", "-1", "9" * 30):
        assert browser.get(f"{draft}/preview?step={wrong}").status_code == 404
    assert db.scalars(select(Submission)).all() == []
    assert Browser(app, db, ana).get(f"{draft}/preview?step=1").status_code in {403, 404}


def test_foreign_addresses_are_not_there(browser: Browser) -> None:
    nowhere = f"{DESK}/00000000-0000-4000-8000-000000000000"
    for path in ("", "/preview", "/publication", "/steps/new", "/steps/1"):
        assert browser.get(nowhere + path).status_code == 404
    for path in ("", "/publication", "/archive", "/steps", "/steps/1", "/steps/1/place", "/steps/1/removal"):
        assert browser.post(nowhere + path, DESK).status_code == 404


def test_the_list_costs_the_same_for_one_and_for_many(
    browser: Browser, offer: Offer, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    def fill(count: int) -> int:
        for number in range(count):
            offer(("story", 5), title=f"Challenge {number}")
        browser.get("/admin/approvals")
        return count_queries(lambda: browser.opens(DESK))

    assert fill(1) == fill(20)


def test_an_empty_desk_says_what_to_do(browser: Browser) -> None:
    assert "Nothing is published" in browser.get(DESK).text
    assert "Nothing here" in browser.get(f"{DESK}?state=archived").text

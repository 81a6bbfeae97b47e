"""The editor's audience: chosen, counted while it is chosen, with and without JavaScript, and saved."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import audience
from portal.challenges.models import Challenge
from portal.people import people
from portal.points.models import Level
from portal.web.app import Portal
from tests.browsing import Browser
from tests.challenges.conftest import make
from tests.points.earning import who

from .test_challenges import DESK, EVERYBODY, TEXTS, WHEN

NEW = f"{DESK}/audience"
HX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#reach"}


@pytest.fixture
def browser(app: Portal, db: Session, mia: Actor, ana: Actor) -> Browser:
    """Mia at her desk; Ana works in logistics in Germany, Rita at a shop there."""
    shop = people.add_company(db, "Shop", by=SYSTEM, industry="Retail", country="Germany", employees=70)
    make(db, "Rita Shop", "advocate", company_id=shop.id)
    db.commit()
    return Browser(app, db, mia)


def count(browser: Browser, path: str = NEW, headers: dict[str, str] | None = None, **fields: object) -> str:
    """What the page says of an audience."""
    page = browser.get(f"{DESK}/new").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = browser.client.post(path, data={"csrf_token": token, **fields}, headers=headers or {})
    assert answer.status_code in {200, 422}, answer.status
    return answer.text


def test_it_is_counted_before_anything_is_saved(db: Session, browser: Browser) -> None:
    page = count(browser, **{**TEXTS, **WHEN, "title": "Half <done>", "countries": "Germany"})
    assert "2 advocates" in page
    assert "Half &lt;done&gt;" in page, "what was typed stays"
    assert 'checked id="countries-0"' in page or 'checked="" id="countries-0"' in page or "checked" in page
    assert "1 advocate<" in count(browser, countries="Germany", not_industries="Retail")
    assert "Nobody yet" in count(browser, title="")
    assert db.scalars(select(Challenge)).all() == []


def test_htmx_gets_the_count_alone(db: Session, browser: Browser) -> None:
    piece = count(browser, headers=HX, sizes="50-499")
    assert "1 advocate<" in piece
    assert "<html" not in piece
    assert piece.lstrip().startswith('<div class="stack gap-2" id="reach">')
    wrong = count(browser, headers=HX, people="nobody@x.example")
    assert "Nobody here has this address: nobody@x.example." in wrong
    assert "<html" not in wrong


def test_in_the_editor_it_counts_too(db: Session, browser: Browser) -> None:
    draft = browser.post(DESK, f"{DESK}/new", **EVERYBODY).headers["Location"]
    assert "2 advocates" in browser.get(draft).text
    for headers in ({}, HX):
        page = count(browser, f"{draft}/audience", headers, **{**EVERYBODY, "not_people": "ana@advocate.example"})
        assert "1 advocate<" in page
    stored = db.scalars(select(Challenge)).one()
    assert stored.not_people == []


def test_many_are_counted_no_further(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CAP", 2)
    assert "2 advocates or more" in count(browser, for_everybody="y")


def test_what_is_chosen_is_saved_and_shown_again(db: Session, browser: Browser, ana: Actor) -> None:
    gold = db.scalars(select(Level.id).where(Level.name == "Gold")).one()
    whom = {
        "industries": ["Retail", "Logistics"],
        "sizes": "50-499",
        "from_level_id": str(gold),
        "people": "ANA@advocate.example",
        "not_countries": "Germany",
    }
    draft = browser.post(DESK, f"{DESK}/new", **{**TEXTS, **WHEN, **whom}).headers["Location"]
    stored = db.scalars(select(Challenge)).one()
    assert (stored.industries, stored.sizes, stored.people) == (["Retail", "Logistics"], ["50-499"], [who(ana)])
    assert (stored.from_level_id, stored.to_level_id, stored.not_countries) == (gold, None, ["Germany"])
    page = browser.get(draft).text
    assert "ana@advocate.example" in page
    assert f'<option selected value="{gold}">Gold</option>' in page
    listed = browser.get(f"{DESK}?state=draft").text
    assert "Retail, Logistics, 50 to 499 people, by level, 1 person by name, with 1 exception" in listed
    assert browser.post(draft, draft, **EVERYBODY).status_code == 303
    db.expire_all()
    assert (stored.for_everybody, stored.industries, stored.people, stored.from_level_id) == (True, [], [], None)


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("people", "nora@x.example", "Nobody here has this address: nora@x.example."),
        ("not_people", "not an address", "Nobody here has this address: not an address."),
        ("from_level_id", "12", "Not a valid choice"),
        ("not_sizes", "huge", "not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_kept(db: Session, browser: Browser, field: str, given: str, words: str) -> None:
    for path in (DESK, NEW):
        answer = browser.post(path, f"{DESK}/new", **{**EVERYBODY, field: given})
        assert answer.status_code == 422
        assert words.lower() in answer.text.lower()
    assert db.scalars(select(Challenge)).all() == []


def test_levels_in_the_wrong_order_are_refused(db: Session, browser: Browser) -> None:
    ladder = {level.name: level.id for level in db.scalars(select(Level))}
    given = {**TEXTS, **WHEN, "from_level_id": ladder["Gold"], "to_level_id": ladder["Silver"]}
    answer = browser.post(DESK, f"{DESK}/new", **given)
    assert answer.status_code == 422
    assert "The last level lies below the first one." in answer.text

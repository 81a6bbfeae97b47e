"""Rewards from a level on, and so often for one person: shown with what is missing, refused by verb and database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now, set_now
from portal.database.refusal import Invalid, LimitReached
from portal.points import balance
from portal.points.models import Level
from portal.rewards import catalogue, limits, redemption
from portal.rewards.catalogue import Rules
from portal.rewards.models import Redemption, Reward
from portal.web.app import Portal
from tests.browsing import Browser
from tests.rewards.conftest import earn

Put = Callable[..., Reward]
ONCE = Rules(per_person=1)
YEARLY = Rules(per_year=1)


def level(db: Session, name: str) -> UUID:
    """The address of a level."""
    return db.scalars(select(Level.public_id).where(Level.name == name)).one()


def redeem(db: Session, reward: Reward, by: Actor) -> Redemption:
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def refused(db: Session, reward: Reward, by: Actor, words: str) -> None:
    """The verb refuses, and takes nothing."""
    held = balance.of(db, by.person_id or 0).held
    with pytest.raises(LimitReached, match=words):
        redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.rollback()
    assert balance.of(db, by.person_id or 0).held == held


def test_as_often_as_one_person_may(db: Session, ana: Actor, ben: Actor, reward: Put) -> None:
    mug, other = reward(price=10, stock=9, rules=Rules(per_person=2)), reward("Pin", price=10)
    redeem(db, mug, ana)
    redeem(db, mug, ana)
    refused(db, mug, ana, "as often as one person may")
    assert db.scalar(text("SELECT stock FROM reward WHERE name = 'Trail jacket'")) == 7
    redeem(db, mug, ben)
    redeem(db, other, ana)


def test_what_was_given_back_may_be_had_again(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    mug = reward(price=10, rules=Rules(per_person=1, per_year=1))
    redemption.cancel(db, redeem(db, mug, ana).id, by=ana)
    redemption.fail(db, redeem(db, mug, ana).id, by=mia, note="None left.")
    claim = redeem(db, mug, ana)
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    db.commit()
    refused(db, mug, ana, "as often")
    redemption.refund(db, claim.id, by=mia, reason="Broken.")
    db.commit()
    redeem(db, mug, ana)


def test_a_year_is_365_days_to_the_minute(db: Session, ana: Actor, reward: Put) -> None:
    mug = reward(price=10, rules=YEARLY)
    redeem(db, mug, ana)
    begun, minute = now(db), timedelta(minutes=1)
    db.rollback()
    set_now(db, begun + limits.YEAR - minute)
    refused(db, mug, ana, "in a year")
    set_now(db, begun + limits.YEAR + minute)
    redeem(db, mug, ana)


def test_from_a_level_on(db: Session, ana: Actor, reward: Put) -> None:
    seat = reward("A seat", price=10, rules=Rules(level=level(db, "Platinum")))
    missing = db.scalar(text("SELECT threshold FROM level WHERE name = 'Platinum'")) - 1240
    refused(db, seat, ana, f"From level Platinum on: {missing} points to go")
    earn(db, ana, missing - 1, subject="trial_award:3")
    refused(db, seat, ana, "1 point to go")
    earn(db, ana, 1, subject="trial_award:4")
    redeem(db, seat, ana)


def test_spending_does_not_lose_the_level(db: Session, ana: Actor, reward: Put) -> None:
    redeem(db, reward(price=1200), ana)
    redeem(db, reward("Pin", price=10, rules=Rules(level=level(db, "Gold"))), ana)


@pytest.mark.parametrize(
    ("check", "rules", "said"),
    [("check_turns", ONCE, "more often"), ("check_turns", YEARLY, "more often"), ("check_level", None, "its level")],
)
def test_the_database_asks_again(
    *, db: Session, ana: Actor, reward: Put, monkeypatch: pytest.MonkeyPatch, check: str, rules: Rules | None, said: str
) -> None:
    mug = reward(price=10, rules=rules or Rules(level=level(db, "Platinum")))
    monkeypatch.setattr(redemption, check, lambda *_given: None)
    if rules is not None:
        redeem(db, mug, ana)
    with pytest.raises(IntegrityError, match=said):
        redemption.redeem(db, mug.id, by=ana, request_key=uuid4())
    db.rollback()


def test_a_new_limit_does_not_touch_what_was_redeemed(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    mug = reward(price=10)
    for _each in range(3):
        redeem(db, mug, ana)
    words: dict[str, Any] = {name: getattr(mug, name) for name in ("name", "description", "art", "delivery", "price")}
    catalogue.change(db, mug.id, by=mia, stock=None, rules=ONCE, **words)
    db.commit()
    refused(db, mug, ana, "as often")
    catalogue.change(db, mug.id, by=mia, stock=None, **words)
    db.commit()
    assert db.get_one(Reward, mug.id).per_person == 1, "without rules they stay"


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (Rules(per_person=0), "per_person"),
        (Rules(per_person=101), "per_person"),
        (Rules(per_year=0), "per_year"),
        (Rules(per_person=1, per_year=2), "per_year"),
        (Rules(level=uuid4()), "level"),
    ],
)
def test_rules_that_cannot_be(db: Session, reward: Put, rules: Rules, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        reward(rules=rules)
    assert refusal.value.field == field


def test_a_level_that_a_reward_asks_for_stays(app: Portal, db: Session, mia: Actor, reward: Put) -> None:
    gold = level(db, "Platinum")
    reward(rules=Rules(level=gold))
    path = f"/admin/levels/{gold}"
    answer = Browser(app, db, mia).post(f"{path}/removal", path, agreed="")
    assert answer.status_code == 409
    assert "Give the reward another level first" in answer.text


def test_the_catalogue_shows_what_is_missing(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    reward("A seat", price=10, rules=Rules(level=level(db, "Platinum")))
    mug, pin = reward("Mug", price=11, rules=ONCE), reward("Pin", price=12, rules=YEARLY)
    redeem(db, mug, ana)
    redeem(db, pin, ana)
    browser = Browser(app, db, ana)
    page = browser.get("/rewards").text
    for words in ("From level Platinum, 1,260 points to go", "You had yours", "Again from "):
        assert words in page
    assert "A seat" not in browser.get("/rewards?show=affordable").text


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (ONCE, "Each person can have this once, and you had yours."),
        (Rules(per_person=3, per_year=1), "You had it as often as one person may in a year."),
        (None, "For level Platinum and above: you are 1,260 points away"),
    ],
)
def test_a_reward_out_of_reach_says_why_and_has_no_button(
    *, app: Portal, db: Session, ana: Actor, reward: Put, rules: Rules | None, words: str
) -> None:
    mug = reward("Mug", price=11, rules=rules or Rules(level=level(db, "Platinum")))
    if rules is not None:
        redeem(db, mug, ana)
    page = Browser(app, db, ana).get(f"/rewards/{mug.public_id}").text
    assert words in page
    assert 'name="request_key"' not in page


def test_the_second_of_two_tabs_is_told(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    mug = reward("Mug", price=11, rules=Rules(per_person=1, per_year=1))
    browser, path = Browser(app, db, ana), f"/rewards/{mug.public_id}"
    assert "once, once in a year" in re.sub(r"\s+", " ", browser.get(path).text)
    first, second = (browser.post(path, path, request_key=str(uuid4()), price="11") for _tab in range(2))
    assert (first.status_code, second.status_code) == (303, 409)
    assert "as often as one person may" in second.text


def test_the_editor_sets_the_rules(app: Portal, db: Session, mia: Actor) -> None:
    desk, gold = Browser(app, db, mia), str(level(db, "Gold"))
    right = {"name": "Seat", "description": "An hour.", "art": "seat", "price": "10", "delivery": "By mail."}
    made = desk.post(
        "/admin/rewards/new", "/admin/rewards/new", **right, per_person="3", per_year="1", level=gold, seen_stock=""
    )
    found = db.scalars(select(Reward)).one()
    assert (found.per_person, found.per_year, str(level(db, "Gold"))) == (3, 1, gold)
    db.rollback()
    page = desk.get(made.location).text
    assert re.search(rf'<option selected value="{gold}">Gold and above', page)
    cleared = desk.post(made.location, made.location, **right, per_person="", per_year="", level="", seen_stock="")
    assert cleared.status_code == 303
    again = db.scalars(select(Reward)).one()
    assert (again.per_person, again.per_year, again.level_id) == (None, None, None)
    db.rollback()
    for wrong in ({"per_person": "0"}, {"per_year": "x"}, {"level": "gold"}, {"per_person": "1", "per_year": "2"}):
        answer = desk.post(made.location, made.location, **right, seen_stock="", **wrong)
        assert answer.status_code == 422, wrong

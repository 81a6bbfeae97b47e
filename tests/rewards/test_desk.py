"""The manager's screens of rewards: the catalogue's editor and the queue of what to send."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.people import people
from portal.rewards import redemption
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import RewardState, State
from portal.web.app import Portal
from tests.browsing import Browser
from tests.points.counting import cost
from tests.rewards.conftest import earn

Put = Callable[..., Reward]
Count = Callable[[Callable[[], object]], int]
RIGHT: dict[str, Any] = {
    "name": "Trail jacket",
    "description": "Recycled shell.",
    "art": "jacket",
    "price": "900",
    "stock": "3",
    "delivery": "By post.",
    "seen_stock": "",
}


@pytest.fixture
def desk(app: Portal, db: Session, mia: Actor) -> Browser:
    """Mia's browser."""
    return Browser(app, db, mia)


def redeemed(db: Session, reward: Reward, by: Actor) -> Redemption:
    """Redeem through the verb and commit."""
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def state_of(db: Session, claim: Redemption) -> State:
    """The state as stored."""
    db.rollback()
    return db.execute(select(Redemption.state).where(Redemption.id == claim.id)).scalar_one()


def test_a_reward_is_put_together_published_changed_and_archived(db: Session, desk: Browser) -> None:
    made = desk.post("/admin/rewards/new", "/admin/rewards/new", **RIGHT)
    assert made.status_code == 303
    path = made.location
    assert "Draft" in desk.get(path).text
    assert desk.post(f"{path}/publish", path).status_code == 303
    changed = desk.post(path, path, **{**RIGHT, "price": "950", "stock": "", "seen_stock": "3"})
    assert changed.status_code == 303
    reward = db.scalars(select(Reward)).one()
    assert (reward.price, reward.stock, reward.state) == (950, None, RewardState.ACTIVE)
    db.rollback()
    assert desk.post(f"{path}/archive", path).status_code == 303
    assert "Archived" in desk.get("/admin/rewards").text


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "\u202e"},
        {"price": "0"},
        {"price": "many"},
        {"stock": "-1"},
        {"art": "car"},
        {"seen_stock": "x"},
        {"state": "active"},
    ],
)
def test_what_cannot_be_keeps_what_was_typed(db: Session, desk: Browser, reward: Put, change: dict[str, str]) -> None:
    typed = {**RIGHT, "description": "A <b>bold</b> thing", **change}
    for path in ("/admin/rewards/new", f"/admin/rewards/{reward().public_id}"):
        answer = desk.post(path, path, **typed)
        assert answer.status_code == 422
        assert "A &lt;b&gt;bold&lt;/b&gt; thing" in answer.text


def test_stock_that_moved_meanwhile_is_a_conflict(db: Session, desk: Browser, ana: Actor, reward: Put) -> None:
    jacket = reward(price=100, stock=5)
    redeemed(db, jacket, ana)
    path = f"/admin/rewards/{jacket.public_id}"
    answer = desk.post(path, path, **{**RIGHT, "stock": "10", "seen_stock": "5"})
    assert answer.status_code == 409
    assert "The stock has changed since you looked." in answer.text


def test_the_editor_offers_to_look_at_the_stock_that_is_left(desk: Browser, reward: Put) -> None:
    page = desk.get(f"/admin/rewards/{reward(stock=5).public_id}").text
    assert re.search(r'name="seen_stock"[^>]*value="5"', page)


def test_empty_desks_say_what_to_do(desk: Browser) -> None:
    assert "No rewards yet" in desk.get("/admin/rewards").text
    assert "All sent" in desk.get("/admin/redemptions").text
    assert "Nothing has ended yet" in desk.get("/admin/redemptions?show=done").text


def test_the_queue_shows_whom_it_goes_to(db: Session, desk: Browser, ana: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(), ana)
    assert "Ana Mitchell" in desk.get("/admin/redemptions").text
    page = desk.get(f"/admin/redemptions/{claim.public_id}").text
    for words in ("ana@harbor.example", "We ask you for size and address by e-mail.", "Could not be delivered"):
        assert words in page


def test_the_oldest_is_open_beside_the_queue_at_once(
    db: Session, desk: Browser, ana: Actor, ben: Actor, reward: Put
) -> None:
    first, second = redeemed(db, reward(), ana), redeemed(db, reward(name="Mug"), ben)
    page = desk.get("/admin/redemptions").text
    assert f'action="/admin/redemptions/{first.public_id}/fulfil"' in page
    assert str(second.public_id) in page
    assert f"{second.public_id}/fulfil" not in page
    path = f"/admin/redemptions/{first.public_id}"
    assert desk.post(f"{path}/fulfil", path, note="Sent.").status_code == 303
    assert f'action="/admin/redemptions/{second.public_id}/fulfil"' in desk.get("/admin/redemptions").text
    assert f'action="{path}/refund"' in desk.get("/admin/redemptions?show=done").text


@pytest.mark.parametrize(
    ("verb", "note", "state"),
    [
        ("fulfil", "Sent with DHL.", State.FULFILLED),
        ("fail", "The shop has closed.", State.FAILED),
        ("cancel", "", State.CANCELLED),
        ("dispatch", "", State.DISPATCHING),
    ],
)
def test_each_decision(
    *, db: Session, desk: Browser, ana: Actor, reward: Put, verb: str, note: str, state: State
) -> None:
    claim = redeemed(db, reward(), ana)
    path = f"/admin/redemptions/{claim.public_id}"
    assert desk.post(f"{path}/{verb}", path, note=note).status_code == 303
    assert state_of(db, claim) is state
    assert desk.get(path).status_code == 200
    ended = desk.get("/admin/redemptions?show=done").text
    assert ("Ana Mitchell" in ended) is (state is not State.DISPATCHING)


def test_a_delivered_one_is_refunded(db: Session, desk: Browser, ana: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(), ana)
    path = f"/admin/redemptions/{claim.public_id}"
    desk.post(f"{path}/fulfil", path, note="Sent.")
    assert "Refund the points" in desk.get(path).text
    assert desk.post(f"{path}/refund", path, note="Broken.").status_code == 303
    assert state_of(db, claim) is State.REFUNDED


@pytest.mark.parametrize(("verb", "note"), [("fulfil", " "), ("fail", ""), ("fulfil", "x" * 501)])
def test_without_words_for_the_person_nothing_happens(
    *, db: Session, desk: Browser, ana: Actor, reward: Put, verb: str, note: str
) -> None:
    claim = redeemed(db, reward(), ana)
    path = f"/admin/redemptions/{claim.public_id}"
    answer = desk.post(f"{path}/{verb}", path, note=note)
    assert answer.status_code == 422
    assert "Please look at this again" in answer.text
    assert state_of(db, claim) is State.HELD
    assert desk.post(f"{path}/dispatch", path, note="x" * 501).status_code == 422


def test_a_stale_page_is_a_conflict_that_keeps_the_note(db: Session, desk: Browser, ana: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(), ana)
    path = f"/admin/redemptions/{claim.public_id}"
    redemption.cancel(db, claim.id, by=ana)
    db.commit()
    answer = desk.post(f"{path}/fulfil", path, note="Sent with DHL.")
    assert answer.status_code == 409


def test_ones_own_redemption_is_for_somebody_else(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(), ana)
    people.grant_role(db, claim.person_id, "manager", by=SYSTEM)
    db.commit()
    browser, path = Browser(app, db, ana), f"/admin/redemptions/{claim.public_id}"
    page = browser.get(path).text
    assert "This is your own redemption" in page
    assert browser.post(f"{path}/fulfil", path, note="Sent.").status_code == 403


def test_the_desk_is_the_managers(app: Portal, db: Session, desk: Browser, ana: Actor, reward: Put) -> None:
    jacket = reward()
    claim = redeemed(db, jacket, ana)
    browser = Browser(app, db, ana)
    assert browser.get("/admin/rewards").status_code == 403
    assert browser.get(f"/admin/rewards/{jacket.public_id}").status_code == 404
    assert browser.post(f"/admin/redemptions/{claim.public_id}/fulfil", "/rewards", note="x").status_code == 404
    for path in (f"/admin/rewards/{uuid4()}", f"/admin/redemptions/{uuid4()}"):
        assert desk.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/rewards", "/admin/redemptions", "/admin/redemptions?show=done"])
def test_lists_cost_the_same_for_one_row_and_for_fifty(
    *, db: Session, desk: Browser, ana: Actor, mia: Actor, reward: Put, count_queries: Count, path: str
) -> None:
    earn(db, ana, 10_000, subject="trial_call:1")

    def another() -> None:
        for end in (redemption.fulfil, None):
            claim = redeemed(db, reward("A mug", price=1), ana)
            if end is not None:
                end(db, claim.id, by=mia, note="Sent.")
                db.commit()

    another()
    one = cost(count_queries, lambda: desk.get(path))
    for _each in range(25):
        another()
    assert cost(count_queries, lambda: desk.get(path)) == one

"""The advocate's screens of rewards: what they return, what they refuse, what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.messages.kinds import KINDS
from portal.rewards import catalogue, redemption
from portal.rewards.models import Redemption, Reward
from portal.web.app import Portal
from tests.browsing import Browser
from tests.points.counting import cost
from tests.rewards.conftest import earn

Put = Callable[..., Reward]
Count = Callable[[Callable[[], object]], int]


def redeemed(db: Session, reward: Reward, by: Actor) -> Redemption:
    """Redeem through the verb and commit."""
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the redeem form."""
    fields = re.findall(r'name="(request_key|price)"[^>]*value="([^"]*)"', page)
    return dict(fields)


def count(db: Session) -> int:
    """How many redemptions there are."""
    db.rollback()
    return db.scalar(select(func.count()).select_from(Redemption)) or 0


def test_the_catalogue_says_what_can_be_had(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    reward("A mug", price=200, stock=2)
    reward("Trail jacket", price=1500)
    reward("A seat", price=300, stock=0)
    reward("Still a draft", price=1, publish=False)
    page = Browser(app, db, ana).get("/rewards").text
    for words in ("You have 1,240 points.", "A mug", "2 left", "260 to go", "Gone for now"):
        assert words in page
    assert "Still a draft" not in page


def test_only_what_i_can_afford(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    reward("A mug", price=200)
    reward("Trail jacket", price=1500)
    page = Browser(app, db, ana).get("/rewards?show=affordable").text
    assert "A mug" in page
    assert "Trail jacket" not in page


def test_empty_screens_say_what_to_do(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    browser = Browser(app, db, ana)
    assert "No rewards yet" in browser.get("/rewards").text
    assert "No orders yet" in browser.get("/redemptions").text
    reward(price=5000)
    assert "Nothing for your points yet" in browser.get("/rewards?show=affordable").text


def test_a_reward_says_its_cost_what_is_left_and_how_it_arrives(
    app: Portal, db: Session, ana: Actor, reward: Put
) -> None:
    jacket = reward(price=900)
    page = Browser(app, db, ana).get(f"/rewards/{jacket.public_id}").text
    for words in ("Redeem for 900 points", "340", "We ask you for size and address by e-mail."):
        assert words in page


@pytest.mark.parametrize(("offer", "words"), [({"price": 1500}, "260 to go."), ({"stock": 0}, "Gone for now.")])
def test_what_cannot_be_had_says_why_and_has_no_button(
    *, app: Portal, db: Session, ana: Actor, reward: Put, offer: dict[str, int], words: str
) -> None:
    page = Browser(app, db, ana).get(f"/rewards/{reward(**offer).public_id}").text
    assert words in page
    assert 'name="request_key"' not in page


def test_redeeming_leads_to_the_order(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=2)
    browser, path = Browser(app, db, ana), f"/rewards/{jacket.public_id}"
    fields = form_of(browser.get(path).text)
    first, second = (browser.post(path, path, **fields) for _click in range(2))
    assert (first.status_code, first.location) == (303, second.location)
    assert count(db) == 1
    page = browser.get(first.location).text
    for words in ("900 points held", "Cancel this order", "Trail jacket", "are held"):
        assert words in page
    assert "900 points held" in browser.get("/rewards").text
    assert "900 points held" in browser.get("/redemptions").text
    statement = browser.get("/points").text
    assert first.location in statement
    assert "Trail jacket" in statement


@pytest.mark.parametrize(
    "change", [{"request_key": "x"}, {"price": "9e9"}, {"price": ""}, {"request_key": ""}, {"points": "1"}]
)
def test_a_form_that_is_not_ours_changes_nothing(
    app: Portal, db: Session, ana: Actor, reward: Put, change: dict[str, str]
) -> None:
    jacket = reward(price=900)
    browser, path = Browser(app, db, ana), f"/rewards/{jacket.public_id}"
    fields = {**form_of(browser.get(path).text), **change}
    answer = browser.post(path, path, **fields)
    assert answer.status_code == 409
    assert "out of date" in answer.text
    assert count(db) == 0


def test_a_changed_price_is_shown_before_it_is_paid(
    app: Portal, db: Session, ana: Actor, mia: Actor, reward: Put
) -> None:
    jacket = reward(price=900)
    browser, path = Browser(app, db, ana), f"/rewards/{jacket.public_id}"
    fields = form_of(browser.get(path).text)
    words = {name: getattr(jacket, name) for name in ("name", "description", "art", "delivery")}
    catalogue.change(db, jacket.id, by=mia, price=950, stock=None, **words)
    db.commit()
    answer = browser.post(path, path, **fields)
    assert answer.status_code == 409
    assert "The price has changed to 950 points" in answer.text
    assert form_of(answer.text)["price"] == "950"
    assert count(db) == 0


def test_the_last_one_gone_meanwhile(app: Portal, db: Session, ana: Actor, ben: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=1)
    browser, path = Browser(app, db, ana), f"/rewards/{jacket.public_id}"
    fields = form_of(browser.get(path).text)
    redeemed(db, jacket, ben)
    answer = browser.post(path, path, **fields)
    assert answer.status_code == 409
    assert "Your points are untouched." in answer.text


def test_an_order_is_cancelled_by_one_click(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(price=900, stock=1), ana)
    browser, path = Browser(app, db, ana), f"/redemptions/{claim.public_id}"
    assert browser.post(f"{path}/cancel", path).status_code == 303
    page = browser.get(path).text
    assert "Your 900 points are back." in page
    assert "Cancel this order" not in page


def test_each_end_of_an_order_is_told(app: Portal, db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    mug = reward("A mug", price=100)
    delivered, failed, refunded, sent = (redeemed(db, mug, ana) for _each in range(4))
    redemption.fulfil(db, delivered.id, by=mia, note="Sent with DHL.")
    redemption.fail(db, failed.id, by=mia, note="The shop has closed.")
    redemption.fulfil(db, refunded.id, by=mia, note="Sent.")
    redemption.refund(db, refunded.id, by=mia, reason="It came <b>broken</b>.")
    redemption.dispatch(db, sent.id, by=mia)
    db.commit()
    browser = Browser(app, db, ana)
    for claim, words in (
        (delivered, ("Sent with DHL.", "are spent")),
        (failed, ("It could not be sent. Your 100 points are back.", "The shop has closed.")),
        (refunded, ("Refunded. Your 100 points are back.", "It came &lt;b&gt;broken&lt;/b&gt;.")),
        (sent, ("On its way",)),
    ):
        page = browser.get(f"/redemptions/{claim.public_id}").text
        for each in words:
            assert each in page


def test_what_is_anothers_or_nowhere_looks_the_same(
    app: Portal, db: Session, ana: Actor, ben: Actor, reward: Put
) -> None:
    claim = redeemed(db, reward(), ana)
    draft = reward("Still a draft", publish=False)
    browser = Browser(app, db, ben)
    for path in (f"/redemptions/{claim.public_id}", f"/redemptions/{uuid4()}", f"/rewards/{draft.public_id}"):
        assert browser.get(path).status_code == 404
    for path in (f"/redemptions/{claim.public_id}/cancel", f"/redemptions/{uuid4()}/cancel", f"/rewards/{uuid4()}"):
        assert browser.post(path, "/rewards").status_code == 404


@pytest.mark.parametrize("path", ["/rewards", "/redemptions"])
def test_rewards_are_the_advocates(app: Portal, db: Session, mia: Actor, path: str) -> None:
    assert Browser(app, db, mia).get(path).status_code == 403


def test_a_long_catalogue_comes_in_pages(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    for number in range(30):
        reward(f"Reward no. {number:02}", price=100 + number // 3)
    browser = Browser(app, db, ana)
    first = browser.get("/rewards").text
    following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)
    assert following
    second = browser.get(following[1].replace("&amp;", "&")).text
    names = [re.findall(r"Reward no\. \d\d", page) for page in (first, second)]
    assert len(names[0]) == 24
    assert sorted({*names[0], *names[1]}) == [f"Reward no. {number:02}" for number in range(30)]


@pytest.mark.parametrize("path", ["/rewards", "/redemptions"])
def test_lists_cost_the_same_for_one_row_and_for_fifty(
    *, app: Portal, db: Session, ana: Actor, reward: Put, count_queries: Count, path: str
) -> None:
    earn(db, ana, 10_000, subject="trial_call:1")
    browser = Browser(app, db, ana)
    redeemed(db, reward("A mug", price=1), ana)
    one = cost(count_queries, lambda: browser.get(path))
    for number in range(25):
        redeemed(db, reward(f"Mug no. {number}", price=1), ana)
    assert cost(count_queries, lambda: browser.get(path)) == one


WORDS = (
    "ordered",
    "approved",
    "not_approved",
    "delivered",
    "failed",
    "cancelled",
    "refunded",
    "to_fulfil",
    "to_approve",
)


@pytest.mark.parametrize("kind", [*WORDS, "to_approve", "code_again"])
def test_the_words_of_the_messages(app: Portal, kind: str) -> None:
    data = {"reward": "Trail jacket", "points": 900, "note": "By post.", "delivery": "By post."}
    with app.test_request_context():
        known = KINDS[f"rewards.{kind}"]
        assert "Trail jacket" in known.subject(data)
        assert known.body(data)
        assert known.action(data)
        assert ("900 points" in dict(known.facts(data)).values()) is True
        assert kind != "cancelled" or known.body({**data, "note": ""}) == []

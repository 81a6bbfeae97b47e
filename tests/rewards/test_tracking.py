"""Where an order stands: who acts next and until when; and the desk's list of what is to be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Invalid
from portal.rewards import approval, catalogue, redemption
from portal.rewards.catalogue import Rules
from portal.rewards.models import Redemption, Reward
from portal.web.app import Portal
from tests.browsing import Browser

Put = Callable[..., Reward]


def redeemed(db: Session, reward: Reward, by: Actor) -> Redemption:
    """Redeem through the verb and commit."""
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def late(db: Session, claim: Redemption) -> None:
    """Let the promised day pass."""
    db.execute(text("UPDATE redemption SET due_at = now() - interval '1 day' WHERE id = :id"), {"id": claim.id})
    db.commit()


def test_an_order_is_promised_within_the_days_of_its_reward(db: Session, ana: Actor, reward: Put) -> None:
    quick, slow = reward(price=1, rules=Rules(days=2)), reward("Mug", price=1)
    first, second = redeemed(db, quick, ana), redeemed(db, slow, ana)
    assert first.due_at - first.created_at == timedelta(days=2)
    assert second.due_at - second.created_at == timedelta(days=14)


def test_the_days_count_from_an_approval(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(price=1, rules=Rules(days=3, approval=True)), ana)
    approval.approve(db, claim.id, by=mia)
    assert claim.due_at - now(db) == timedelta(days=3)
    db.commit()


@pytest.mark.parametrize("days", [0, 366])
def test_days_that_cannot_be(db: Session, reward: Put, days: int) -> None:
    with pytest.raises(Invalid, match="from 1 to 365"):
        reward(rules=Rules(days=days))
    db.rollback()
    reward()
    with pytest.raises(DBAPIError, match="ck_reward_days"):
        db.execute(text("UPDATE reward SET days = :days"), {"days": days})
    db.rollback()


def test_a_new_promise_is_for_new_orders(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    mug = reward(price=1)
    claim = redeemed(db, mug, ana)
    words: dict[str, Any] = {name: getattr(mug, name) for name in ("name", "description", "art", "delivery", "price")}
    catalogue.change(db, mug.id, by=mia, stock=None, rules=Rules(days=100), **words)
    db.commit()
    kept = db.get_one(Redemption, claim.id)
    assert kept.due_at - kept.created_at == timedelta(days=14)


def test_the_advocate_reads_who_acts_next(app: Portal, db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    plain, asking = redeemed(db, reward(price=1), ana), redeemed(db, reward(price=1, rules=Rules(approval=True)), ana)
    browser = Browser(app, db, ana)

    def page(claim: Redemption) -> str:
        return re.sub(r"\s+", " ", browser.get(f"/redemptions/{claim.public_id}").text)

    assert "The program team sends it. Expected by" in page(plain)
    assert "The program team looks at it." in page(asking)
    approval.approve(db, asking.id, by=mia)
    db.commit()
    assert "Approved" in page(asking)
    assert "Expected by" in page(asking)
    late(db, plain)
    assert "it is marked as overdue at their desk" in page(plain)
    redemption.fulfil(db, plain.id, by=mia, note="Sent.")
    db.commit()
    assert "Next:" not in page(plain)


def test_the_desk_marks_what_is_overdue(
    app: Portal, db: Session, ana: Actor, ben: Actor, mia: Actor, reward: Put
) -> None:
    mug = reward(price=1)
    first, second = redeemed(db, mug, ana), redeemed(db, mug, ben)
    late(db, second)
    desk = Browser(app, db, mia)
    page = desk.get("/admin/redemptions").text
    assert page.index("Ana Mitchell") < page.index("Ben Okoro"), "the oldest first"
    assert len(re.findall(r'class="meta late"', page)) == 1
    narrowed = desk.get("/admin/redemptions?show=late").text
    assert ("Ben Okoro" in narrowed, "Ana Mitchell" in narrowed) == (True, False)
    assert "Overdue" in desk.get(f"/admin/redemptions/{second.public_id}").text
    redemption.fulfil(db, second.id, by=mia, note="Sent.")
    db.commit()
    assert "Nothing is overdue" in desk.get("/admin/redemptions?show=late").text
    assert first.due_at > first.created_at


def test_one_click_sends_it_as_promised(app: Portal, db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    claim = redeemed(db, reward(price=1), ana)
    desk, path = Browser(app, db, mia), f"/admin/redemptions/{claim.public_id}"
    note = re.search(r'name="note" value="([^"]+)"', desk.get(path).text)
    assert note
    assert desk.post(f"{path}/fulfil", path, note=note[1]).status_code == 303
    words = "It is on its way as promised: We ask you for size and address by e-mail."
    assert words in Browser(app, db, ana).get(f"/redemptions/{claim.public_id}").text

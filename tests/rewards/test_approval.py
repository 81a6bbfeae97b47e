"""Rewards that a manager approves first: points and stock wait with them, and nobody approves their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor, AuditEntry
from portal.database.refusal import Conflict, Invalid, NotAllowed
from portal.messages.models import Message
from portal.people import people
from portal.points import balance
from portal.rewards import approval, catalogue, redemption
from portal.rewards.catalogue import Rules
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import State
from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import joins

Put = Callable[..., Reward]
ASKING = Rules(approval=True)


@pytest.fixture
def claim(db: Session, ana: Actor, mia: Actor, reward: Put) -> Redemption:
    """Ana's redemption of one of two jackets, which waits for an approval."""
    made = redemption.redeem(db, reward(price=900, stock=2, rules=ASKING).id, by=ana, request_key=uuid4())
    db.commit()
    return made


def stands(db: Session, claim: Redemption) -> tuple[State, int, int, int | None]:
    """State, points to spend, points held, and what is left of the reward."""
    db.rollback()
    own = balance.of(db, claim.person_id)
    row = db.execute(
        select(Redemption.state, Reward.stock)
        .join(Reward, Reward.id == Redemption.reward_id)
        .where(Redemption.id == claim.id)
    ).one()
    return row.state, own.available, own.held, row.stock


def told(db: Session, person_id: int | None) -> list[str]:
    """The kinds of messages about rewards that somebody got."""
    kinds = select(Message.kind).where(Message.person_id == person_id, Message.kind.like("rewards.%"))
    return list(db.scalars(kinds.order_by(Message.id)))


def test_it_waits_with_points_and_stock_held(db: Session, claim: Redemption, mia: Actor) -> None:
    assert stands(db, claim) == (State.AWAITING_APPROVAL, 340, 900, 1)
    assert told(db, mia.person_id) == ["rewards.to_approve"]
    assert told(db, claim.person_id) == ["rewards.ordered"]


def test_approved_it_goes_its_way_once(db: Session, claim: Redemption, mia: Actor) -> None:
    for _twice in range(2):
        approval.approve(db, claim.id, by=mia)
        db.commit()
    assert stands(db, claim) == (State.DISPATCHING, 340, 900, 1)
    assert told(db, mia.person_id) == ["rewards.to_approve", "rewards.to_fulfil"]
    assert told(db, claim.person_id) == ["rewards.ordered", "rewards.approved"]
    asked = db.scalars(select(Message).where(Message.kind == "rewards.to_approve")).one()
    assert asked.read_at is not None, "nobody needs to look at it any more"
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    db.commit()
    assert stands(db, claim) == (State.FULFILLED, 340, 0, 1)
    noted = db.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"redemption:{claim.id}")).all()
    assert [action.partition(".")[2] for action in noted] == ["held", "awaiting_approval", "dispatching", "fulfilled"]


def test_a_no_gives_both_back_and_says_why(db: Session, claim: Redemption, mia: Actor) -> None:
    with pytest.raises(Invalid, match="Please say why"):
        approval.decline(db, claim.id, by=mia, reason=" ")
    for _twice in range(2):
        approval.decline(db, claim.id, by=mia, reason="It is for users of the app.")
        db.commit()
    assert stands(db, claim) == (State.CANCELLED, 1240, 0, 2)
    assert told(db, claim.person_id) == ["rewards.ordered", "rewards.not_approved"]
    assert db.get_one(Redemption, claim.id).declined


def test_the_person_may_take_it_back_meanwhile(db: Session, claim: Redemption, ana: Actor, mia: Actor) -> None:
    redemption.cancel(db, claim.id, by=ana)
    db.commit()
    assert stands(db, claim) == (State.CANCELLED, 1240, 0, 2)
    assert not db.get_one(Redemption, claim.id).declined
    for verb in (approval.approve, lambda s, key, by: approval.decline(s, key, by=by, reason="No.")):
        with pytest.raises(Conflict, match="moved on"):
            verb(db, claim.id, by=mia)
        db.rollback()


def test_nothing_is_sent_before_it_is_approved(db: Session, claim: Redemption, mia: Actor) -> None:
    for verb in (
        lambda: redemption.dispatch(db, claim.id, by=mia),
        lambda: redemption.fulfil(db, claim.id, by=mia, note="Sent."),
        lambda: redemption.fail(db, claim.id, by=mia, note="Lost."),
        lambda: redemption.cancel(db, claim.id, by=mia, note="No."),
    ):
        with pytest.raises(Conflict, match="waits for an approval"):
            verb()
        db.rollback()
    assert stands(db, claim) == (State.AWAITING_APPROVAL, 340, 900, 1)


def test_nobody_approves_their_own(db: Session, app: Portal, claim: Redemption, ana: Actor) -> None:
    people.grant_role(db, claim.person_id, "manager", by=SYSTEM)
    db.commit()
    both = Actor(ana.person_id, frozenset({"advocate", "manager"}))
    for by in (both, ana, Actor(None, frozenset({"manager"}))):
        with pytest.raises(NotAllowed):
            approval.approve(db, claim.id, by=by)
        with pytest.raises((NotAllowed, Invalid)):
            approval.decline(db, claim.id, by=by, reason="")
        db.rollback()
    browser, path = Browser(app, db, both), f"/admin/redemptions/{claim.public_id}"
    assert "This is your own redemption" in browser.get(path).text
    assert browser.post(f"{path}/approve", path, note="").status_code == 403
    assert stands(db, claim)[0] is State.AWAITING_APPROVAL


def test_who_wants_it_is_not_asked_to_approve_it(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    people.grant_role(db, ana.person_id or 0, "manager", by=SYSTEM)
    redemption.redeem(db, reward(price=10, rules=ASKING).id, by=ana, request_key=uuid4())
    db.commit()
    assert told(db, ana.person_id) == ["rewards.ordered"]
    assert told(db, mia.person_id) == ["rewards.to_approve"]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'dispatching'", "ck_redemption_approved"),
        ("approved_at = now()", "ck_redemption_approved"),
        ("approved_by = person_id, approved_at = now(), state = 'dispatching'", "ck_redemption_approved_by_another"),
        ("state = 'cancelled', decided_at = now()", "ck_redemption_declined"),
        ("needs_approval = false", "stays as it was"),
    ],
)
def test_the_database_holds_it_too(db: Session, claim: Redemption, change: str, constraint: str) -> None:
    with pytest.raises(DBAPIError, match=constraint):
        db.execute(text(f"UPDATE redemption SET {change}"))
    db.rollback()


def test_an_approval_stays(db: Session, claim: Redemption, mia: Actor) -> None:
    approval.approve(db, claim.id, by=mia)
    db.commit()
    other = joins(db, "Max Berg", "manager")
    with pytest.raises(DBAPIError, match="stays as it was"):
        db.execute(text("UPDATE redemption SET approved_by = :other"), {"other": other.person_id})
    db.rollback()


def test_whether_it_is_asked_for_comes_from_the_reward(db: Session, claim: Redemption, mia: Actor) -> None:
    words = {name: getattr(db.get_one(Reward, claim.reward_id), name) for name in ("name", "description", "art")}
    catalogue.change(
        db, claim.reward_id, by=mia, price=900, stock=1, seen_stock=1, delivery="By post.", rules=Rules(), **words
    )
    db.commit()
    assert stands(db, claim)[0] is State.AWAITING_APPROVAL, "it was promised so"
    copied = "name, delivery, price, took_stock, hold_id, state, reward_id, person_id, request_key"
    with pytest.raises(DBAPIError, match="ck_redemption_approved"):
        db.execute(
            text(
                f"INSERT INTO redemption ({copied}, needs_approval) SELECT name, delivery, price, took_stock, -1,"
                " 'awaiting_approval', reward_id, person_id, gen_random_uuid(), true FROM redemption"
            )
        )
    db.rollback()


def test_the_desk_approves_and_refuses(app: Portal, db: Session, claim: Redemption, mia: Actor) -> None:
    desk, path = Browser(app, db, mia), f"/admin/redemptions/{claim.public_id}"
    page = desk.get("/admin/redemptions").text
    assert f'action="{path}/approve"' in page
    assert "/fulfil" not in page
    assert re.search(r'href="/admin/redemptions"[^>]*>.*?<span class="count">1', page, re.DOTALL), "counted in the bar"
    assert "Ana Mitchell" in desk.get("/admin/redemptions?show=approve").text
    assert "Ana Mitchell" not in desk.get("/admin/redemptions?show=send").text
    answer = desk.post(f"{path}/decline", path, note="")
    assert answer.status_code == 422
    assert "The person will read it." in answer.text
    assert desk.post(f"{path}/approve", path, note="").status_code == 303
    assert f'action="{path}/fulfil"' in desk.get(path).text
    assert desk.post(f"{path}/decline", path, note="Too late.").status_code == 409
    assert "Ana Mitchell" in desk.get("/admin/redemptions?show=send").text


def test_the_page_says_that_somebody_looks_at_it_first(app: Portal, db: Session, ana: Actor, reward: Put) -> None:
    page = Browser(app, db, ana).get(f"/rewards/{reward(price=10, rules=ASKING).public_id}").text
    assert "The program team looks at it first." in page


def test_the_advocate_sees_where_it_stands(app: Portal, db: Session, claim: Redemption, ana: Actor, mia: Actor) -> None:
    browser, path = Browser(app, db, ana), f"/redemptions/{claim.public_id}"
    for words in ("Waiting for approval", "900 points held until the program team has looked at it", "Cancel this"):
        assert words in browser.get(path).text
    approval.decline(db, claim.id, by=mia, reason="It is <b>not</b> for you.")
    db.commit()
    page = browser.get(path).text
    for words in ("Not approved", "Your 900 points are back.", "It is &lt;b&gt;not&lt;/b&gt; for you."):
        assert words in page

"""Redemption: points and stock move together, once, and come back when nothing is delivered (trust.md, Redemption)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor, AuditEntry
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.messages.models import Message
from portal.people import people
from portal.people.states import AdvocateStatus
from portal.points import balance
from portal.points.balance import Balance
from portal.rewards import catalogue, redemption
from portal.rewards.models import Redemption, RedemptionEvent, Reward
from portal.rewards.states import TRANSITIONS, State

Put = Callable[..., Reward]


def redeem(db: Session, reward: Reward, by: Actor) -> Redemption:
    """Redeem and commit."""
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4(), seen_price=reward.price)
    db.commit()
    return claim


def balance_of(db: Session, actor: Actor) -> Balance:
    """The balance as stored."""
    assert actor.person_id is not None
    return balance.of(db, actor.person_id)


def left(db: Session, reward: Reward) -> int | None:
    """The stock as stored."""
    return db.execute(select(Reward.stock).where(Reward.id == reward.id)).scalar_one()


def phases(db: Session, claim: Redemption) -> list[str]:
    """What the ledger did for a redemption."""
    cause = f"redemption:{claim.id}"
    rows = db.execute(
        text("SELECT kind || ' ' || phase FROM transfer WHERE cause = :cause ORDER BY id"), {"cause": cause}
    )
    return list(rows.scalars())


def told(db: Session, actor: Actor) -> list[str]:
    """The kinds of message that somebody got about rewards."""
    mine = select(Message.kind).where(Message.person_id == actor.person_id, Message.kind.like("rewards.%"))
    return list(db.scalars(mine.order_by(Message.id)))


def history(db: Session, claim: Redemption) -> list[str]:
    """The steps of a redemption."""
    steps = select(RedemptionEvent.state).where(RedemptionEvent.redemption_id == claim.id)
    return [state.value for state in db.scalars(steps.order_by(RedemptionEvent.id))]


def test_redeeming_holds_the_price_and_takes_one_piece(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    assert balance_of(db, ana) == Balance(available=340, held=900, lifetime=1240)
    assert (left(db, jacket), claim.state, phases(db, claim)) == (1, State.HELD, ["redemption hold"])
    assert told(db, ana) == ["rewards.ordered"]
    assert told(db, mia) == ["rewards.to_fulfil"]


def test_a_second_click_is_the_first(db: Session, ana: Actor, reward: Put) -> None:
    jacket, key = reward(price=500, stock=2), uuid4()
    first = redemption.redeem(db, jacket.id, by=ana, request_key=key)
    assert redemption.redeem(db, jacket.id, by=ana, request_key=key).id == first.id
    db.commit()
    assert redemption.redeem(db, jacket.id, by=ana, request_key=key).id == first.id
    assert (balance_of(db, ana).held, left(db, jacket)) == (500, 1)


def test_a_form_of_one_reward_is_not_used_for_another(db: Session, ana: Actor, reward: Put) -> None:
    key = uuid4()
    redemption.redeem(db, reward(price=100).id, by=ana, request_key=key)
    with pytest.raises(Conflict):
        redemption.redeem(db, reward("A mug", price=100).id, by=ana, request_key=key)


def test_two_people_may_have_the_same_key(db: Session, ana: Actor, ben: Actor, reward: Put) -> None:
    key, jacket = uuid4(), reward(price=100)
    first = redemption.redeem(db, jacket.id, by=ana, request_key=key)
    assert redemption.redeem(db, jacket.id, by=ben, request_key=key).id != first.id


def test_out_of_stock_takes_nothing(db: Session, ana: Actor, ben: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=1)
    redeem(db, jacket, ana)
    with pytest.raises(LimitReached):
        redeem(db, jacket, ben)
    db.rollback()
    assert balance_of(db, ben) == Balance(available=1000, held=0, lifetime=1000)


def test_without_the_points_nothing_is_taken(db: Session, ana: Actor, reward: Put) -> None:
    jacket = reward(price=1500, stock=1)
    with pytest.raises(LimitReached, match="260 points to go"):
        redeem(db, jacket, ana)
    db.rollback()
    assert left(db, jacket) == 1


@pytest.mark.parametrize("move", [None, catalogue.archive])
def test_only_what_is_in_the_catalogue_is_redeemed(
    db: Session, ana: Actor, mia: Actor, reward: Put, move: Callable[..., Reward] | None
) -> None:
    jacket = reward(publish=False)
    if move is not None:
        move(db, jacket.id, by=mia)
    with pytest.raises(NotFound):
        redeem(db, jacket, ana)


def test_a_price_that_changed_meanwhile_is_not_taken(db: Session, ana: Actor, reward: Put) -> None:
    jacket = reward(price=900)
    with pytest.raises(Conflict, match="900"):
        redemption.redeem(db, jacket.id, by=ana, request_key=uuid4(), seen_price=800)


def test_only_advocates_of_the_program_redeem(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    jacket = reward()
    for actor in (mia, SYSTEM):
        with pytest.raises(NotAllowed):
            redeem(db, jacket, actor)
    assert ana.person_id is not None
    people.move_advocate(db, ana.person_id, AdvocateStatus.LEFT, by=mia)
    with pytest.raises(NotAllowed):
        redeem(db, jacket, ana)


def test_what_is_fulfilled_is_spent(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    for _again in range(2):
        redemption.fulfil(db, claim.id, by=mia, note="Sent with DHL on Friday.")
        db.commit()
    assert balance_of(db, ana) == Balance(available=340, held=0, lifetime=1240)
    assert (claim.state, claim.decided_by, left(db, jacket)) == (State.FULFILLED, mia.person_id, 1)
    assert phases(db, claim) == ["redemption hold", "redemption post"]
    assert history(db, claim) == ["held", "dispatching", "fulfilled"]
    assert told(db, ana) == ["rewards.ordered", "rewards.delivered"]


def test_what_could_not_be_delivered_comes_back(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    for _again in range(2):
        redemption.fail(db, claim.id, by=mia, note="The shop has closed.")
        db.commit()
    assert balance_of(db, ana) == Balance(available=1240, held=0, lifetime=1240)
    assert (claim.state, left(db, jacket)) == (State.FAILED, 2)
    assert told(db, ana) == ["rewards.ordered", "rewards.failed"]


@pytest.mark.parametrize("who", ["ana", "mia"])
def test_what_was_not_sent_can_be_cancelled(db: Session, ana: Actor, mia: Actor, reward: Put, who: str) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    for _again in range(2):
        redemption.cancel(db, claim.id, by={"ana": ana, "mia": mia}[who])
        db.commit()
    assert balance_of(db, ana) == Balance(available=1240, held=0, lifetime=1240)
    assert (claim.state, left(db, jacket), phases(db, claim)[-1]) == (State.CANCELLED, 2, "redemption void")
    assert ("rewards.cancelled" in told(db, ana)) is (who == "mia")


def test_what_is_under_way_cannot_be_cancelled(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    claim = redeem(db, reward(), ana)
    for _again in range(2):
        redemption.dispatch(db, claim.id, by=mia)
        db.commit()
    with pytest.raises(Conflict):
        redemption.cancel(db, claim.id, by=ana)
    db.rollback()
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    db.commit()
    assert history(db, claim) == ["held", "dispatching", "fulfilled"]


def test_a_strangers_redemption_is_not_there(db: Session, ana: Actor, ben: Actor, mia: Actor, reward: Put) -> None:
    claim = redeem(db, reward(), ana)
    with pytest.raises(NotFound):
        redemption.cancel(db, claim.id, by=ben)
    with pytest.raises(NotFound):
        redemption.fulfil(db, 999_999, by=mia, note="Sent.")


def test_a_delivered_reward_is_refunded_once_and_the_stock_stays(
    db: Session, ana: Actor, mia: Actor, reward: Put
) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    with pytest.raises(Conflict):
        redemption.refund(db, claim.id, by=mia, reason="Too early")
    db.rollback()
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    for _again in range(2):
        redemption.refund(db, claim.id, by=mia, reason="It arrived broken.")
        db.commit()
    assert balance_of(db, ana) == Balance(available=1240, held=0, lifetime=1240)
    assert (claim.state, left(db, jacket)) == (State.REFUNDED, 1)
    assert phases(db, claim) == ["redemption hold", "redemption post", "refund single"]
    assert told(db, ana)[-1] == "rewards.refunded"


@pytest.mark.parametrize("verb", [redemption.fulfil, redemption.fail, redemption.refund])
def test_the_desk_decides_and_never_on_its_own(
    db: Session, ana: Actor, mia: Actor, reward: Put, verb: Callable[..., Redemption]
) -> None:
    claim = redeem(db, reward(price=100), ana)
    words = {"reason": "x"} if verb is redemption.refund else {"note": "x"}
    for actor in (ana, Actor(ana.person_id, frozenset({"advocate", "manager"}))):
        with pytest.raises(NotAllowed):
            verb(db, claim.id, by=actor, **words)


@pytest.mark.parametrize("note", ["", "   ", "x" * 501])
def test_the_person_is_told_why_in_five_hundred_characters(
    db: Session, ana: Actor, mia: Actor, reward: Put, note: str
) -> None:
    claim = redeem(db, reward(), ana)
    for verb in (redemption.fulfil, redemption.fail):
        with pytest.raises(Invalid):
            verb(db, claim.id, by=mia, note=note)
    db.rollback()
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    with pytest.raises(Invalid):
        redemption.refund(db, claim.id, by=mia, reason=note)


def test_what_has_ended_does_not_move_on(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    cancelled, failed = redeem(db, reward(price=100), ana), redeem(db, reward(price=100), ana)
    redemption.cancel(db, cancelled.id, by=ana)
    redemption.fail(db, failed.id, by=mia, note="Sold out.")
    db.commit()
    with pytest.raises(Conflict):
        redemption.fulfil(db, cancelled.id, by=mia, note="Sent.")
    db.rollback()
    with pytest.raises(Conflict):
        redemption.cancel(db, failed.id, by=ana)


def test_an_unlimited_reward_that_was_limited_meanwhile_gets_nothing_back(
    db: Session, ana: Actor, mia: Actor, reward: Put
) -> None:
    jacket = reward(price=100)
    claim = redeem(db, jacket, ana)
    change(db, jacket, mia, stock=3, seen_stock=None)
    redemption.cancel(db, claim.id, by=ana)
    db.commit()
    assert left(db, jacket) == 3


def test_a_limited_reward_that_has_no_end_now_gets_nothing_back(
    db: Session, ana: Actor, mia: Actor, reward: Put
) -> None:
    jacket = reward(price=100, stock=3)
    claim = redeem(db, jacket, ana)
    change(db, jacket, mia, stock=None, seen_stock=2)
    redemption.cancel(db, claim.id, by=ana)
    db.commit()
    assert left(db, jacket) is None


def test_a_change_leaves_what_was_redeemed(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    jacket = reward(price=900, stock=2)
    claim = redeem(db, jacket, ana)
    change(db, jacket, mia, name="Wind breaker", price=50, stock=10, seen_stock=1)
    db.refresh(claim)
    assert (claim.name, claim.price, left(db, jacket)) == ("Trail jacket", 900, 10)
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    db.commit()
    assert balance_of(db, ana).available == 340


def test_each_step_leaves_a_line_in_the_audit(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    claim = redeem(db, reward(), ana)
    redemption.fulfil(db, claim.id, by=mia, note="Sent.")
    redemption.refund(db, claim.id, by=mia, reason="Broken.")
    db.commit()
    lines = select(AuditEntry.action, AuditEntry.actor_id).where(AuditEntry.subject == f"redemption:{claim.id}")
    assert [tuple(line) for line in db.execute(lines.order_by(AuditEntry.id))] == [
        ("redemption.held", ana.person_id),
        ("redemption.dispatching", mia.person_id),
        ("redemption.fulfilled", mia.person_id),
        ("redemption.refunded", mia.person_id),
    ]


def test_every_state_says_where_it_leads_and_how_it_is_called() -> None:
    assert set(TRANSITIONS) == set(State)
    for state in State:
        assert state.tone
        assert state.icon


def change(db: Session, reward: Reward, by: Actor, *, stock: int | None, seen_stock: int | None, **new: object) -> None:
    """Change a reward and commit; what is not named stays."""
    values = {name: getattr(reward, name) for name in ("name", "description", "art", "price", "delivery")}
    catalogue.change(db, reward.id, by=by, stock=stock, seen_stock=seen_stock, **{**values, **new})  # type: ignore[arg-type]
    db.commit()

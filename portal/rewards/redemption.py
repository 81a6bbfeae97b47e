"""The verbs on redemptions: points and stock move with the state, in one transaction (trust.md, Redemption).

Locks are taken in one order: person, reward, redemption; the ledger comes last.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _ln
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, LimitReached, NotAllowed, NotFound, explain
from portal.people import people
from portal.people.models import Person
from portal.people.states import IN_PROGRAM, MANAGERS, Role
from portal.points import balance, ledger
from portal.rewards import approval, moving
from portal.rewards.catalogue import lock_reward
from portal.rewards.fulfilment import WAYS
from portal.rewards.limits import check_day, check_level, check_turns
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import RewardState, State, Way

_SOLD_OUT: Final = _l("Gone for now: somebody took the last one. Your points are untouched.")

explain("ck_reward_stock", _SOLD_OUT)


def redeem(
    session: Session, reward_id: int, *, by: Actor, request_key: UUID, seen_price: int | None = None
) -> Redemption:
    """Claim a reward: hold its price and take one from the stock, both or neither.

    `request_key` belongs to one showing of the form: sent twice it gives the first redemption. `seen_price` is what the
    person agreed to. Refuses `NotAllowed` for all but advocates of the program, `NotFound` for what is not in the
    catalogue, `Conflict` where the price has changed, `LimitReached` without stock or points, below the reward's level
    and beyond what it or a day allows (limits.py); then nothing is taken.
    """
    person = _redeemer(session, by)
    earlier = session.scalar(
        select(Redemption).where(Redemption.person_id == person.id, Redemption.request_key == request_key)
    )
    if earlier is not None:
        if earlier.reward_id != reward_id:
            raise Conflict(_l("This form was already used for another reward. Open the reward again."))
        return earlier
    reward = lock_reward(session, reward_id)
    _check_offer(session, reward, person.id, seen_price)
    if reward.stock is not None:
        moving.take_stock(session, reward.id, 1)
    redemption = _claim(session, reward, person.id, request_key, by)
    if redemption.needs_approval:
        approval.ask(session, redemption, by=by)
    else:
        WAYS[reward.fulfilment].begin(session, redemption)
    more = {"approval": redemption.needs_approval, "code": redemption.way == Way.CODE}
    moving.tell(session, redemption, "rewards.ordered", delivery=redemption.delivery, **more)
    return redemption


def cancel(session: Session, redemption_id: int, *, by: Actor, note: str = "") -> Redemption:
    """Take a claim back before anything was sent; points and stock return. Cancelling it again changes nothing.

    The person themselves or a manager. Refuses `NotFound` for others, `Conflict` once it is under way, and a manager
    where it waits for an approval: then they say no (approval.py), with a reason.
    """
    redemption = moving.lock(session, redemption_id, with_reward=True)
    own = by.person_id == redemption.person_id
    if not own and not by.has(*MANAGERS):
        raise NotFound(moving.NO_SUCH)
    if redemption.state is State.CANCELLED:
        return redemption
    if redemption.state is State.AWAITING_APPROVAL and not own:
        raise Conflict(approval.UNDECIDED)
    moving.move(session, redemption, State.CANCELLED, by=by, note=moving.short(note))
    ledger.void(session, redemption.hold_id, reason=redemption.note or redemption.name, by=by)
    if not own:
        moving.tell(session, redemption, "rewards.cancelled", note=redemption.note or "")
    return redemption


def dispatch(session: Session, redemption_id: int, *, by: Actor) -> Redemption:
    """Say that it is under way; from here on the person cannot cancel. Saying it again changes nothing."""
    redemption = moving.lock_for_desk(session, redemption_id, by)
    approval.require(redemption)
    _require_hands(redemption)
    if redemption.state is not State.DISPATCHING:
        moving.move(session, redemption, State.DISPATCHING, by=by)
    return redemption


def fulfil(session: Session, redemption_id: int, *, by: Actor, note: str) -> Redemption:
    """Say that it was delivered, and how (`note`, which the person reads): the points are spent.

    Fulfilling it again changes nothing. Refuses `NotAllowed` for all but managers and for one's own redemption,
    `Invalid` without a note, `Conflict` from a state in which it cannot be.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by)
    if redemption.state is State.FULFILLED:
        return redemption
    told = moving.required(note, _l("Please say how it reached the person. They will read it."))
    approval.require(redemption)
    _require_hands(redemption)
    moving.set_off(session, redemption, by)
    moving.move(session, redemption, State.FULFILLED, by=by, note=told)
    ledger.post(session, redemption.hold_id, reason=told, by=by)
    moving.tell(session, redemption, "rewards.delivered", note=told)
    return redemption


def fail(session: Session, redemption_id: int, *, by: Actor, note: str) -> Redemption:
    """Say that it could not be delivered, and why (`note`, which the person reads): points and stock return.

    Failing it again changes nothing. Refuses as `fulfil` does.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by, with_reward=True)
    if redemption.state is State.FAILED:
        return redemption
    told = moving.required(note, _l("Please say why it could not be delivered. The person will read it."))
    approval.require(redemption)
    moving.set_off(session, redemption, by)
    moving.move(session, redemption, State.FAILED, by=by, note=told)
    ledger.void(session, redemption.hold_id, reason=told, by=by)
    moving.tell(session, redemption, "rewards.failed", note=told)
    return redemption


def refund(session: Session, redemption_id: int, *, by: Actor, reason: str) -> Redemption:
    """Give the points of a delivered reward back; the stock stays as it is. Refunding it again changes nothing.

    Refuses as `fulfil` does.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by)
    if redemption.state is State.REFUNDED:
        return redemption
    told = moving.required(reason, _l("Please say why the points go back. The person will read it."))
    if redemption.state is not State.FULFILLED:
        raise Conflict(moving.WRONG_STATE)
    refund_id = ledger.refund(session, redemption.hold_id, reason=told, by=by)
    moving.move(session, redemption, State.REFUNDED, by=by, note=told, refund_id=refund_id)
    moving.tell(session, redemption, "rewards.refunded", note=told)
    return redemption


def _require_hands(redemption: Redemption) -> None:
    if redemption.way != Way.MANUAL:
        raise Conflict(_l("Nobody has to send this: the advocate opens the code themselves."))


def _redeemer(session: Session, by: Actor) -> Person:
    if by.person_id is None or Role.ADVOCATE not in by.roles:
        raise NotAllowed(_l("Rewards are for advocates of the program."))
    person = people.lock_person(session, by.person_id)
    if person.advocate_status not in IN_PROGRAM or person.suspended_at is not None:
        raise NotAllowed(_l("Rewards are for advocates of the program."))
    return person


def _check_offer(session: Session, reward: Reward, person_id: int, seen_price: int | None) -> None:
    if reward.state is not RewardState.ACTIVE:
        raise NotFound(_l("This reward is no longer in the catalogue."))
    if seen_price is not None and seen_price != reward.price:
        raise Conflict(
            _l("The price has changed to %(price)s points since you looked. Look again first.", price=reward.price)
        )
    if reward.stock == 0:
        raise LimitReached(_SOLD_OUT)
    own = balance.of(session, person_id)
    check_level(session, reward, own.lifetime)
    check_turns(session, reward, person_id)
    check_day(session, person_id, reward.price)
    missing = reward.price - own.available
    if missing > 0:
        raise LimitReached(
            _ln("%(num)s point to go. Nothing was taken.", "%(num)s points to go. Nothing was taken.", missing)
        )


def _claim(session: Session, reward: Reward, person_id: int, request_key: UUID, by: Actor) -> Redemption:
    redemption_id = session.scalars(select(func.nextval(func.pg_get_serial_sequence("redemption", "id")))).one()
    ref = f"redemption:{redemption_id}"
    redemption = Redemption(
        id=redemption_id,
        reward_id=reward.id,
        person_id=person_id,
        request_key=request_key,
        name=reward.name,
        delivery=reward.delivery,
        price=reward.price,
        took_stock=reward.stock is not None,
        needs_approval=reward.needs_approval,
        way=reward.fulfilment,
        due_at=now(session) + timedelta(hours=24 * reward.days),
        state=State.HELD,
        hold_id=ledger.hold(session, person_id, reward.price, subject=ref, cause=ref, reason=reward.name, by=by),
    )
    session.add(redemption)
    session.flush()
    moving.remember(session, redemption, by)
    return redemption

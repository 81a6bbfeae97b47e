"""The verbs on redemptions: points and stock move with the state, in one transaction (trust.md, Redemption).

Locks are taken in one order: person, reward, redemption; the ledger comes last.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _ln
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people import people
from portal.people.models import Person
from portal.people.states import IN_PROGRAM, MANAGERS, Role
from portal.points import balance, ledger
from portal.rewards.catalogue import lock_reward
from portal.rewards.fulfilment import WAYS
from portal.rewards.limits import check_day
from portal.rewards.models import LONGEST_NOTE, Redemption, RedemptionEvent, Reward
from portal.rewards.states import OPEN, TRANSITIONS, RewardState, State

_SOLD_OUT: Final = _l("Gone for now: somebody took the last one. Your points are untouched.")
_OTHER_HANDS: Final = _l("Somebody else has to decide on your own redemption.")

explain("ck_reward_stock", _SOLD_OUT)
explain("ck_redemption_other_hands", _OTHER_HANDS)


def redeem(
    session: Session, reward_id: int, *, by: Actor, request_key: UUID, seen_price: int | None = None
) -> Redemption:
    """Claim a reward: hold its price and take one from the stock, both or neither.

    `request_key` belongs to one showing of the form: sent twice it gives the first redemption. `seen_price` is what the
    person agreed to. Refuses `NotAllowed` for all but advocates of the program, `NotFound` for what is not in the
    catalogue, `Conflict` where the price has changed, `LimitReached` without stock or points and beyond what a day
    allows (limits.py); then nothing is taken.
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
        _take_stock(session, reward.id, 1)
    redemption = _claim(session, reward, person.id, request_key, by)
    WAYS[reward.fulfilment].begin(session, redemption)
    _tell(session, redemption, "rewards.ordered", delivery=redemption.delivery)
    return redemption


def cancel(session: Session, redemption_id: int, *, by: Actor, note: str = "") -> Redemption:
    """Take a claim back before anything was sent; points and stock return. Cancelling it again changes nothing.

    The person themselves or a manager. Refuses `NotFound` for others, `Conflict` once it is under way.
    """
    redemption = _lock(session, redemption_id, with_reward=True)
    own = by.person_id == redemption.person_id
    if not own and not by.has(*MANAGERS):
        raise NotFound(_NO_SUCH)
    if redemption.state is State.CANCELLED:
        return redemption
    _move(session, redemption, State.CANCELLED, by=by, note=_short(note))
    ledger.void(session, redemption.hold_id, reason=redemption.note or redemption.name, by=by)
    if not own:
        _tell(session, redemption, "rewards.cancelled", note=redemption.note or "")
    return redemption


def dispatch(session: Session, redemption_id: int, *, by: Actor) -> Redemption:
    """Say that it is under way; from here on the person cannot cancel. Saying it again changes nothing."""
    redemption = _lock_for_desk(session, redemption_id, by)
    if redemption.state is not State.DISPATCHING:
        _move(session, redemption, State.DISPATCHING, by=by)
    return redemption


def fulfil(session: Session, redemption_id: int, *, by: Actor, note: str) -> Redemption:
    """Say that it was delivered, and how (`note`, which the person reads): the points are spent.

    Fulfilling it again changes nothing. Refuses `NotAllowed` for all but managers and for one's own redemption,
    `Invalid` without a note, `Conflict` from a state in which it cannot be.
    """
    redemption = _lock_for_desk(session, redemption_id, by)
    if redemption.state is State.FULFILLED:
        return redemption
    told = _required(note, _l("Please say how it reached the person. They will read it."))
    _set_off(session, redemption, by)
    _move(session, redemption, State.FULFILLED, by=by, note=told)
    ledger.post(session, redemption.hold_id, reason=told, by=by)
    _tell(session, redemption, "rewards.delivered", note=told)
    return redemption


def fail(session: Session, redemption_id: int, *, by: Actor, note: str) -> Redemption:
    """Say that it could not be delivered, and why (`note`, which the person reads): points and stock return.

    Failing it again changes nothing. Refuses as `fulfil` does.
    """
    redemption = _lock(session, redemption_id, with_reward=True)
    _check_desk(redemption, by)
    if redemption.state is State.FAILED:
        return redemption
    told = _required(note, _l("Please say why it could not be delivered. The person will read it."))
    _set_off(session, redemption, by)
    _move(session, redemption, State.FAILED, by=by, note=told)
    ledger.void(session, redemption.hold_id, reason=told, by=by)
    _tell(session, redemption, "rewards.failed", note=told)
    return redemption


def refund(session: Session, redemption_id: int, *, by: Actor, reason: str) -> Redemption:
    """Give the points of a delivered reward back; the stock stays as it is. Refunding it again changes nothing.

    Refuses as `fulfil` does.
    """
    redemption = _lock_for_desk(session, redemption_id, by)
    if redemption.state is State.REFUNDED:
        return redemption
    told = _required(reason, _l("Please say why the points go back. The person will read it."))
    if redemption.state is not State.FULFILLED:
        raise Conflict(_WRONG_STATE)
    refund_id = ledger.refund(session, redemption.hold_id, reason=told, by=by)
    _move(session, redemption, State.REFUNDED, by=by, note=told, refund_id=refund_id)
    _tell(session, redemption, "rewards.refunded", note=told)
    return redemption


_NO_SUCH: Final = _l("There is no such redemption.")
_WRONG_STATE: Final = _l("This is not possible any more: the redemption has moved on. Reload the page and look again.")


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
    check_day(session, person_id, reward.price)
    missing = reward.price - balance.of(session, person_id).available
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
        state=State.HELD,
        hold_id=ledger.hold(session, person_id, reward.price, subject=ref, cause=ref, reason=reward.name, by=by),
    )
    session.add(redemption)
    session.flush()
    _remember(session, redemption, by)
    return redemption


def _take_stock(session: Session, reward_id: int, pieces: int) -> None:
    """Counted by the database, not here, so that its CHECK stands behind the lock; no end stays no end."""
    session.execute(update(Reward).where(Reward.id == reward_id).values(stock=Reward.stock - pieces))


def _lock_for_desk(session: Session, redemption_id: int, by: Actor) -> Redemption:
    redemption = _lock(session, redemption_id, with_reward=False)
    _check_desk(redemption, by)
    return redemption


def _lock(session: Session, redemption_id: int, *, with_reward: bool) -> Redemption:
    """Lock a redemption after its person and, where stock may return, its reward. Refuses `NotFound`."""
    row = session.execute(
        select(Redemption.person_id, Redemption.reward_id).where(Redemption.id == redemption_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_NO_SUCH)
    people.lock_person(session, row.person_id)
    if with_reward:
        lock_reward(session, row.reward_id)
    return session.scalars(
        select(Redemption)
        .where(Redemption.id == redemption_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _check_desk(redemption: Redemption, by: Actor) -> None:
    by.require(*MANAGERS)
    if by.person_id == redemption.person_id:
        raise NotAllowed(_OTHER_HANDS)


def _set_off(session: Session, redemption: Redemption, by: Actor) -> None:
    """By hand, sending and having sent are one step: the state between is passed through."""
    if redemption.state in (State.HELD, State.AWAITING_APPROVAL):
        _move(session, redemption, State.DISPATCHING, by=by)


def _move(
    session: Session,
    redemption: Redemption,
    state: State,
    *,
    by: Actor,
    note: str | None = None,
    refund_id: int | None = None,
) -> None:
    if state not in TRANSITIONS[redemption.state]:
        raise Conflict(_WRONG_STATE)
    at = now(session)  # asked first: the query would flush a state without its time
    redemption.state, redemption.refund_id = state, refund_id
    redemption.note = note or redemption.note
    if state not in OPEN:
        redemption.decided_by, redemption.decided_at = by.person_id, at
        messages.answered(session, f"redemption:{redemption.id}")
    if state in (State.FAILED, State.CANCELLED) and redemption.took_stock:
        _take_stock(session, redemption.reward_id, -1)
    _remember(session, redemption, by, note)


def _remember(session: Session, redemption: Redemption, by: Actor, note: str | None = None) -> None:
    session.add(RedemptionEvent(redemption_id=redemption.id, state=redemption.state, actor_id=by.person_id, note=note))
    audit.record(session, f"redemption.{redemption.state}", f"redemption:{redemption.id}", by=by)
    session.flush()


def _tell(session: Session, redemption: Redemption, kind: str, **data: object) -> None:
    messages.notify(
        session,
        redemption.person_id,
        kind,
        link=f"/redemptions/{redemption.public_id}",
        subject_ref=f"redemption:{redemption.id}",
        reward=redemption.name,
        points=redemption.price,
        **data,
    )


def _short(note: str) -> str | None:
    clean = note.strip()
    if len(clean) > LONGEST_NOTE:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=LONGEST_NOTE), field="note")
    return clean or None


def _required(note: str, sentence: LazyString) -> str:
    clean = _short(note)
    if clean is None:
        raise Invalid(sentence, field="note")
    return clean

"""What all verbs on redemptions share: lock one, move it along its ways, remember and tell (trust.md, Redemption).

Locks are taken in one order: person, reward, redemption; the ledger comes last.
"""

from __future__ import annotations

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people import people
from portal.people.models import Person, PersonRole
from portal.people.states import MANAGERS, Role
from portal.rewards.catalogue import lock_reward
from portal.rewards.models import LONGEST_NOTE, Redemption, RedemptionEvent, Reward
from portal.rewards.states import OPEN, TRANSITIONS, VOIDED, State

NO_SUCH: Final = _l("There is no such redemption.")
WRONG_STATE: Final = _l("This is not possible any more: the redemption has moved on. Reload the page and look again.")
OTHER_HANDS: Final = _l("Somebody else has to decide on your own redemption.")

explain("ck_redemption_other_hands", OTHER_HANDS)


def lock(session: Session, redemption_id: int, *, with_reward: bool) -> Redemption:
    """Lock a redemption after its person and, where stock may return, its reward. Refuses `NotFound`."""
    row = session.execute(
        select(Redemption.person_id, Redemption.reward_id).where(Redemption.id == redemption_id)
    ).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH)
    people.lock_person(session, row.person_id)
    if with_reward:
        lock_reward(session, row.reward_id)
    return session.scalars(
        select(Redemption)
        .where(Redemption.id == redemption_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_for_desk(session: Session, redemption_id: int, by: Actor, *, with_reward: bool = False) -> Redemption:
    """Lock a redemption for a manager. Refuses `NotAllowed` for others and for one's own."""
    redemption = lock(session, redemption_id, with_reward=with_reward)
    by.require(*MANAGERS)
    if by.person_id == redemption.person_id:
        raise NotAllowed(OTHER_HANDS)
    return redemption


def move(
    session: Session,
    redemption: Redemption,
    state: State,
    *,
    by: Actor,
    note: str | None = None,
    refund_id: int | None = None,
) -> None:
    """Move a locked redemption; where nothing will be delivered its stock returns. Refuses `Conflict`."""
    if state not in TRANSITIONS[redemption.state]:
        raise Conflict(WRONG_STATE)
    at = now(session)  # asked first: the query would flush a state without its time
    redemption.state, redemption.refund_id = state, refund_id
    redemption.note = note or redemption.note
    if state not in OPEN:
        redemption.decided_by, redemption.decided_at = by.person_id, at
        messages.answered(session, ref(redemption))
    if state in VOIDED and redemption.took_stock:
        take_stock(session, redemption.reward_id, -1)
    remember(session, redemption, by, note)


def set_off(session: Session, redemption: Redemption, by: Actor) -> None:
    """By hand, sending and having sent are one step: the state between is passed through."""
    if redemption.state is State.HELD:
        move(session, redemption, State.DISPATCHING, by=by)


def remember(session: Session, redemption: Redemption, by: Actor, note: str | None = None) -> None:
    """Add a step to a redemption's history, and to the record of what matters."""
    session.add(RedemptionEvent(redemption_id=redemption.id, state=redemption.state, actor_id=by.person_id, note=note))
    audit.record(session, f"redemption.{redemption.state}", ref(redemption), by=by)
    session.flush()


def tell(session: Session, redemption: Redemption, kind: str, **data: object) -> None:
    """Write to the person about their redemption."""
    messages.notify(
        session,
        redemption.person_id,
        kind,
        link=f"/redemptions/{redemption.public_id}",
        subject_ref=ref(redemption),
        reward=redemption.name,
        points=redemption.price,
        **data,
    )


def tell_desk(session: Session, redemption: Redemption, kind: str, *, besides: int | None = None) -> None:
    """Write to every manager who can sign in, but one."""
    managers = session.scalars(
        select(PersonRole.person_id)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role == Role.MANAGER, Person.suspended_at.is_(None))
        .order_by(PersonRole.person_id)
    )
    for manager_id in managers.all():
        if manager_id != besides:
            messages.notify(
                session,
                manager_id,
                kind,
                link=f"/admin/redemptions/{redemption.public_id}",
                subject_ref=ref(redemption),
                reward=redemption.name,
                points=redemption.price,
            )


def take_stock(session: Session, reward_id: int, pieces: int) -> None:
    """Take pieces from a stock: counted by the database, so that its CHECK stands behind the lock; no end stays so."""
    session.execute(update(Reward).where(Reward.id == reward_id).values(stock=Reward.stock - pieces))


def ref(redemption: Redemption) -> str:
    """A redemption as messages, the audit and the ledger call it."""
    return f"redemption:{redemption.id}"


def short(note: str) -> str | None:
    """A note as it is kept, None for an empty one. Refuses `Invalid` where it is too long."""
    clean = note.strip()
    if len(clean) > LONGEST_NOTE:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=LONGEST_NOTE), field="note")
    return clean or None


def required(note: str, sentence: LazyString) -> str:
    """A note that there must be. Refuses `Invalid` with the sentence."""
    clean = short(note)
    if clean is None:
        raise Invalid(sentence, field="note")
    return clean

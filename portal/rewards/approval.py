"""The verbs on rewards that a manager approves first; until then points and stock are held (trust.md, Redemption)."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, NotAllowed, explain
from portal.messages import messages
from portal.points import ledger
from portal.rewards import moving
from portal.rewards.fulfilment import WAYS
from portal.rewards.models import Redemption
from portal.rewards.states import State, Way

UNDECIDED: Final = _l("It waits for an approval. Approve it first, or say no with a reason.")

explain("ck_redemption_approved", UNDECIDED)
explain("ck_redemption_approved_by_another", moving.OTHER_HANDS)


def ask(session: Session, redemption: Redemption, *, by: Actor) -> None:
    """Let a new redemption wait for a manager, and tell them; not the person, who does not decide on it."""
    moving.move(session, redemption, State.AWAITING_APPROVAL, by=by)
    moving.tell_desk(session, redemption, "rewards.to_approve", besides=redemption.person_id)


def approve(session: Session, redemption_id: int, *, by: Actor) -> Redemption:
    """Agree to a redemption: its delivery begins. Approving it again changes nothing.

    Refuses `NotAllowed` for all but managers and for one's own, `Conflict` where it does not wait for that.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by)
    if by.person_id is None:
        raise NotAllowed(moving.OTHER_HANDS)
    if redemption.approved_at is not None:
        return redemption
    if redemption.state is not State.AWAITING_APPROVAL:
        raise Conflict(moving.WRONG_STATE)
    redemption.approved_by, redemption.approved_at = by.person_id, now(session)
    redemption.due_at += redemption.approved_at - redemption.created_at
    moving.move(session, redemption, State.DISPATCHING, by=by)
    messages.answered(session, moving.ref(redemption))
    WAYS[redemption.way].begin(session, redemption)
    moving.tell(session, redemption, "rewards.approved", delivery=redemption.delivery, code=redemption.way == Way.CODE)
    return redemption


def decline(session: Session, redemption_id: int, *, by: Actor, reason: str) -> Redemption:
    """Say no to a redemption, and why (the person reads it): points and stock return. A second time changes nothing.

    Refuses as `approve` does, and `Invalid` without a reason.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by, with_reward=True)
    if redemption.declined:
        return redemption
    told = moving.required(reason, _l("Please say why. The person will read it."))
    if redemption.state is not State.AWAITING_APPROVAL:
        raise Conflict(moving.WRONG_STATE)
    moving.move(session, redemption, State.CANCELLED, by=by, note=told)
    ledger.void(session, redemption.hold_id, reason=told, by=by)
    moving.tell(session, redemption, "rewards.not_approved", note=told)
    return redemption


def require(redemption: Redemption) -> None:
    """Refuse (`Conflict`) to go on with what still waits for an approval."""
    if redemption.state is State.AWAITING_APPROVAL:
        raise Conflict(UNDECIDED)

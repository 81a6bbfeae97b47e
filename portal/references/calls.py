"""Saying that a call took place, which pays it once, or that it did not."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.clock import now
from portal.database.refusal import Conflict, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people.models import Person
from portal.points import awards
from portal.references import history, invites, requests
from portal.references.activity_words import words_of
from portal.references.assignments import (
    Locked,
    call_of,
    confirm_after_consent,
    end,
    lock_of,
    move_assignment,
    move_call,
    move_request,
    settle,
)
from portal.references.models import (
    CONFIRMABLE_FOR,
    LASTS,
    OPEN_CALL,
    ActivityType,
    Assignment,
    AssignmentState,
    CallState,
    EventKind,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
    Side,
)
from portal.references.names import shown_initials

explain("ck_reference_call_not_by_the_advocate", _l("The advocate cannot confirm it themselves."))


def confirm_held(session: Session, call_id: int, *, by: Actor) -> ReferenceCall:
    """Confirm that a call took place: its points are paid, once, and both sides asked how it was.

    Also one that took place before the consent ended under it, for `CONFIRMABLE_FOR`: contact data stays closed. A
    second confirmation returns the call as it is. Refuses `NotFound` for a call of somebody else's request,
    `NotAllowed` for the advocate, `Conflict` for a call that was cancelled otherwise.
    """
    locked, assignment, call = _mine(session, call_id, by)
    if call.state is CallState.HELD:
        return call
    moment, request = now(session), locked.request
    if call.state in OPEN_CALL:
        _has_begun(session, call)
        move_call(call, CallState.HELD)
        move_assignment(session, assignment, AssignmentState.DONE)
        if request.state is RequestState.SCHEDULED:
            move_request(session, request, RequestState.HELD)
    elif may_have_been_given(call, moment):
        assert call.consent_ended_at is not None
        moment = max(moment, call.consent_ended_at)  # who waited for the lock began before
        confirm_after_consent(session, locked, assignment, call)
    else:
        raise Conflict(_("This was cancelled, so it cannot be confirmed."))
    call.held_at, call.confirmed_by = moment, by.person_id
    history.note(session, request, EventKind.HELD, by=by, assignment=assignment, call_id=call.id)
    session.flush()
    messages.answered(session, f"reference_request:{request.id}")
    awards.grant(
        session,
        assignment.person_id,
        assignment.points,
        subject=f"call:{call.id}",
        cause=f"call:{call.id}",
        reason=str(words_of(assignment.activity).activity.name),
        by=by,
    )
    _ask_for_feedback(session, request, assignment)
    return call


def did_not_happen(session: Session, call_id: int, *, by: Actor, missed_by: Side | None = None) -> ReferenceCall:
    """Note that a call did not take place, and who did not come: nothing is paid, and the rep may ask somebody else.

    The ask counts whoever missed the call (trust.md, fatigue); the other side is told. A second click changes nothing.
    Refuses `NotFound` for a call of somebody else's request, `NotAllowed` for the advocate, `Conflict` for one that is
    over and before the time it was agreed for.
    """
    locked, assignment, call = _mine(session, call_id, by)
    if call.state is CallState.NO_SHOW:
        return call
    _missed(session, locked, assignment, call, missed_by, by=by)
    if missed_by is Side.ADVOCATE:
        _tell_of_missing(session, call, "advocate")
    return call


def nobody_called(session: Session, call_id: int, *, by: Actor) -> ReferenceCall:
    """Note, as the advocate, that nobody came to a call at its time. It pays nothing, and the rep is told.

    A second tap changes nothing. Refuses `NotFound` for anybody but the advocate, `Conflict` for a call that is over,
    without an agreed time, or before that.
    """
    locked, assignment, call = _found(session, call_id)
    if by.person_id is None or by.person_id != assignment.person_id:
        raise NotFound
    if call.state is CallState.NO_SHOW:
        return call
    if call.state is not CallState.SCHEDULED:
        raise Conflict(_("There is nothing that waits for you."))
    _missed(session, locked, assignment, call, Side.SALES, by=by)
    _tell_of_missing(session, call, "sales")
    return call


def _missed(
    session: Session,
    locked: Locked,
    assignment: Assignment,
    call: ReferenceCall,
    missed_by: Side | None,
    *,
    by: Actor,
) -> None:
    if call.state not in OPEN_CALL:
        raise Conflict(_("This is over already."))
    _has_begun(session, call)
    end(session, assignment, AssignmentState.NO_SHOW)
    call.missed_by = missed_by
    side = {"missed_by": missed_by.value} if missed_by else {}
    history.note(session, locked.request, EventKind.NO_SHOW, by=by, assignment=assignment, call_id=call.id, **side)
    messages.answered(session, f"reference_request:{locked.request.id}")
    messages.answered(session, f"call:{call.id}")
    settle(session, locked, by=by)


def _tell_of_missing(session: Session, call: ReferenceCall, side: str) -> None:
    """Tell the side that is said not to have come."""
    sides = invites.sides_of(session, call.id)
    messages.notify(
        session,
        sides.advocate_id if side == "advocate" else sides.rep_id,
        "call.missed",
        link=sides.path(side),
        subject_ref=f"call:{call.id}",
        side=side,
        prospect=sides.prospect,
        who=sides.initials,
        activity=sides.activity,
    )


def may_have_been_given(call: ReferenceCall, moment: datetime) -> bool:
    """Whether a cancelled call may have taken place before the consent under it ended; not one agreed for later."""
    ended = call.consent_ended_at
    if ended is None or moment > ended + CONFIRMABLE_FOR:
        return False
    return call.starts_at is None or call.starts_at <= ended


def remind_due(session: Session, *, limit: int = 100) -> int:
    """Ask the reps of calls whose time has passed whether they took place, once; how many were asked.

    The time is that of the request's last call that has one, else the day by which it was needed.
    """
    agreed = (
        select(func.max(ReferenceCall.starts_at))
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .where(Assignment.request_id == ReferenceRequest.id, ReferenceCall.state == CallState.SCHEDULED)
        .correlate(ReferenceRequest)
        .scalar_subquery()
    )
    over = func.coalesce(agreed + LASTS <= now(session), ReferenceRequest.needed_by < now(session).date())
    due = (
        select(ReferenceRequest, ActivityType.key)
        .join(ActivityType, ActivityType.id == ReferenceRequest.activity_type_id)
        .where(ReferenceRequest.state == RequestState.SCHEDULED, ReferenceRequest.reminded_at.is_(None), over)
        .order_by(ReferenceRequest.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True, of=ReferenceRequest)
    )
    found = session.execute(due).all()
    for request, activity in found:
        request.reminded_at = now(session)
        history.note(session, request, EventKind.REMINDED, by=SYSTEM)
        messages.notify(
            session,
            request.requested_by,
            "call.reminder",
            link=f"/sales/requests/{request.public_id}",
            subject_ref=f"reference_request:{request.id}",
            number=request.number,
            prospect=request.prospect_name,
            activity=activity,
        )
    return len(found)


def _has_begun(session: Session, call: ReferenceCall) -> None:
    if call.starts_at is not None and call.starts_at > now(session):
        raise Conflict(_("This is agreed for later. Say how it went once its time has come, or withdraw it."))


def _found(session: Session, call_id: int) -> tuple[Locked, Assignment, ReferenceCall]:
    assignment_id = session.scalar(select(ReferenceCall.assignment_id).where(ReferenceCall.id == call_id))
    if assignment_id is None:
        raise NotFound
    locked, assignment = lock_of(session, assignment_id)
    call = call_of(session, assignment)
    assert call is not None
    return locked, assignment, call


def _mine(session: Session, call_id: int, by: Actor) -> tuple[Locked, Assignment, ReferenceCall]:
    locked, assignment, call = _found(session, call_id)
    if by.person_id == assignment.person_id:
        raise NotAllowed(_("Somebody else has to confirm that it took place."))
    requests.owned(session, locked.request.id, by=by)
    if by.person_id is None:
        raise NotAllowed
    return locked, assignment, call


def _ask_for_feedback(session: Session, request: ReferenceRequest, assignment: Assignment) -> None:
    name = session.scalars(select(Person.name).where(Person.id == assignment.person_id)).one()
    messages.notify(
        session,
        assignment.person_id,
        "call.confirmed",
        link=f"/asks/{assignment.public_id}",
        subject_ref=f"assignment:{assignment.id}",
        prospect=request.prospect_name,
        points=assignment.points,
        activity=assignment.activity,
    )
    messages.notify(
        session,
        request.requested_by,
        "call.outcome",
        link=f"/sales/requests/{request.public_id}",
        subject_ref=f"reference_request:{request.id}",
        number=request.number,
        prospect=request.prospect_name,
        who=shown_initials(name),
        activity=assignment.activity,
    )

"""What both sides say of a call. It is asked of both, and no condition of anything."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.messages import messages
from portal.references import history, requests
from portal.references.assignments import Locked, call_of, lock_all, move_request
from portal.references.models import (
    LONGEST_NOTE,
    Assignment,
    CallFeedback,
    CallState,
    EventKind,
    Outcome,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
    Side,
)


def give(session: Session, call_id: int, *, helped: Outcome | str, by: Actor, note: str = "") -> CallFeedback:
    """Say whether a call that took place was of use. The rep's answer is the request's outcome and closes it.

    Each side answers once; a second answer changes nothing. Refuses `NotFound` for anybody but the advocate of the call
    and those who look after the request, `Conflict` before the call was confirmed, `Invalid` for a long note.
    """
    answer = Outcome(helped)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Please shorten this to %(limit)d characters.", limit=LONGEST_NOTE), field="note")
    locked, assignment, call = _of_call(session, call_id)
    side = _side(session, locked, assignment, by)
    if call.state is not CallState.HELD:
        raise Conflict(_("Somebody has to confirm first that it took place."))
    earlier = session.get(CallFeedback, (call_id, side))
    if earlier is not None:
        return earlier
    assert by.person_id is not None
    said = CallFeedback(call_id=call_id, side=side, given_by=by.person_id, helped=answer, note=note, at=now(session))
    session.add(said)
    history.note(
        session, locked.request, EventKind.FEEDBACK, by=by, assignment=assignment, side=side.value, helped=answer.value
    )
    if side is Side.ADVOCATE:
        messages.answered(session, f"assignment:{assignment.id}")
    if side is Side.SALES and locked.request.state is RequestState.HELD:
        _close(session, locked, answer, by=by)
    session.flush()
    return said


def close(session: Session, request_id: int, *, by: Actor) -> ReferenceRequest:
    """Close a request whose call took place without saying what it did. A second click changes nothing.

    Refuses `NotFound` for somebody else's, `Conflict` before the call was confirmed.
    """
    requests.owned(session, request_id, by=by)
    locked = lock_all(session, request_id)
    request = locked.request
    if request.state is RequestState.CLOSED:
        return request
    if request.state is not RequestState.HELD:
        raise Conflict(_("Somebody has to confirm first that it took place."))
    _close(session, locked, None, by=by)
    return request


def _close(session: Session, locked: Locked, outcome: Outcome | None, *, by: Actor) -> None:
    request = locked.request
    requests.release(session, locked)
    move_request(session, request, RequestState.CLOSED)
    request.outcome = outcome
    messages.answered(session, f"reference_request:{request.id}")
    history.note(session, request, EventKind.CLOSED, by=by, outcome=outcome.value if outcome else None)


def _of_call(session: Session, call_id: int) -> tuple[Locked, Assignment, ReferenceCall]:
    row = session.execute(
        select(Assignment.id, Assignment.request_id)
        .join(ReferenceCall, ReferenceCall.assignment_id == Assignment.id)
        .where(ReferenceCall.id == call_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    locked = lock_all(session, row.request_id)
    assignment = locked.assignment(row.id)
    call = call_of(session, assignment)
    assert call is not None
    return locked, assignment, call


def _side(session: Session, locked: Locked, assignment: Assignment, by: Actor) -> Side:
    if by.person_id is not None and by.person_id == assignment.person_id:
        return Side.ADVOCATE
    requests.owned(session, locked.request.id, by=by)
    if by.person_id is None:
        raise NotFound
    return Side.SALES

"""Locking a request with its people, and moving its parts along their tables of states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, NotFound
from portal.messages.models import Message
from portal.messages.states import MessageState, Reason
from portal.people.people import lock_people
from portal.references import fatigue, history, invites
from portal.references.invites import Told
from portal.references.models import (
    ASSIGNMENT_TRANSITIONS,
    CALL_TRANSITIONS,
    HELD_AFTER_ALL,
    REQUEST_TRANSITIONS,
    Assignment,
    AssignmentState,
    CallState,
    EventKind,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
)

CHANGED = _l("Somebody changed this a moment ago. Reload the page and look again.")


@dataclass(frozen=True, slots=True)
class Locked:
    """A request and all its assignments, locked in the global order after the people whose assignments may change."""

    request: ReferenceRequest
    assignments: list[Assignment]

    def assignment(self, assignment_id: int) -> Assignment:
        """One of the assignments. Refuses `NotFound`."""
        for assignment in self.assignments:
            if assignment.id == assignment_id:
                return assignment
        raise NotFound

    @property
    def open(self) -> list[Assignment]:
        """The assignments that somebody still waits for."""
        return [assignment for assignment in self.assignments if assignment.open]


def lock(session: Session, request_id: int, person_ids: Iterable[int]) -> Locked:
    """Lock people (ascending), then the request, then its assignments (trust.md, ground rules). Refuses `NotFound`.

    Every change to an assignment holds the lock of its request, so what is read here stays as it is.
    """
    lock_people(session, person_ids)
    wanted = select(ReferenceRequest).where(ReferenceRequest.id == request_id).with_for_update(key_share=True)
    request = session.scalar(wanted.execution_options(populate_existing=True))
    if request is None:
        raise NotFound
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.request_id == request_id)
        .order_by(Assignment.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return Locked(request, list(assignments))


def lock_all(session: Session, request_id: int) -> Locked:
    """Lock a request with everybody who has an open part in it. Refuses `Conflict` where one came in meanwhile."""
    people = set(
        session.scalars(
            select(Assignment.person_id).where(
                Assignment.request_id == request_id,
                Assignment.state.in_((AssignmentState.PROPOSED, AssignmentState.ASKED, AssignmentState.ACCEPTED)),
            )
        )
    )
    locked = lock(session, request_id, people)
    if any(assignment.person_id not in people for assignment in locked.open):
        raise Conflict(CHANGED)
    return locked


def lock_of(session: Session, assignment_id: int) -> tuple[Locked, Assignment]:
    """Lock the request of an assignment, after its person. Refuses `NotFound`."""
    row = session.execute(
        select(Assignment.request_id, Assignment.person_id).where(Assignment.id == assignment_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    locked = lock(session, row.request_id, [row.person_id])
    return locked, locked.assignment(assignment_id)


def call_of(session: Session, assignment: Assignment) -> ReferenceCall | None:
    """The call of an assignment, locked after it; None where nobody has accepted yet."""
    wanted = select(ReferenceCall).where(ReferenceCall.assignment_id == assignment.id).with_for_update(key_share=True)
    return session.scalar(wanted.execution_options(populate_existing=True))


def move_request(session: Session, request: ReferenceRequest, state: RequestState) -> None:
    """Move a locked request along `REQUEST_TRANSITIONS`. Refuses `Conflict` for a way that is not there."""
    if state not in REQUEST_TRANSITIONS.get(request.state, frozenset()):
        raise Conflict(CHANGED)
    moment = now(session)
    request.state, request.state_since = state, moment


def move_assignment(session: Session, assignment: Assignment, state: AssignmentState) -> None:
    """Move a locked assignment along `ASSIGNMENT_TRANSITIONS`. Refuses `Conflict` for a way that is not there."""
    if state not in ASSIGNMENT_TRANSITIONS.get(assignment.state, frozenset()):
        raise Conflict(CHANGED)
    moment = now(session)
    assignment.state = state
    if not state.open:
        assignment.ended_at = moment


def move_call(call: ReferenceCall, state: CallState) -> None:
    """Move a locked call along `CALL_TRANSITIONS`. Refuses `Conflict` for a way that is not there."""
    if state not in CALL_TRANSITIONS.get(call.state, frozenset()):
        raise Conflict(CHANGED)
    call.state = state


def confirm_after_consent(session: Session, locked: Locked, assignment: Assignment, call: ReferenceCall) -> None:
    """Let a call have taken place that was cancelled because consent ended under it; nothing is open again by it."""
    call.state, assignment.state = CallState.HELD, AssignmentState.DONE
    if locked.request.state in HELD_AFTER_ALL:
        locked.request.state, locked.request.state_since = RequestState.HELD, now(session)


def end(session: Session, assignment: Assignment, state: AssignmentState, *, consent_ended: bool = False) -> bool:
    """End a locked, open assignment with its call; whether its ask was freed.

    An ask that is taken back before it reached anybody is freed; every other one keeps counting (trust.md, fatigue).
    `consent_ended` is why, where it is: such a call may still be confirmed (calls.py).
    """
    move_assignment(session, assignment, state)
    call = call_of(session, assignment)
    if call is not None and call.state in CALL_TRANSITIONS:
        _end_call(session, call, missed=state is AssignmentState.NO_SHOW, consent_ended=consent_ended)
    session.flush()
    freed = state is AssignmentState.WITHDRAWN and _taken_back_unread(session, assignment)
    if freed:
        fatigue.free(session, assignment.id)
    fatigue.note_in_pool(session, assignment.person_id)
    return freed


def _end_call(session: Session, call: ReferenceCall, *, missed: bool, consent_ended: bool) -> None:
    """Calendars are told where a call that had a time is off before it began."""
    before = call.state
    call.consent_ended_at = now(session) if consent_ended else None
    move_call(call, CallState.NO_SHOW if missed else CallState.CANCELLED)
    if before is CallState.SCHEDULED and not missed:
        assert call.starts_at is not None
        invites.tell(session, call, Told.CANCELLED, call.starts_at)


def settle(session: Session, locked: Locked, *, by: Actor) -> None:
    """After an assignment ended without a call: the request waits for those who are left, or is not filled."""
    request = locked.request
    if request.state not in (RequestState.APPROVED, RequestState.WAITING, RequestState.SCHEDULED):
        return
    states = {assignment.state for assignment in locked.open}
    if AssignmentState.ACCEPTED in states:
        return
    if not states:
        move_request(session, request, RequestState.UNFILLED)
        history.note(session, request, EventKind.UNFILLED, by=by)
    elif request.state is RequestState.SCHEDULED:
        move_request(session, request, RequestState.WAITING)


def _taken_back_unread(session: Session, assignment: Assignment) -> bool:
    """Drop the ask's message where it has not left and was not read; whether nobody was contacted.

    The sender marks the message under the same row lock, so it cannot leave after this said that it did not.
    """
    if assignment.asked_at is None or assignment.answered_at is not None:
        return False
    messages = session.scalars(
        select(Message)
        .where(Message.subject_ref == f"assignment:{assignment.id}", Message.person_id == assignment.person_id)
        .where(Message.kind == "request.ask")
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if any(message.state is not MessageState.QUEUED or message.read_at is not None for message in messages):
        return False
    for message in messages:
        message.state, message.reason = MessageState.DROPPED, Reason.SUPERSEDED
    return True

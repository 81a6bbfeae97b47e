"""The one reminder of an ask that nobody has answered, and the one of a call on the day before."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Exists, Select, exists, func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import PORTAL_NOW, now
from portal.database.refusal import Conflict, explain
from portal.messages import messages
from portal.messages.models import Message
from portal.people.states import MANAGERS
from portal.references import invites
from portal.references.assignments import call_of, lock_of
from portal.references.models import Assignment, AssignmentState, CallState, ReferenceCall
from portal.references.requests import tell_of_ask

KIND: Final = "request.reminder"
THE_DAY_BEFORE: Final = timedelta(hours=24)
_ONCE: Final = _l("They were reminded of this ask already. There is one reminder, never a second.")

explain("uq_message_reminder", _ONCE)


def due(session: Session, *, limit: int = 200) -> list[int]:
    """The open asks that have used half of their time and were not reminded of, the most urgent first."""
    return list(session.scalars(_due().order_by(Assignment.answer_by).limit(limit)))


def remind(session: Session, assignment_id: int) -> bool:
    """Remind of an ask, once in its life (unique in the database); whether there was something to remind of."""
    locked, assignment = lock_of(session, assignment_id)
    if session.scalar(_due().where(Assignment.id == assignment_id)) is None:
        return False
    tell_of_ask(session, locked.request, assignment, KIND)
    return True


def remind_now(session: Session, assignment_id: int, *, by: Actor) -> None:
    """Remind of an ask before its time, in place of the reminder that would come by itself.

    Refuses `NotAllowed` for all but managers, `NotFound`, and `Conflict` where it was answered, has ended or was
    brought to mind before.
    """
    by.require(*MANAGERS)
    locked, assignment = lock_of(session, assignment_id)
    if assignment.state is not AssignmentState.ASKED or (assignment.answer_by or now(session)) <= now(session):
        raise Conflict(_("Nobody is waiting for this answer any more. Reload the page and look again."))
    if session.scalar(select(_reminded()).where(Assignment.id == assignment_id)):
        raise Conflict(_ONCE)
    tell_of_ask(session, locked.request, assignment, KIND)
    audit.record(session, "ask.remind", f"assignment:{assignment_id}", by=by)


def calls_due(session: Session, *, limit: int = 200) -> list[int]:
    """The assignments whose call begins within a day and was not brought to mind at that time, the next ones first."""
    found = select(ReferenceCall.assignment_id).where(*_near()).order_by(ReferenceCall.starts_at).limit(limit)
    return list(session.scalars(found))


def bring_to_mind(session: Session, assignment_id: int) -> bool:
    """Remind both sides of a call, once for each time it is given; whether there was something to remind of."""
    _locked, assignment = lock_of(session, assignment_id)
    call = call_of(session, assignment)
    if call is None or session.scalar(select(ReferenceCall.id).where(ReferenceCall.id == call.id, *_near())) is None:
        return False
    assert call.starts_at is not None
    call.brought_to_mind = call.sequence
    sides = invites.sides_of(session, call.id)
    for person_id, side in ((sides.advocate_id, "advocate"), (sides.rep_id, "sales")):
        messages.notify(
            session,
            person_id,
            "call.tomorrow",
            link=sides.path(side),
            subject_ref=f"call:{call.id}",
            side=side,
            starts_at=call.starts_at.isoformat(),
            sequence=call.sequence,
            place=call.place,
            prospect=sides.prospect,
            who=sides.initials,
            activity=sides.activity,
        )
    return True


def _near() -> tuple[ColumnElement[bool], ...]:
    return (
        ReferenceCall.state == CallState.SCHEDULED,
        ReferenceCall.starts_at > PORTAL_NOW,
        ReferenceCall.starts_at <= PORTAL_NOW + THE_DAY_BEFORE,
        ReferenceCall.brought_to_mind.is_distinct_from(ReferenceCall.sequence),
    )


def _due() -> Select[int]:
    half_over = PORTAL_NOW - Assignment.asked_at >= Assignment.answer_by - PORTAL_NOW
    asked = select(Assignment.id).where(Assignment.state == AssignmentState.ASKED, Assignment.answer_by > PORTAL_NOW)
    return asked.where(half_over, ~_reminded())


def _reminded() -> Exists:
    return exists().where(Message.kind == KIND, Message.subject_ref == func.concat("assignment:", Assignment.id))

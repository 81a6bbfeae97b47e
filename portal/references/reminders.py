"""The one reminder of an ask that nobody has answered."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.messages.models import Message
from portal.references.assignments import lock_of
from portal.references.models import Assignment, AssignmentState
from portal.references.requests import tell_of_ask

KIND: Final = "request.reminder"


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


def _due() -> Select[int]:
    half_over = PORTAL_NOW - Assignment.asked_at >= Assignment.answer_by - PORTAL_NOW
    reminded = exists().where(Message.kind == KIND, Message.subject_ref == func.concat("assignment:", Assignment.id))
    asked = select(Assignment.id).where(Assignment.state == AssignmentState.ASKED, Assignment.answer_by > PORTAL_NOW)
    return asked.where(half_over, ~reminded)

"""Requests for tests, made through the verbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.clock import now, set_now
from portal.references import answers, requests
from portal.references.models import Assignment, ReferenceCall, ReferenceRequest
from tests.consented import Known

TOPICS = "How long did the move take, and what broke?"


def ask(db: Session, who: Known, by: Known, **changes: Any) -> ReferenceRequest:
    """A request to one advocate for a prospect in logistics, needed in ten days."""
    wish: dict[str, Any] = {
        "needed_by": now(db).date() + timedelta(days=10),
        "topics": TOPICS,
        "prospect_name": "Brightline Health",
        "prospect_industry": "Logistics",
        **changes,
    }
    return requests.ask(db, person_id=who.id, by=by.actor, **wish)


def assignment_of(db: Session, request: ReferenceRequest) -> Assignment:
    """The only assignment of a request."""
    found = select(Assignment).where(Assignment.request_id == request.id).execution_options(populate_existing=True)
    return db.scalars(found).one()


def accepted(db: Session, who: Known, by: Known, **changes: Any) -> tuple[ReferenceRequest, Assignment, ReferenceCall]:
    """A request that the advocate has accepted."""
    request = ask(db, who, by, **changes)
    assignment = answers.accept(db, assignment_of(db, request).id, by=who.actor)
    return request, assignment, call_of(db, assignment)


def call_of(db: Session, assignment: Assignment) -> ReferenceCall:
    """The call of an assignment."""
    found = select(ReferenceCall).where(ReferenceCall.assignment_id == assignment.id)
    return db.scalars(found.execution_options(populate_existing=True)).one()


def contacted(db: Session) -> None:
    """The mails that wait were sent."""
    db.execute(text("UPDATE message SET state = 'sent', sent_at = portal_now() WHERE state = 'queued'"))


def messages_to(db: Session, who: Known) -> list[str]:
    """The kinds of message somebody has, in order; those of the pool and of consent left out."""
    wanted = text("SELECT kind FROM message WHERE person_id = :who AND kind ~ '^(request|call)[.]' ORDER BY id")
    return list(db.scalars(wanted, {"who": who.id}))


def history_of(db: Session, request: ReferenceRequest) -> list[str]:
    """The kinds of a request's events, in order."""
    wanted = text("SELECT kind FROM request_event WHERE request_id = :request ORDER BY id")
    return list(db.scalars(wanted, {"request": request.id}))


def travel(db: Session, instant: datetime) -> None:
    """Begin a transaction that lives at an instant; it ends with the next commit or rollback."""
    db.rollback()
    set_now(db, instant)

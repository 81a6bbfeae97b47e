"""A request's history: one line for everything that happened to it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.references.models import Assignment, EventKind, ReferenceRequest, RequestEvent


def note(
    session: Session,
    request: ReferenceRequest,
    kind: EventKind,
    *,
    by: Actor,
    assignment: Assignment | None = None,
    **data: object,
) -> None:
    """Append a line to the history and to the audit record; `data` holds ids and plain values only."""
    about = {"assignment_id": assignment.id} if assignment is not None else {}
    session.add(
        RequestEvent(
            request_id=request.id,
            assignment_id=about.get("assignment_id"),
            kind=kind,
            actor_id=by.person_id,
            at=now(session),
            data=data,
        )
    )
    audit.record(session, f"request.{kind.value}", f"reference_request:{request.id}", by=by, **about, **data)

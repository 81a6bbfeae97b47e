"""What an advocate answers to an ask, and what happens when no answer comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.clock import now
from portal.consent.consents import ON_WITHDRAWAL, is_live
from portal.database.refusal import Conflict, NotFound
from portal.messages import messages
from portal.people.models import Person
from portal.references import contact, history
from portal.references.assignments import Locked, end, lock_of, move_assignment, move_request, settle
from portal.references.models import (
    OPEN_ASSIGNMENT,
    Assignment,
    AssignmentState,
    CallState,
    EventKind,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
)
from portal.references.names import shown_initials
from portal.references.wishes import end_of

CONTACT_FOR: Final = timedelta(days=14)
"""How long after the needed-by date contact data stays open to the rep."""

_OVER: Final = {
    AssignmentState.ACCEPTED: _l("You have already accepted this ask."),
    AssignmentState.DONE: _l("This took place already."),
    AssignmentState.DECLINED: _l("You have already said no to this ask. Nothing more is needed."),
    AssignmentState.EXPIRED: _l(
        "The time to answer is over. The ask has gone back to the rep; nothing more is needed."
    ),
    AssignmentState.WITHDRAWN: _l("This ask was taken back. Nothing more is needed."),
    AssignmentState.NO_SHOW: _l("This did not take place. Nothing more is needed."),
    AssignmentState.PROPOSED: _l("Nobody has asked you yet."),
}


def find(session: Session, public_id: UUID, *, by: Actor) -> Assignment:
    """One's own assignment that was asked. Refuses `NotFound` for a missing one and for somebody else's alike."""
    assignment = session.scalar(
        select(Assignment).where(
            Assignment.public_id == public_id, Assignment.person_id == by.person_id, Assignment.asked_at.is_not(None)
        )
    )
    if assignment is None:
        raise NotFound
    return assignment


def accept(session: Session, assignment_id: int, *, by: Actor) -> Assignment:
    """Agree to the call. From now on the rep may see name and address, for this request only; that is logged.

    A second tap changes nothing. Refuses `NotFound` for anybody but the advocate, `Conflict` for an ask that is over
    and where the consent it stands on has run out.
    """
    locked, assignment = _own(session, assignment_id, by)
    if assignment.state is AssignmentState.ACCEPTED:
        return assignment
    _still_asked(session, assignment)
    if not is_live(session, assignment.person_id, assignment.scope):
        raise Conflict(_("What you agreed to has run out. Agree again under My references, then accept."))
    request = locked.request
    moment = now(session)
    move_assignment(session, assignment, AssignmentState.ACCEPTED)
    assignment.answered_at = moment
    assignment.contact_until = end_of(request.needed_by) + CONTACT_FOR
    session.add(ReferenceCall(assignment_id=assignment.id, person_id=assignment.person_id, state=CallState.PROPOSED))
    if request.state is RequestState.WAITING:
        move_request(session, request, RequestState.SCHEDULED)
    history.note(session, request, EventKind.ACCEPTED, by=by, assignment=assignment)
    session.flush()
    contact.disclose(session, request, assignment, to_person_id=request.requested_by, by=by)
    messages.answered(session, f"assignment:{assignment.id}")
    _tell_rep(session, "request.accepted", request, assignment)
    return assignment


def decline(session: Session, assignment_id: int, *, by: Actor) -> Assignment:
    """Say "not this time", without a reason; the rep is free to ask somebody else. It still counts as an ask.

    A second tap changes nothing. Refuses `NotFound` for anybody but the advocate, `Conflict` for an ask that is over.
    """
    locked, assignment = _own(session, assignment_id, by)
    if assignment.state is AssignmentState.DECLINED:
        return assignment
    _still_asked(session, assignment)
    assignment.answered_at = now(session)
    end(session, assignment, AssignmentState.DECLINED)
    messages.answered(session, f"assignment:{assignment.id}")
    _over(session, locked, assignment, EventKind.DECLINED, "request.declined", by=by)
    return assignment


def step_back(session: Session, assignment_id: int, *, by: Actor) -> Assignment:
    """Take an acceptance back before the call took place: it is cancelled and the rep told; contact data closes.

    A second tap changes nothing. Refuses `NotFound` for anybody but the advocate, `Conflict` where there is no
    acceptance to take back.
    """
    locked, assignment = _own(session, assignment_id, by)
    if assignment.state is AssignmentState.WITHDRAWN:
        return assignment
    if assignment.state is not AssignmentState.ACCEPTED:
        raise Conflict(_OVER.get(assignment.state, _l("You have not accepted this ask.")))
    end(session, assignment, AssignmentState.WITHDRAWN)
    _over(session, locked, assignment, EventKind.STEPPED_BACK, "request.stepped_back", by=by)
    return assignment


def expire(session: Session, assignment_id: int) -> bool:
    """Let an ask end that nobody answered by its date: the rep is freed and told. Whether it was due."""
    locked, assignment = lock_of(session, assignment_id)
    if assignment.state is not AssignmentState.ASKED or not _overdue(session, assignment):
        return False
    end(session, assignment, AssignmentState.EXPIRED)
    messages.supersede(session, f"assignment:{assignment.id}")
    messages.answered(session, f"assignment:{assignment.id}")
    _over(session, locked, assignment, EventKind.EXPIRED, "request.expired", by=SYSTEM)
    return True


def overdue(session: Session, *, limit: int = 200) -> list[int]:
    """The asks whose time to answer is over, the oldest first."""
    due = select(Assignment.id).where(Assignment.state == AssignmentState.ASKED, Assignment.answer_by <= now(session))
    return list(session.scalars(due.order_by(Assignment.answer_by).limit(limit)))


def consent_ended(session: Session, person_id: int, scopes: frozenset[str]) -> None:
    """Close what stands on a consent that ends: open asks and accepted calls; the reps are told (trust.md, consent).

    Called under the person's lock, before the event is written.
    """
    standing = session.execute(
        select(Assignment.id, Assignment.request_id)
        .where(Assignment.person_id == person_id, Assignment.scope.in_(scopes))
        .where(Assignment.state.in_(OPEN_ASSIGNMENT))
        .order_by(Assignment.request_id, Assignment.id)
    ).all()
    if not standing:
        return
    session.scalars(
        select(ReferenceRequest)
        .where(ReferenceRequest.id.in_({row.request_id for row in standing}))
        .order_by(ReferenceRequest.id)
        .with_for_update(key_share=True)
    ).all()
    for row in standing:
        locked, assignment = lock_of(session, row.id)
        if not assignment.open:
            continue
        accepted = assignment.state is AssignmentState.ACCEPTED
        end(session, assignment, AssignmentState.WITHDRAWN, consent_ended=True)
        messages.supersede(session, f"assignment:{assignment.id}")
        _over(session, locked, assignment, EventKind.CONSENT_ENDED, "request.consent_ended", by=SYSTEM, call=accepted)


if consent_ended not in ON_WITHDRAWAL:
    ON_WITHDRAWAL.append(consent_ended)


def _own(session: Session, assignment_id: int, by: Actor) -> tuple[Locked, Assignment]:
    locked, assignment = lock_of(session, assignment_id)
    if by.person_id is None or assignment.person_id != by.person_id:
        raise NotFound
    return locked, assignment


def _still_asked(session: Session, assignment: Assignment) -> None:
    if assignment.state is not AssignmentState.ASKED:
        raise Conflict(_OVER[assignment.state])
    if _overdue(session, assignment):
        raise Conflict(_OVER[AssignmentState.EXPIRED])


def _overdue(session: Session, assignment: Assignment) -> bool:
    return assignment.answer_by is not None and assignment.answer_by <= now(session)


def _over(
    session: Session,
    locked: Locked,
    assignment: Assignment,
    kind: EventKind,
    message: str,
    *,
    by: Actor,
    **data: object,
) -> None:
    history.note(session, locked.request, kind, by=by, assignment=assignment)
    settle(session, locked, by=by)
    _tell_rep(session, message, locked.request, assignment, **data)


def _tell_rep(session: Session, kind: str, request: ReferenceRequest, assignment: Assignment, **data: object) -> None:
    name = session.scalars(select(Person.name).where(Person.id == assignment.person_id)).one()
    messages.notify(
        session,
        request.requested_by,
        kind,
        link=f"/sales/requests/{request.public_id}",
        subject_ref=f"reference_request:{request.id}",
        number=request.number,
        prospect=request.prospect_name,
        who=shown_initials(name),
        activity=assignment.activity,
        **data,
    )

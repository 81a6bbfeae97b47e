"""Asking customers for a reference call or another activity, and taking the ask back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from portal import jobs
from portal.audit import Actor
from portal.clock import now
from portal.consent.activities import REFERENCE_CALL
from portal.consent.consents import is_live
from portal.consent.scopes import scope_for
from portal.database.refusal import Conflict, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people.models import Company, Person, PersonRole
from portal.people.people import lock_company, lock_people
from portal.people.states import IN_PROGRAM, MANAGERS, STAFF, Role
from portal.program import current
from portal.references import exceptions, fatigue, history, wishes
from portal.references.assignments import Locked, end, lock_all, move_assignment, move_request
from portal.references.models import (
    Ask,
    AskSource,
    Assignment,
    AssignmentState,
    EventKind,
    ReferenceRequest,
    RequestState,
)
from portal.references.wishes import Wish, end_of

_NO_CONSENT: Final = _l("They do not agree to be asked for this. Choose somebody else.")

explain("fk_assignment_consent", _NO_CONSENT)
explain("assignment_activity", _NO_CONSENT)
explain("uq_assignment_request_id_person_id", _l("They are part of this request already."))


def seen_by(by: Actor) -> ColumnElement[bool]:
    """The requests that an actor may see: a rep their own, managers and administrators all."""
    if by.has(*MANAGERS):
        return true()
    return ReferenceRequest.requested_by == by.person_id if by.has(Role.SALES) else false()


def ask(
    session: Session,
    *,
    person_id: int,
    needed_by: date,
    topics: str,
    by: Actor,
    opportunity_id: int | None = None,
    prospect_name: str | None = None,
    prospect_industry: str | None = None,
    activity: str = REFERENCE_CALL,
    request_key: UUID | None = None,
) -> ReferenceRequest:
    """Ask one customer for a call or another activity, for a deal or for a prospect that is named. See `ask_all`."""
    return ask_all(
        session,
        person_ids=[person_id],
        needed_by=needed_by,
        topics=topics,
        by=by,
        opportunity_id=opportunity_id,
        prospect_name=prospect_name,
        prospect_industry=prospect_industry,
        activity=activity,
        request_key=request_key,
    )


def ask_all(
    session: Session,
    *,
    person_ids: Iterable[int],
    needed_by: date,
    topics: str,
    by: Actor,
    opportunity_id: int | None = None,
    prospect_name: str | None = None,
    prospect_industry: str | None = None,
    activity: str = REFERENCE_CALL,
    request_key: UUID | None = None,
) -> ReferenceRequest:
    """Ask several customers in one request: all or none. It is approved at once and waits for their answers.

    The same `request_key` again returns the first request (a second click). Refuses `NotAllowed` for all but staff and
    for oneself, `NotFound` for a deal of somebody else, `Invalid` for what was typed, `Conflict` without live consent
    for the activity and its audience, `LimitReached` with the sentence of the limit (trust.md, fatigue).
    """
    by.require(*STAFF)
    if by.person_id is None:
        raise NotAllowed
    wanted = sorted(set(person_ids))
    people = lock_people(session, wanted)
    earlier = _asked_before(session, request_key, by)
    if earlier is not None:
        return earlier
    wish = wishes.wish(
        session,
        needed_by=needed_by,
        topics=topics,
        opportunity_id=opportunity_id,
        prospect_name=prospect_name,
        prospect_industry=prospect_industry,
        activity=activity,
        by=by,
    )
    scopes = _askable(session, _known(people, wanted), wish, by=by)
    request = _open(session, wish, by=by, request_key=request_key)
    for person in people:
        _assign(session, request, person, scopes[person.id], wish, by=by)
    move_request(session, request, RequestState.WAITING)
    return request


def withdraw(session: Session, request_id: int, *, by: Actor) -> ReferenceRequest:
    """Take a request back: everybody who was asked is told, nobody has to answer any more.

    A second click changes nothing. Refuses `NotFound` for somebody else's, `Conflict` once the call took place.
    """
    owned(session, request_id, by=by)
    locked = lock_all(session, request_id)
    request = locked.request
    if request.state is RequestState.WITHDRAWN:
        return request
    if request.state in (RequestState.HELD, RequestState.CLOSED):
        raise Conflict(_("It took place already; there is nothing left to withdraw."))
    move_request(session, request, RequestState.WITHDRAWN)
    history.note(session, request, EventKind.WITHDRAWN, by=by)
    release(session, locked)
    return request


def release(session: Session, locked: Locked) -> None:
    """Take the ask back from everybody who still has an open part in a request, and tell those whom it had reached."""
    for assignment in locked.open:
        if not end(session, assignment, AssignmentState.WITHDRAWN):
            _tell_no_longer(session, locked.request, assignment)


def owned(session: Session, request_id: int, *, by: Actor) -> ReferenceRequest:
    """A request that the actor may act on. Refuses `NotFound` for a missing one and for somebody else's alike."""
    request = session.scalar(select(ReferenceRequest).where(ReferenceRequest.id == request_id, seen_by(by)))
    if request is None:
        raise NotFound
    return request


def _asked_before(session: Session, request_key: UUID | None, by: Actor) -> ReferenceRequest | None:
    if request_key is None:
        return None
    earlier = session.scalar(select(ReferenceRequest).where(ReferenceRequest.request_key == request_key))
    if earlier is not None and earlier.requested_by != by.person_id:
        raise Conflict(_("This form was used before. Reload the page and try again."))
    return earlier


def _known(people: Sequence[Person], wanted: Sequence[int]) -> Sequence[Person]:
    if not people or len(people) != len(wanted):
        raise NotFound
    return people


def _are_in_the_program(session: Session, person_ids: Sequence[int]) -> None:
    """Refuse (`Conflict`) who is suspended, has left or is no advocate any more; who is paused, their limits refuse."""
    active = (
        select(func.count())
        .select_from(Person)
        .join(PersonRole, (PersonRole.person_id == Person.id) & (PersonRole.role == Role.ADVOCATE))
        .where(Person.id.in_(person_ids), Person.suspended_at.is_(None))
        .where(Person.advocate_status.in_(IN_PROGRAM))
    )
    if session.scalar(active) != len(person_ids):
        raise Conflict(_l("They take part in the program no longer. Choose somebody else."))


def _askable(session: Session, people: Sequence[Person], wish: Wish, *, by: Actor) -> dict[int, str]:
    """Refuse those who cannot be asked, and lock their companies; the scope of consent under which each is asked."""
    if any(person.id == by.person_id for person in people):
        raise NotAllowed(_("You cannot ask yourself."))
    _are_in_the_program(session, [person.id for person in people])
    companies = {
        company_id: lock_company(session, company_id)
        for company_id in sorted({person.company_id for person in people if person.company_id is not None})
    }
    scopes = {person.id: _scope(session, person, companies, wish) for person in people}
    for person in people:
        exceptions.require_askable(session, person, wish, by=by)
    return scopes


def _scope(session: Session, person: Person, companies: dict[int, Company], wish: Wish) -> str:
    own = companies[person.company_id].industry if person.company_id is not None else None
    scope = scope_for(wish.activity.key, own, wish.prospect.industry)
    if not is_live(session, person.id, scope):
        raise Conflict(_NO_CONSENT)
    return scope


def _open(session: Session, wish: Wish, *, by: Actor, request_key: UUID | None) -> ReferenceRequest:
    assert by.person_id is not None
    request = ReferenceRequest(
        request_key=request_key,
        opportunity_id=wish.opportunity_id,
        requested_by=by.person_id,
        activity_type_id=wish.activity.id,
        prospect_name=wish.prospect.name,
        prospect_industry=wish.prospect.industry,
        prospect_country=wish.prospect.country,
        prospect_size_band=wish.prospect.size_band,
        product=wish.prospect.product,
        topics=wish.topics,
        needed_by=wish.needed_by,
        state=RequestState.REQUESTED,
        state_since=now(session),
        created_at=now(session),
    )
    session.add(request)
    session.flush()
    history.note(session, request, EventKind.REQUESTED, by=by, opportunity_id=wish.opportunity_id)
    move_request(session, request, RequestState.APPROVED)
    history.note(session, request, EventKind.APPROVED, by=by)
    return request


def _assign(
    session: Session, request: ReferenceRequest, person: Person, scope: str, wish: Wish, *, by: Actor
) -> Assignment:
    assignment = Assignment(
        request_id=request.id,
        person_id=person.id,
        company_id=person.company_id,
        scope=scope,
        points=wish.activity.points,
        state=AssignmentState.PROPOSED,
    )
    move_assignment(session, assignment, AssignmentState.ASKED)
    assignment.asked_at = now(session)
    assignment.answer_by = min(now(session) + timedelta(hours=current(session).answer_hours), end_of(request.needed_by))
    session.add(assignment)
    session.flush()
    counted = Ask(
        person_id=person.id,
        activity_type_id=wish.activity.id,
        assignment_id=assignment.id,
        source=AskSource.PORTAL,
        asked_at=now(session),
    )
    session.add(counted)
    session.flush()
    excepted = exceptions.used_by(session, counted.id, by=by)
    history.note(session, request, EventKind.ASKED, by=by, assignment=assignment, **excepted)
    fatigue.note_in_pool(session, person.id)
    seconds = max(1, int((assignment.answer_by - now(session)).total_seconds()))
    jobs.defer(session, "references.expire_ask", in_seconds=seconds, assignment_id=assignment.id)
    tell_of_ask(session, request, assignment)
    return assignment


def tell_of_ask(session: Session, request: ReferenceRequest, assignment: Assignment, kind: str = "request.ask") -> None:
    """Write the ask to its advocate, or remind of it (`request.reminder`)."""
    assert assignment.answer_by is not None
    messages.notify(
        session,
        assignment.person_id,
        kind,
        link=f"/asks/{assignment.public_id}",
        subject_ref=f"assignment:{assignment.id}",
        industry=request.prospect_industry,
        needed_by=request.needed_by.isoformat(),
        answer_by=assignment.answer_by.isoformat(),
        topics=request.topics,
        points=assignment.points,
        activity=assignment.activity,
    )


def _tell_no_longer(session: Session, request: ReferenceRequest, assignment: Assignment) -> None:
    messages.notify(
        session,
        assignment.person_id,
        "request.withdrawn",
        link=f"/asks/{assignment.public_id}",
        subject_ref=f"assignment:{assignment.id}",
        industry=request.prospect_industry,
    )

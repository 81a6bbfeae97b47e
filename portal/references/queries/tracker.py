"""One request for its page, in four statements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.audit import Actor
from portal.clock import now
from portal.consent.models import Disclosure
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail
from portal.references.contact import Contact, agreed
from portal.references.models import (
    CONFIRMABLE_FOR,
    ActivityType,
    Assignment,
    AssignmentState,
    CallFeedback,
    CallState,
    CallTime,
    Opportunity,
    ReferenceCall,
    ReferenceRequest,
    RequestEvent,
    Side,
)
from portal.references.queries.standing import Asked, Event, Time, Tracker
from portal.references.requests import seen_by

MOST_EVENTS = 100


def tracker(session: Session, public_id: UUID, *, by: Actor) -> Tracker:
    """A request that somebody may see, in four statements. Refuses `NotFound`: foreign and missing look alike."""
    note = (
        select(CallFeedback.note)
        .join(ReferenceCall, ReferenceCall.id == CallFeedback.call_id)
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .where(Assignment.request_id == ReferenceRequest.id, CallFeedback.side == Side.SALES)
        .limit(1)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            ReferenceRequest.id,
            ReferenceRequest.public_id,
            ReferenceRequest.state,
            ReferenceRequest.state_since,
            ReferenceRequest.prospect_name.label("prospect"),
            ReferenceRequest.prospect_industry.label("industry"),
            ReferenceRequest.product,
            ReferenceRequest.topics,
            ReferenceRequest.needed_by,
            ReferenceRequest.created_at,
            ReferenceRequest.outcome,
            note.label("outcome_note"),
            Person.name.label("rep"),
            (ReferenceRequest.requested_by == by.person_id).label("mine"),
            ActivityType.key.label("activity"),
            Opportunity.public_id.label("deal_public_id"),
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.closed_on.label("closes_on"),
        )
        .join(Person, Person.id == ReferenceRequest.requested_by)
        .join(ActivityType, ActivityType.id == ReferenceRequest.activity_type_id)
        .outerjoin(Opportunity, Opportunity.id == ReferenceRequest.opportunity_id)
        .where(ReferenceRequest.public_id == public_id, seen_by(by))
    ).one_or_none()
    if row is None:
        raise NotFound
    return Tracker(**row._mapping, asked=_asked(session, row.id, by), events=_events(session, row.id, by))


def _asked(session: Session, request_id: int, by: Actor) -> list[Asked]:
    shown = (
        Assignment.state.in_((AssignmentState.ACCEPTED, AssignmentState.DONE))
        & (Assignment.contact_until > now(session))
        & exists().where(
            Disclosure.person_id == Assignment.person_id,
            Disclosure.to_person_id == by.person_id,
            Disclosure.subject == func.concat("assignment:", Assignment.id),
        )
        & agreed(session)
    )
    found = session.execute(
        select(
            Assignment.id,
            Assignment.public_id,
            Assignment.person_id,
            func.portal_initials(Person.name).label("initials"),
            case((shown, Person.title), else_=func.portal_untold(Person.title, Person.name, Company.name)).label(
                "title"
            ),
            Company.industry,
            Company.country,
            Assignment.state,
            Assignment.answer_by,
            Assignment.asked_at,
            ReferenceCall.id.label("call_id"),
            ReferenceCall.public_id.label("call_public_id"),
            ReferenceCall.state.label("call_state"),
            func.coalesce(
                (ReferenceCall.state == CallState.CANCELLED)
                & (ReferenceCall.consent_ended_at > now(session) - CONFIRMABLE_FOR)
                & func.coalesce(ReferenceCall.starts_at <= ReferenceCall.consent_ended_at, True),
                False,
            ).label("call_given"),
            ReferenceCall.starts_at,
            ReferenceCall.place,
            ReferenceCall.sequence,
            ReferenceCall.times_wanted_at.is_not(None).label("times_wanted"),
            func.coalesce(ReferenceCall.starts_at > now(session), False).label("ahead"),
            case((shown, Person.name)).label("name"),
            case((shown, Company.name)).label("company"),
            case((shown, PersonEmail.address)).label("email"),
        )
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.is_primary)
        .outerjoin(ReferenceCall, ReferenceCall.assignment_id == Assignment.id)
        .where(Assignment.request_id == request_id)
        .order_by(Assignment.id)
    )
    rows, times = found.all(), _times(session, request_id)
    return [_one(dict(row._mapping), times.get(row.call_id, [])) for row in rows]


def _times(session: Session, request_id: int) -> dict[int, list[Time]]:
    """The times on offer for the calls of a request; only for those that are open."""
    found = session.execute(
        select(CallTime.call_id, CallTime.public_id, CallTime.starts_at)
        .join(ReferenceCall, ReferenceCall.id == CallTime.call_id)
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .where(Assignment.request_id == request_id, Assignment.state == AssignmentState.ACCEPTED)
        .where(CallTime.withdrawn_at.is_(None))
        .order_by(CallTime.call_id, CallTime.starts_at)
    )
    times: dict[int, list[Time]] = {}
    for row in found:
        times.setdefault(row.call_id, []).append(Time(row.public_id, row.starts_at))
    return times


def _one(row: dict[str, Any], times: list[Time]) -> Asked:
    name, company, email = row.pop("name"), row.pop("company"), row.pop("email")
    return Asked(**row, times=times, contact=Contact(name, row["title"], company, email) if name else None)


def _events(session: Session, request_id: int, by: Actor) -> list[Event]:
    actor, advocate = aliased(Person), aliased(Person)
    found = session.execute(
        select(
            RequestEvent.kind,
            RequestEvent.at,
            func.portal_initials(advocate.name).label("who"),
            case((actor.id.is_distinct_from(Assignment.person_id), actor.name)).label("actor"),
            func.coalesce(RequestEvent.actor_id == by.person_id, False).label("mine"),
            RequestEvent.data,
        )
        .outerjoin(Assignment, Assignment.id == RequestEvent.assignment_id)
        .outerjoin(advocate, advocate.id == Assignment.person_id)
        .outerjoin(actor, actor.id == RequestEvent.actor_id)
        .where(RequestEvent.request_id == request_id)
        .order_by(RequestEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return [Event(**row._mapping) for row in found]

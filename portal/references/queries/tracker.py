"""One request as its page shows it: where it stands, who has it, what happens next, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.audit import Actor
from portal.clock import now
from portal.consent.models import Disclosure
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail
from portal.references.contact import Contact, agreed
from portal.references.models import (
    STEPS,
    Assignment,
    AssignmentState,
    CallFeedback,
    CallState,
    EventKind,
    Opportunity,
    Outcome,
    ReferenceCall,
    ReferenceRequest,
    RequestEvent,
    RequestState,
    Side,
)
from portal.references.requests import seen_by

MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was asked, as they may be shown: initials, and contact data only where it was disclosed."""

    id: int
    public_id: UUID
    person_id: int
    initials: str
    title: str | None
    industry: str | None
    country: str | None
    state: AssignmentState
    answer_by: datetime | None
    asked_at: datetime | None
    call_id: int | None
    call_public_id: UUID | None
    call_state: CallState | None
    contact: Contact | None

    @property
    def contact_open(self) -> bool:
        """Whether they accepted, so that contact data can be shown."""
        return self.state in (AssignmentState.ACCEPTED, AssignmentState.DONE)

    @property
    def shown(self) -> str:
        """What they are called on this page."""
        return self.contact.name if self.contact else self.initials


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history; `who` is the advocate it is about, by initials, `actor` the member of staff who acted."""

    kind: EventKind
    at: datetime
    who: str | None
    actor: str | None
    mine: bool
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the six steps."""

    label: str
    note: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Tracker:
    """All that the page of a request shows."""

    id: int
    public_id: UUID
    state: RequestState
    state_since: datetime
    prospect: str
    industry: str | None
    product: str | None
    topics: str
    needed_by: date
    created_at: datetime
    outcome: Outcome | None
    outcome_note: str | None
    rep: str
    mine: bool
    deal_public_id: UUID | None
    amount: Decimal | None
    currency: str | None
    closes_on: date | None
    asked: Sequence[Asked]
    events: Sequence[Event]

    @property
    def number(self) -> str:
        """What people call the request."""
        return f"REQ-{self.id}"

    @property
    def questions(self) -> list[str]:
        """What the prospect wants to know, a line each."""
        return [line.strip() for line in self.topics.splitlines() if line.strip()]

    @property
    def current(self) -> Asked | None:
        """Whom the request is with: who accepted, else who is asked, else who was asked last."""
        order = (AssignmentState.ACCEPTED, AssignmentState.DONE, AssignmentState.ASKED)
        for state in order:
            for one in self.asked:
                if one.state is state:
                    return one
        return self.asked[-1] if self.asked else None

    @property
    def call(self) -> Asked | None:
        """The call that waits to be confirmed."""
        return next((one for one in self.asked if one.call_state is CallState.SCHEDULED), None)

    @property
    def held(self) -> Asked | None:
        """A call that took place."""
        return next((one for one in self.asked if one.call_state is CallState.HELD), None)

    @property
    def expected(self) -> datetime | date | None:
        """By when the next thing is expected: an answer, or the call."""
        if self.state is RequestState.WAITING:
            due = [one.answer_by for one in self.asked if one.state is AssignmentState.ASKED and one.answer_by]
            return min(due) if due else None
        return self.needed_by if self.state is RequestState.SCHEDULED else None

    @property
    def asks_by_itself(self) -> date:
        """The day on which the portal asks whether the call took place."""
        return self.needed_by + timedelta(days=1)

    @property
    def steps(self) -> list[Step]:
        """The six steps with the moment each was reached; an exit stands where it left the way."""
        reached = self._reached()
        over = not self.state.open and self.state is not RequestState.CLOSED
        stop = max((n for n, step in enumerate(STEPS) if step in reached), default=0)
        steps = []
        for number, step in enumerate(STEPS):
            label = str(step.label)
            if step is RequestState.WAITING and self.current and number == stop and not over:
                label = str(_("Waiting for %(who)s", who=self.current.initials))
            if over and number == stop:
                steps.append(Step(str(self.state.label), self.state_since, "stopped"))
            elif number < stop or self.state is RequestState.CLOSED:
                steps.append(Step(label, reached.get(step), "done"))
            else:
                steps.append(Step(label, reached.get(step), "now" if number == stop else "todo"))
        return steps

    def _reached(self) -> dict[RequestState, datetime]:
        first: dict[RequestState, datetime] = {}
        for event in reversed(self.events):
            step = _STEP_OF.get(event.kind)
            if step is not None and step not in first:
                first[step] = event.at
        return first


_STEP_OF = {
    EventKind.REQUESTED: RequestState.REQUESTED,
    EventKind.APPROVED: RequestState.APPROVED,
    EventKind.ASKED: RequestState.WAITING,
    EventKind.ACCEPTED: RequestState.SCHEDULED,
    EventKind.HELD: RequestState.HELD,
    EventKind.CLOSED: RequestState.CLOSED,
}


def tracker(session: Session, public_id: UUID, *, by: Actor) -> Tracker:
    """A request that somebody may see, in three statements. Refuses `NotFound`: foreign and missing look alike."""
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
            Opportunity.public_id.label("deal_public_id"),
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.closed_on.label("closes_on"),
        )
        .join(Person, Person.id == ReferenceRequest.requested_by)
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
    return [_one(dict(row._mapping)) for row in found]


def _one(row: dict[str, Any]) -> Asked:
    name, company, email = row.pop("name"), row.pop("company"), row.pop("email")
    return Asked(**row, contact=Contact(name, row["title"], company, email) if name else None)


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

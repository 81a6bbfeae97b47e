"""Asks as the advocate sees them: before acceptance the industry and the questions, afterwards who will call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, case, exists, func, select
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.people.models import Person, PersonEmail
from portal.references.activity_words import Words, words_of
from portal.references.models import (
    MOST_TIMES,
    Assignment,
    AssignmentState,
    CallFeedback,
    CallState,
    CallTime,
    ReferenceCall,
    ReferenceRequest,
    Side,
)

_WITH_NAMES = (AssignmentState.ACCEPTED, AssignmentState.DONE)


@dataclass(frozen=True, slots=True)
class TheAsk:
    """One ask; prospect, rep and their address are None until it was accepted."""

    id: int
    public_id: UUID
    state: AssignmentState
    points: int
    topics: str
    industry: str | None
    product: str | None
    needed_by: date
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    prospect: str | None
    rep: str | None
    rep_email: str | None
    call_id: int | None
    call_state: CallState | None
    said: bool
    late: bool
    starts_at: datetime | None
    place: str | None
    times_wanted: bool
    contact_until: datetime | None
    begun: bool
    scope: str

    @property
    def words(self) -> Words:
        """The words of its activity."""
        return words_of(self.scope.partition(":")[0])

    @property
    def waits(self) -> bool:
        """Whether it can still be answered."""
        return self.state is AssignmentState.ASKED and not self.late

    @property
    def questions(self) -> list[str]:
        """What the prospect wants to know, a line each."""
        return [line.strip() for line in self.topics.splitlines() if line.strip()]


def ask(session: Session, public_id: UUID, person_id: int) -> TheAsk:
    """One's own ask. Refuses `NotFound` for a missing one and for somebody else's alike."""
    found = session.execute(_statement().where(Assignment.public_id == public_id), {"person": person_id}).first()
    if found is None:
        raise NotFound
    return TheAsk(*tuple(found))


def times(session: Session, call_id: int) -> list[datetime]:
    """The times that are on offer for a call, the earliest first."""
    offered = select(CallTime.starts_at).where(CallTime.call_id == call_id, CallTime.withdrawn_at.is_(None))
    return list(session.scalars(offered.order_by(CallTime.starts_at).limit(MOST_TIMES)))


def waiting(session: Session, person_id: int, *, limit: int = 5) -> list[TheAsk]:
    """The asks that wait for this advocate's answer, the most urgent first; for their home and references pages."""
    return [TheAsk(*tuple(row)) for row in _waiting(session, person=person_id, rows=limit)]


@Prepared
def _waiting() -> Select[*tuple[Any, ...]]:
    mine = _statement().where(Assignment.state == AssignmentState.ASKED, Assignment.answer_by > PORTAL_NOW)
    return mine.order_by(Assignment.answer_by).limit(bindparam("rows", type_=BigInteger))


def _statement() -> Select[*tuple[Any, ...]]:
    person = bindparam("person", type_=BigInteger)
    named = Assignment.state.in_(_WITH_NAMES)
    said = exists().where(CallFeedback.call_id == ReferenceCall.id, CallFeedback.side == Side.ADVOCATE)
    return (
        select(
            Assignment.id,
            Assignment.public_id,
            Assignment.state,
            Assignment.points,
            ReferenceRequest.topics,
            ReferenceRequest.prospect_industry.label("industry"),
            ReferenceRequest.product,
            ReferenceRequest.needed_by,
            Assignment.asked_at,
            Assignment.answer_by,
            Assignment.answered_at,
            case((named, ReferenceRequest.prospect_name)).label("prospect"),
            case((named, Person.name)).label("rep"),
            case((named, PersonEmail.address)).label("rep_email"),
            ReferenceCall.id.label("call_id"),
            ReferenceCall.state.label("call_state"),
            said.label("said"),
            (Assignment.answer_by <= PORTAL_NOW).label("late"),
            ReferenceCall.starts_at,
            ReferenceCall.place,
            ReferenceCall.times_wanted_at.is_not(None).label("times_wanted"),
            Assignment.contact_until,
            func.coalesce(ReferenceCall.starts_at <= PORTAL_NOW, False).label("begun"),
            Assignment.scope,
        )
        .join(ReferenceRequest, ReferenceRequest.id == Assignment.request_id)
        .join(Person, Person.id == ReferenceRequest.requested_by)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.is_primary)
        .outerjoin(ReferenceCall, ReferenceCall.assignment_id == Assignment.id)
        .where(Assignment.person_id == person, Assignment.asked_at.is_not(None))
    )

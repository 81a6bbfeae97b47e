"""Telling both sides, and their calendars, when a call takes place, that it has moved, or that it is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import BigInteger, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from portal.clock import now
from portal.consent.consents import is_live
from portal.messages import messages
from portal.messages.kinds import CalendarPart
from portal.people.models import Person, PersonEmail
from portal.references import calendars
from portal.references.activity_words import words_of
from portal.references.calendars import CallEvent, Method, Side
from portal.references.models import Assignment, CallState, ReferenceCall, ReferenceRequest
from portal.references.names import shown_initials
from portal.settings import Settings


class Told(StrEnum):
    """What a calendar is told of a call: that it has a time, has another time or place, or is off."""

    INVITED = "invited"
    MOVED = "moved"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Sides:
    """A call with both sides; a side without an address is None, and so is the advocate where nothing may be shown."""

    call: ReferenceCall
    assignment: UUID
    request: UUID
    prospect: str
    advocate_id: int
    rep_id: int
    initials: str
    activity: str
    advocate: Side | None
    rep: Side | None

    def summary(self, side: str) -> str:
        """What the call is called in the calendar of a side."""
        if side == "advocate":
            return words_of(self.activity).earned(self.prospect)
        what = words_of(self.activity).activity.name
        return str(_("%(what)s for %(prospect)s with %(who)s", what=what, prospect=self.prospect, who=self.initials))

    def path(self, side: str) -> str:
        """The page of the call for a side."""
        return f"/asks/{self.assignment}" if side == "advocate" else f"/sales/requests/{self.request}"


def tell(session: Session, call: ReferenceCall, told: Told, starts_at: datetime) -> None:
    """Write both sides what became of a call at a time, under the next number; call it once the call was changed."""
    call.sequence += 1
    session.flush()
    sides = sides_of(session, call.id)
    messages.answered(session, f"call:{call.id}")
    for person_id, side in ((sides.advocate_id, "advocate"), (sides.rep_id, "sales")):
        messages.notify(
            session,
            person_id,
            "call.invite",
            link=sides.path(side),
            subject_ref=f"call:{call.id}",
            told=told.value,
            side=side,
            starts_at=starts_at.isoformat(),
            sequence=call.sequence,
            place=call.place,
            prospect=sides.prospect,
            who=sides.initials,
            activity=sides.activity,
        )


def part(session: Session, call_id: int, data: Mapping[str, Any], settings: Settings) -> CalendarPart:
    """What the mail of such a message tells the calendar of its reader.

    A cancellation names its reader and the rep who invited, nobody else: contact data have closed by then.
    """
    sides, side = sides_of(session, call_id), str(data["side"])
    cancelled = data["told"] == Told.CANCELLED
    event = CallEvent(
        call=sides.call.public_id,
        sequence=int(data["sequence"]),
        starts_at=datetime.fromisoformat(data["starts_at"]),
        stamp=now(session),
        summary=sides.summary(side),
        path=sides.path(side),
        place=data.get("place"),
        rep=sides.rep,
        advocate=None if cancelled and side != "advocate" else sides.advocate,
    )
    method = Method.CANCEL if cancelled else Method.REQUEST
    return CalendarPart(method.value, calendars.write(event, method, settings))


def file(session: Session, call_id: int, side: str, settings: Settings) -> bytes:
    """A scheduled call as a file for whoever keeps their calendar by hand."""
    sides = sides_of(session, call_id)
    call = sides.call
    assert call.starts_at is not None, "a scheduled call has a time"
    event = CallEvent(
        call=call.public_id,
        sequence=call.sequence,
        starts_at=call.starts_at,
        stamp=now(session),
        summary=sides.summary(side),
        path=sides.path(side),
        place=call.place,
        rep=sides.rep,
        advocate=None,
    )
    return calendars.write(event, Method.PUBLISH, settings)


def stands(session: Session, call_id: int, sequence: int) -> bool:
    """Whether a call is still scheduled as it was told under a number, by somebody who agrees to it."""
    row = session.execute(
        select(Assignment.person_id, Assignment.scope)
        .join(ReferenceCall, ReferenceCall.assignment_id == Assignment.id)
        .where(ReferenceCall.id == call_id, ReferenceCall.sequence == sequence)
        .where(ReferenceCall.state == CallState.SCHEDULED)
    ).one_or_none()
    return row is not None and is_live(session, row.person_id, row.scope)


def sides_of(session: Session, call_id: int) -> Sides:
    """A call with both of its sides, in one statement."""
    row = session.execute(_sides(), {"call": call_id}).one()
    return Sides(
        call=row.ReferenceCall,
        assignment=row.assignment,
        request=row.request,
        prospect=row.prospect_name,
        advocate_id=row.advocate_id,
        rep_id=row.rep_id,
        initials=shown_initials(row.advocate_name),
        activity=row.scope.partition(":")[0],
        advocate=Side(row.advocate_name, row.advocate_address) if row.advocate_address else None,
        rep=Side(row.rep_name, row.rep_address) if row.rep_address else None,
    )


def _sides() -> Select[*tuple[Any, ...]]:
    advocate, rep, theirs, ours = aliased(Person), aliased(Person), aliased(PersonEmail), aliased(PersonEmail)
    return (
        select(
            ReferenceCall,
            Assignment.public_id.label("assignment"),
            Assignment.scope,
            ReferenceRequest.public_id.label("request"),
            ReferenceRequest.prospect_name,
            advocate.id.label("advocate_id"),
            advocate.name.label("advocate_name"),
            theirs.address.label("advocate_address"),
            rep.id.label("rep_id"),
            rep.name.label("rep_name"),
            ours.address.label("rep_address"),
        )
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .join(ReferenceRequest, ReferenceRequest.id == Assignment.request_id)
        .join(advocate, advocate.id == Assignment.person_id)
        .join(rep, rep.id == ReferenceRequest.requested_by)
        .outerjoin(theirs, (theirs.person_id == advocate.id) & theirs.is_primary)
        .outerjoin(ours, (ours.person_id == rep.id) & ours.is_primary)
        .where(ReferenceCall.id == bindparam("call", type_=BigInteger))
    )

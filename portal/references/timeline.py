"""What somebody was asked for, what they answered, and the calls that came of it."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from portal.people.timeline import FIGURES, Chapter, Figure, Told, line, public, source
from portal.references import fatigue
from portal.references.models import (
    Ask,
    AskSource,
    Assignment,
    CallState,
    EventKind,
    ReferenceCall,
    ReferenceRequest,
    RequestEvent,
)
from portal.web.words import day

_WORDS: Final = {
    EventKind.ASKED: (_l("Asked for a call"), "heart-handshake", "info"),
    EventKind.ACCEPTED: (_l("Said yes to a call"), "check", "ok"),
    EventKind.TIMES_OFFERED: (_l("Offered times for a call"), "calendar-check", "brand"),
    EventKind.TIMES_WANTED: (_l("Asked for other times"), "clock", "warn"),
    EventKind.TIME_PICKED: (_l("A time was picked for the call"), "calendar-check", "ok"),
    EventKind.DECLINED: (_l("Said no to a call"), "minus", "brand"),
    EventKind.EXPIRED: (_l("Did not answer in time"), "clock", "warn"),
    EventKind.STEPPED_BACK: (_l("Stepped back from a call"), "undo-2", "brand"),
    EventKind.CONSENT_ENDED: (_l("The ask ended with the consent"), "shield", "brand"),
    EventKind.HELD: (_l("Call held"), "phone", "ok"),
    EventKind.NO_SHOW: (_l("The call did not take place"), "x", "warn"),
    EventKind.FEEDBACK: (_l("Feedback on the call"), "message-square", "brand"),
}
"""What concerns the person; the rest of a request's history is on its own page."""


def _events(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        RequestEvent.at,
        RequestEvent.id,
        word=RequestEvent.kind,
        title=ReferenceRequest.prospect_name,
        amount=ReferenceRequest.id,
        by=RequestEvent.actor_id,
        ref=ReferenceRequest.public_id,
    )
    same = and_(Assignment.id == RequestEvent.assignment_id, Assignment.request_id == RequestEvent.request_id)
    joined = made.join(Assignment, same)  # by the request too: that is what the events are indexed by
    joined = joined.join(ReferenceRequest, ReferenceRequest.id == RequestEvent.request_id)
    return joined.where(Assignment.person_id == person, RequestEvent.kind.in_(list(_WORDS)))


def _outside(person: ColumnElement[int]) -> Select[Any]:
    made = line(Ask.asked_at, Ask.id)
    return made.where(Ask.person_id == person, Ask.source == AskSource.OUTSIDE)


@source("references.outside", Chapter.REFERENCES, _outside)
def _tell_outside(_row: Row[Any]) -> Told:
    return Told(_l("A call that was arranged outside"), None, "phone")


@source("references.event", Chapter.REFERENCES, _events)
def _tell(row: Row[Any]) -> Told:
    title, icon, tone = _WORDS[EventKind(row.word)]
    return Told(title, f"REQ-{row.amount}, {row.title}", icon, tone, public("/admin/requests", row.ref))


def _held(session: Session, person_id: int) -> Figure:
    held = ReferenceCall.state == CallState.HELD
    found = session.scalar(select(func.count()).where(ReferenceCall.person_id == person_id, held))
    return Figure(_l("Calls held"), str(found or 0))


def _load(session: Session, person_id: int) -> Figure | None:
    load = fatigue.loads(session, [person_id]).get(person_id)
    if load is None:
        return None
    until = load.resting_until
    free = _("Rests until %(day)s", day=day(until)) if until else None
    return Figure(_l("Asks this quarter"), _("%(n)s of %(most)s", n=load.asks, most=load.allowed), free)


FIGURES.extend((_held, _load))

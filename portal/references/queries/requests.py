"""Requests as lists: a rep's own, a deal's, and all of them for the program team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import PORTAL_NOW, now
from portal.people.models import Person
from portal.references.activity_words import words_of
from portal.references.models import ActivityType, Assignment, AssignmentState, ReferenceRequest, RequestState
from portal.references.requests import seen_by
from portal.web.paging import Cursor, Page, page_of

PER_PAGE = 30
SOON = timedelta(hours=24)
"""An answer or a call that is due within this time is due soon."""


class Show(StrEnum):
    """Which requests a list shows."""

    OPEN = "open"
    DUE = "due"
    UNANSWERED = "unanswered"
    OVER = "over"
    ALL = "all"

    @property
    def label(self) -> LazyString:
        """The choice as people read it."""
        return _LABELS[self]


_LABELS = {
    Show.OPEN: _l("Under way"),
    Show.DUE: _l("Due soon"),
    Show.UNANSWERED: _l("Unanswered"),
    Show.OVER: _l("Over"),
    Show.ALL: _l("All"),
}
_UNDER_WAY = (
    RequestState.REQUESTED,
    RequestState.APPROVED,
    RequestState.WAITING,
    RequestState.SCHEDULED,
    RequestState.HELD,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list; `who` are the initials of whom it is with, `more` how many others were asked."""

    id: int
    public_id: UUID
    prospect: str
    industry: str | None
    state: RequestState
    state_since: datetime
    needed_by: date
    answer_by: datetime | None
    rep: str
    mine: bool
    who: str | None
    more: int
    late: bool
    activity: str

    @property
    def number(self) -> str:
        """What people call the request."""
        return f"REQ-{self.id}"

    @property
    def what(self) -> LazyString:
        """What was asked for."""
        return words_of(self.activity).activity.name


def requests(
    session: Session, *, by: Actor, show: Show = Show.OPEN, own: bool = False, after: Cursor | None = None,
    limit: int = PER_PAGE,
) -> Page[Row]:  # fmt: skip
    """The requests that somebody may see, the newest first; `own`: only those that they asked for themselves."""
    statement = _statement(by).where(seen_by(by), _shown(show))
    if own:
        statement = statement.where(ReferenceRequest.requested_by == by.person_id)
    if after is not None:
        statement = statement.where(ReferenceRequest.id < int(after[0]))
    rows = _rows(session, statement.order_by(ReferenceRequest.id.desc()).limit(limit + 1))
    return page_of(rows, limit, lambda row: (row.id,))


def of_deal(session: Session, opportunity_id: int, *, by: Actor, limit: int = 10) -> list[Row]:
    """The newest requests for a deal that somebody may see."""
    statement = _statement(by).where(seen_by(by), ReferenceRequest.opportunity_id == opportunity_id)
    return _rows(session, statement.order_by(ReferenceRequest.id.desc()).limit(limit))


def _shown(show: Show) -> ColumnElement[bool]:
    waiting = ReferenceRequest.state == RequestState.WAITING
    conditions: dict[Show, ColumnElement[bool]] = {
        Show.OPEN: ReferenceRequest.state.in_(_UNDER_WAY),
        Show.UNANSWERED: waiting,
        Show.DUE: or_(
            and_(waiting, _answer_by() <= PORTAL_NOW + SOON),
            and_(
                ReferenceRequest.state == RequestState.SCHEDULED,
                ReferenceRequest.needed_by <= func.date(PORTAL_NOW + SOON),
            ),
        ),
        Show.OVER: ReferenceRequest.state.not_in(_UNDER_WAY),
        Show.ALL: ReferenceRequest.id > 0,
    }
    return conditions[show]


def _answer_by() -> Any:
    return (
        select(func.min(Assignment.answer_by))
        .where(Assignment.request_id == ReferenceRequest.id, Assignment.state == AssignmentState.ASKED)
        .correlate(ReferenceRequest)
        .scalar_subquery()
    )


def _statement(by: Actor) -> Select[*tuple[Any, ...]]:
    asked = (
        select(
            func.min(func.portal_initials(Person.name)).label("who"),
            (func.count() - 1).label("more"),
        )
        .select_from(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.request_id == ReferenceRequest.id)
        .correlate(ReferenceRequest)
        .lateral("asked")
    )
    rep = select(Person.id, Person.name).subquery("rep")
    return (
        select(
            ReferenceRequest.id,
            ReferenceRequest.public_id,
            ReferenceRequest.prospect_name.label("prospect"),
            ReferenceRequest.prospect_industry.label("industry"),
            ReferenceRequest.state,
            ReferenceRequest.state_since,
            ReferenceRequest.needed_by,
            _answer_by().label("answer_by"),
            rep.c.name.label("rep"),
            (ReferenceRequest.requested_by == by.person_id).label("mine"),
            asked.c.who,
            asked.c.more,
            ActivityType.key.label("activity"),
        )
        .join(ActivityType, ActivityType.id == ReferenceRequest.activity_type_id)
        .join(rep, rep.c.id == ReferenceRequest.requested_by)
        .join(asked, ReferenceRequest.id > 0)
    )


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Row]:
    moment = now(session)
    return [Row(**row._mapping, late=_late(row, moment)) for row in session.execute(statement)]


def _late(row: Any, moment: datetime) -> bool:
    if row.state is RequestState.WAITING:
        return row.answer_by is not None and row.answer_by <= moment + SOON
    return row.state is RequestState.SCHEDULED and row.needed_by <= (moment + SOON).date()

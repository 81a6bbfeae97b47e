"""The review queue: what waits for a decision, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, StageResponse, Submission, Verdict
from portal.challenges.queries.wanted import CONDITIONS, VIEWER, Wanted
from portal.challenges.states import ResponseState, State, VerdictState
from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared
from portal.people.models import Company, Person
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 50
COUNTED: Final = 500
"""The counts are of the oldest so many: more than a day's work, and no page waits for a longer count."""
LATE_AFTER: Final = timedelta(hours=24)
"""What waits longer is shown in the colour of things that are due."""
_FILTERS: Final = 30
_EVERYTHING: Final = Wanted()
_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_ID: Final = bindparam("id", type_=BigInteger)
_ROWS: Final = bindparam("rows", type_=Integer)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the review queue."""

    id: int
    public_id: UUID
    advocate: str
    challenge: str
    points: int
    since: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A challenge that has something in the queue."""

    public_id: UUID
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits altogether; `more` when it is more than was counted."""

    count: int
    more: bool
    late: int
    oldest: datetime | None
    challenges: Sequence[Counted]


def waits_for(viewer_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a submission waits for this manager: handed in, nobody has decided, not their own."""
    decided = exists(
        select(Verdict.id)
        .where(Verdict.submission_id == Submission.id, Verdict.state == VerdictState.OPEN)
        .correlate(Submission)
    )
    return and_(Submission.state == State.SUBMITTED, Submission.person_id != viewer_id, ~decided)


def is_late() -> ColumnElement[bool]:
    """Whether a submission waits longer than it should."""
    return Submission.submitted_at < PORTAL_NOW - LATE_AFTER


def waiting(
    session: Session,
    viewer_id: int,
    wanted: Wanted = _EVERYTHING,
    *,
    after: Cursor | None = None,
    limit: int = PER_PAGE,
) -> Page[Waiting]:
    """What waits for the manager, the oldest first, as far as they want to see it."""
    values = {"viewer": viewer_id, "rows": limit + 1, **wanted.values}
    if after is not None:
        values |= {"at": datetime.fromisoformat(after[0]), "id": after[1]}
    found = _rows(wanted.names, after is not None)(session, **values)
    rows = [Waiting(*tuple(row)) for row in found]
    return page_of(rows, limit, lambda row: (row.since.isoformat(), row.id))


def overview(session: Session, viewer_id: int) -> Overview:
    """How much waits, since when, and for which challenges; counted among the oldest `COUNTED`."""
    rows = _overview(session, viewer=viewer_id)
    count = sum(row.number for row in rows)
    return Overview(
        count=min(count, COUNTED),
        more=count > COUNTED,
        late=sum(row.late for row in rows),
        oldest=min((row.oldest for row in rows), default=None),
        challenges=[Counted(row.public_id, row.title, row.number) for row in rows[:_FILTERS]],
    )


def next_after(
    session: Session, viewer_id: int, since: datetime, submission_id: int, wanted: Wanted = _EVERYTHING
) -> tuple[UUID | None, UUID | None]:
    """The submissions before and after a place in the manager's queue, as far as they want to see it."""
    values = {"viewer": viewer_id, "at": since, "id": submission_id, **wanted.values}
    found = _around(wanted.names)(session, **values)[0]
    return found.before, found.behind


def _joined(select_: Select[*tuple[Any, ...]], names: frozenset[str]) -> Select[*tuple[Any, ...]]:
    """What waits for the viewer, narrowed."""
    return (
        select_.select_from(Submission)
        .join(Person, Person.id == Submission.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(waits_for(VIEWER), *(CONDITIONS[name]() for name in sorted(names)))
    )


@cache
def _rows(names: frozenset[str], further: bool) -> Prepared:
    return Prepared(lambda: _page(names, further))


def _page(names: frozenset[str], further: bool) -> Select[*tuple[Any, ...]]:
    at_stake = (
        select(func.coalesce(func.sum(StageResponse.points), 0))
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.HANDED_IN)
        .correlate(Submission)
        .scalar_subquery()
    )
    wanted = select(
        Submission.id,
        Submission.public_id,
        Person.name.label("advocate"),
        Challenge.title.label("challenge"),
        cast(at_stake, BigInteger).label("points"),
        Submission.submitted_at.label("since"),
        is_late().label("late"),
    )
    wanted = _joined(wanted, names).order_by(Submission.submitted_at, Submission.id).limit(_ROWS)
    return wanted.where(_place() > tuple_(_AT, _ID)) if further else wanted


@cache
def _around(names: frozenset[str]) -> Prepared:
    return Prepared(lambda: _neighbours(names))


def _neighbours(names: frozenset[str]) -> Select[*tuple[Any, ...]]:
    mark, order = tuple_(_AT, _ID), (Submission.submitted_at, Submission.id)
    around = _joined(select(Submission.public_id), names).limit(1)
    before = around.where(_place() < mark).order_by(*(column.desc() for column in order)).scalar_subquery()
    behind = around.where(_place() > mark).order_by(*order).scalar_subquery()
    return select(before.label("before"), behind.label("behind"))


def _place() -> ColumnElement[Any]:
    return tuple_(Submission.submitted_at, Submission.id)


@Prepared
def _overview() -> Select[*tuple[Any, ...]]:
    oldest = (
        select(Submission.challenge_id, Submission.submitted_at, is_late().label("late"))
        .where(waits_for(VIEWER))
        .order_by(Submission.submitted_at, Submission.id)
        .limit(COUNTED + 1)
        .subquery()
    )
    number = func.count()
    return (
        select(
            Challenge.public_id,
            Challenge.title,
            number.label("number"),
            cast(func.count().filter(oldest.c.late), BigInteger).label("late"),
            func.min(oldest.c.submitted_at).label("oldest"),
        )
        .join(oldest, oldest.c.challenge_id == Challenge.id)
        .group_by(Challenge.id)
        .order_by(number.desc(), Challenge.id)
    )

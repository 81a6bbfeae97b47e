"""The review queue: what waits for a decision, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Select, and_, cast, exists, func, select, true, tuple_
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, StageResponse, Submission, Verdict
from portal.challenges.states import ResponseState, State, VerdictState
from portal.clock import PORTAL_NOW
from portal.people.models import Person
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 50
_FILTERS: Final = 30
LATE_AFTER: Final = timedelta(hours=24)
"""What waits longer is shown in the colour of things that are due."""


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
class Filter:
    """A challenge that has something in the queue."""

    public_id: UUID
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits altogether."""

    count: int
    oldest: datetime | None
    filters: Sequence[Filter]


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
    *,
    challenge: UUID | None = None,
    after: Cursor | None = None,
    limit: int = PER_PAGE,
) -> Page[Waiting]:
    """What waits for the manager, the oldest first; `challenge` narrows it."""
    wanted = _waiting(viewer_id, challenge).order_by(Submission.submitted_at, Submission.id)
    if after is not None:
        at, last = cast(after[0], DateTime(timezone=True)), cast(after[1], BigInteger)
        wanted = wanted.where(tuple_(Submission.submitted_at, Submission.id) > tuple_(at, last))
    rows = [
        Waiting(row.id, row.public_id, row.advocate, row.challenge, int(row.points), row.since, row.late)
        for row in session.execute(wanted.limit(limit + 1))
    ]
    return page_of(rows, limit, lambda row: (row.since.isoformat(), row.id))


def overview(session: Session, viewer_id: int) -> Overview:
    """How much waits, since when, and for which challenges."""
    per_challenge = (
        select(
            Challenge.public_id,
            Challenge.title,
            func.count().label("number"),
            func.min(Submission.submitted_at).label("oldest"),
        )
        .join(Submission, Submission.challenge_id == Challenge.id)
        .where(waits_for(viewer_id))
        .group_by(Challenge.id)
        .order_by(func.count().desc(), Challenge.id)
    )
    rows = session.execute(per_challenge).all()
    return Overview(
        count=sum(row.number for row in rows),
        oldest=min((row.oldest for row in rows), default=None),
        filters=[Filter(row.public_id, row.title, row.number) for row in rows[:_FILTERS]],
    )


def next_after(
    session: Session, viewer_id: int, submission: UUID, *, challenge: UUID | None = None
) -> tuple[UUID | None, UUID | None]:
    """The submissions before and after this one in the manager's queue."""
    here = select(Submission.submitted_at, Submission.id).where(Submission.public_id == submission).subquery()
    place = tuple_(Submission.submitted_at, Submission.id)
    mark = tuple_(here.c.submitted_at, here.c.id)
    row = Submission.submitted_at, Submission.id
    around = _narrowed(select(Submission.public_id).join(here, true()).where(waits_for(viewer_id)), challenge)
    before = around.where(place < mark).order_by(*(column.desc() for column in row)).limit(1).scalar_subquery()
    behind = around.where(place > mark).order_by(*row).limit(1).scalar_subquery()
    found = session.execute(select(before, behind)).one()
    return found[0], found[1]


def _narrowed(wanted: Select[Any], challenge: UUID | None) -> Select[Any]:
    if challenge is None:
        return wanted
    return wanted.join(Challenge, Challenge.id == Submission.challenge_id).where(Challenge.public_id == challenge)


def _waiting(viewer_id: int, challenge: UUID | None) -> Select[Any]:
    at_stake = (
        select(func.coalesce(func.sum(StageResponse.points), 0))
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.HANDED_IN)
        .correlate(Submission)
        .scalar_subquery()
    )
    wanted = (
        select(
            Submission.id,
            Submission.public_id,
            Person.name.label("advocate"),
            Challenge.title.label("challenge"),
            at_stake.label("points"),
            Submission.submitted_at.label("since"),
            is_late().label("late"),
        )
        .join(Person, Person.id == Submission.person_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(waits_for(viewer_id))
    )
    return wanted if challenge is None else wanted.where(Challenge.public_id == challenge)

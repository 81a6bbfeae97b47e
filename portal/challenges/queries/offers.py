"""The challenges of one person: what is open, begun, done or put away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from portal.challenges import activities, openings
from portal.challenges.models import Challenge, ChallengeEdition, Stage, StageResponse, Submission
from portal.challenges.states import ResponseState, State
from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared
from portal.web.paging import Cursor, Page, page_of

DEADLINE_SHOWN: Final = timedelta(days=14)
PER_PAGE: Final = 24


class Tab(StrEnum):
    """The four lists of challenges."""

    OPEN = "open"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    NOT_FOR_ME = "not-for-me"

    @property
    def label(self) -> LazyString:
        """The word on the tab."""
        return _TABS[self][0]

    @property
    def states(self) -> tuple[State, ...]:
        """The submissions that it shows; none: those without one."""
        return _TABS[self][1]


_TABS: Final[dict[Tab, tuple[LazyString, tuple[State, ...]]]] = {
    Tab.OPEN: (_l("Open"), ()),
    Tab.IN_PROGRESS: (_l("In progress"), (State.REDO_REQUESTED, State.IN_PROGRESS, State.SUBMITTED)),
    Tab.DONE: (_l("Done"), (State.APPROVED, State.REJECTED, State.EXPIRED)),
    Tab.NOT_FOR_ME: (_l("Not for me"), (State.DISMISSED,)),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One challenge as its card shows it."""

    id: int
    public_id: UUID
    title: str
    summary: str
    activity_type: str | None
    icon: str
    minutes: int
    points: int
    closes_at: datetime | None
    state: State | None
    steps: int
    steps_done: int
    rank: int
    at: datetime
    again_at: datetime | None
    """When it opens again to who has done it."""

    @property
    def kind(self) -> LazyString:
        """The kind of help, in a word."""
        return activities.label(self.activity_type)

    @property
    def card_state(self) -> str:
        """The state of its card."""
        return self.state.card if self.state else "new"

    @property
    def last_day(self) -> datetime | None:
        """The last moment before it closes: the day that people are told."""
        return self.closes_at - timedelta(seconds=1) if self.closes_at else None

    @property
    def note(self) -> LazyString | None:
        """The word of the state where the card's own would not fit."""
        return self.state.label if self.state in (State.REJECTED, State.EXPIRED, State.DISMISSED) else None


def offers(
    session: Session, person_id: int, tab: Tab, *, after: Cursor | None = None, limit: int = PER_PAGE
) -> Page[Offer]:
    """One list of a person's challenges: what asks for changes first, then the newest."""
    values: dict[str, object] = {"person": person_id, "rows": limit + 1}
    if after is not None:
        values.update(zip(("last_rank", "last_at", "last_id"), after, strict=True))
    rows = [_offer(row) for row in _LISTS[tab, after is not None](session, **values)]
    return page_of(rows, limit, lambda row: (row.rank, row.at.isoformat(), row.id))


def counts(session: Session, person_id: int) -> Mapping[Tab, int]:
    """How many challenges each list holds."""
    return dict(zip(Tab, _counts(session, person=person_id)[0], strict=True))


def _own(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    return and_(Submission.challenge_id == Challenge.id, Submission.person_id == person_id, Submission.latest)


def _in(tab: Tab, person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    if tab is Tab.OPEN:
        fresh = or_(Submission.id.is_(None), openings.is_again())
        return and_(fresh, openings.offered_to(person_id), openings.has_place())
    return Submission.state.in_(tab.states)


def _rank() -> ColumnElement[int]:
    return case((Submission.state == State.REDO_REQUESTED, 0), (Submission.state == State.IN_PROGRESS, 1), else_=2)


def _cards(
    person_id: int | ColumnElement[int],
    rank: ColumnElement[int],
    at: ColumnElement[datetime],
    anew: ColumnElement[bool],
) -> Select[Any]:
    """Challenges with the person's own submission; words and points are those promised to them, once they have begun.

    Where `anew` holds they stand as if the person had not done them yet.
    """
    done = func.count(StageResponse.id).filter(
        StageResponse.state.in_((ResponseState.ACCEPTED, ResponseState.HANDED_IN))
    )
    edition = case((anew, Challenge.edition), else_=func.coalesce(Submission.edition, Challenge.edition))
    totals = (
        select(
            cast(func.coalesce(func.sum(func.coalesce(StageResponse.points, Stage.points)), 0), BigInteger).label(
                "points"
            ),
            func.count(Stage.id).label("steps"),
            done.label("steps_done"),
        )
        .select_from(Stage)
        .outerjoin(
            StageResponse,
            and_(StageResponse.stage_id == Stage.id, StageResponse.submission_id == Submission.id, ~anew),
        )
        .where(Stage.challenge_id == Challenge.id, Stage.edition == edition)
        .correlate(Challenge, Submission)
        .lateral("totals")
    )
    soon = case((Challenge.closes_at <= PORTAL_NOW + DEADLINE_SHOWN, Challenge.closes_at))
    return (
        select(
            Challenge.id,
            Challenge.public_id,
            ChallengeEdition.title,
            ChallengeEdition.summary,
            Challenge.activity_type,
            Challenge.icon,
            ChallengeEdition.minutes,
            totals.c.points,
            soon.label("closes_at"),
            case((~anew, Submission.state)).label("state"),
            totals.c.steps,
            totals.c.steps_done,
            rank.label("rank"),
            at.label("at"),
            openings.again_at().label("again_at"),
        )
        .select_from(Challenge)
        .outerjoin(Submission, _own(person_id))
        .join(
            ChallengeEdition, and_(ChallengeEdition.challenge_id == Challenge.id, ChallengeEdition.edition == edition)
        )
        .join(totals, totals.c.steps >= 0)
    )


def _listed(tab: Tab, *, goes_on: bool) -> Select[Any]:
    """One list, from its beginning or from behind the last card that was shown."""
    person_id = bindparam("person", type_=BigInteger)
    rank, at = _rank(), func.coalesce(Submission.started_at, Challenge.published_at, Challenge.created_at)
    anew = openings.is_again() if tab is Tab.OPEN else false()
    wanted = _cards(person_id, rank, at, anew).where(_in(tab, person_id)).order_by(rank, at.desc(), Challenge.id.desc())
    if goes_on:
        last_rank = cast(bindparam("last_rank", type_=BigInteger), BigInteger)
        last_at = cast(bindparam("last_at", type_=DateTime(timezone=True)), DateTime(timezone=True))
        last_id = cast(bindparam("last_id", type_=BigInteger), BigInteger)
        behind = tuple_(at, Challenge.id) < tuple_(last_at, last_id)
        wanted = wanted.where(or_(rank > last_rank, and_(rank == last_rank, behind)))
    return wanted.limit(bindparam("rows", type_=BigInteger))


_LISTS: Final = {
    (tab, goes_on): Prepared(partial(_listed, tab, goes_on=goes_on)) for tab in Tab for goes_on in (False, True)
}


@Prepared
def _counts() -> Select[Any]:
    person_id = bindparam("person", type_=BigInteger)
    per_tab: list[Any] = [func.count().filter(_in(tab, person_id)).label(tab.name.lower()) for tab in Tab]
    return select(*per_tab).select_from(Challenge).outerjoin(Submission, _own(person_id))


def _offer(row: Row[Any]) -> Offer:
    return Offer(*tuple(row))


def next_for(session: Session, person_id: int, *, limit: int) -> list[Offer]:
    """What a person would do next: changes asked first, then what was begun, then what is open and closes soonest."""
    return [_offer(row) for row in _next(session, person=person_id, rows=limit)]


@Prepared
def _next() -> Select[Any]:
    person_id = bindparam("person", type_=BigInteger)
    rank, at = _rank(), func.coalesce(Submission.started_at, Challenge.published_at, Challenge.created_at)
    begun = Submission.state.in_((State.REDO_REQUESTED, State.IN_PROGRESS, State.SUBMITTED))
    waits_last = case((Submission.state == State.SUBMITTED, 1), else_=0)
    wanted = _cards(person_id, rank, at, openings.is_again()).where(or_(begun, _in(Tab.OPEN, person_id)))
    order = (waits_last, rank, Challenge.closes_at.asc().nulls_last(), at.desc(), Challenge.id.desc())
    return wanted.order_by(*order).limit(bindparam("rows", type_=BigInteger))

"""What the manager's desk reads of challenges: the list and the editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, and_, cast, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, selectinload

from portal.challenges import audience
from portal.challenges.audience import Audience
from portal.challenges.models import Challenge, ChallengeEdition, Stage, Submission
from portal.challenges.states import ChallengeState, State
from portal.database.refusal import NotFound
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 50
_UNDER_WAY: Final = (State.IN_PROGRESS, State.SUBMITTED, State.REDO_REQUESTED)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the manager's list of challenges."""

    id: int
    public_id: UUID
    title: str
    icon: str
    state: ChallengeState
    audience: Audience
    closes_at: datetime | None
    created_at: datetime
    steps: int
    points: int
    running: int
    waiting: int
    done: int


def challenges(
    session: Session, state: ChallengeState, *, after: Cursor | None = None, limit: int = PER_PAGE
) -> Page[Listed]:
    """The challenges in a state with how they do, the newest first."""
    stages = (
        select(func.count().label("steps"), func.coalesce(func.sum(Stage.points), 0).label("points"))
        .where(Stage.challenge_id == Challenge.id, Stage.edition.is_not_distinct_from(Challenge.edition))
        .correlate(Challenge)
        .lateral("stages")
    )
    people = (
        select(
            func.count().filter(Submission.state.in_((State.IN_PROGRESS, State.REDO_REQUESTED))).label("running"),
            func.count().filter(Submission.state == State.SUBMITTED).label("waiting"),
            func.count().filter(Submission.state == State.APPROVED).label("done"),
        )
        .where(Submission.challenge_id == Challenge.id)
        .correlate(Challenge)
        .lateral("people")
    )
    wanted = (
        select(
            Challenge.id,
            Challenge.public_id,
            Challenge.title,
            Challenge.icon,
            Challenge.state,
            *(getattr(Challenge, name) for name in audience.COLUMNS),
            Challenge.closes_at,
            Challenge.created_at,
            stages.c.steps,
            stages.c.points,
            people.c.running,
            people.c.waiting,
            people.c.done,
        )
        .select_from(Challenge)
        .join(stages, true())
        .join(people, true())
        .where(Challenge.state == state)
        .order_by(Challenge.created_at.desc(), Challenge.id.desc())
    )
    if after is not None:
        mark = tuple_(cast(after[0], DateTime(timezone=True)), cast(after[1], BigInteger))
        wanted = wanted.where(tuple_(Challenge.created_at, Challenge.id) < mark)
    rows = [_listed(dict(row._mapping)) for row in session.execute(wanted.limit(limit + 1))]
    return page_of(rows, limit, lambda row: (row.created_at.isoformat(), row.id))


def _listed(row: Mapping[str, Any]) -> Listed:
    whom = {name: value for name, value in row.items() if name in audience.COLUMNS}
    rest = {name: value for name, value in row.items() if name not in whom}
    return Listed(**{**rest, "points": int(row["points"])}, audience=Audience(**whom))


@dataclass(frozen=True, slots=True)
class Version:
    """An edition of a challenge that is offered, or that somebody is still at."""

    edition: int
    offered_at: datetime
    is_offered: bool
    running: int


def editions(session: Session, challenge: Challenge) -> list[Version]:
    """The edition that is offered and those that people are at or wait with, the newest first."""
    begun = and_(
        Submission.challenge_id == ChallengeEdition.challenge_id, Submission.edition == ChallengeEdition.edition
    )
    running = func.count(Submission.id)
    offered = ChallengeEdition.edition == challenge.edition
    wanted = (
        select(ChallengeEdition.edition, ChallengeEdition.offered_at, offered.label("is_offered"), running)
        .outerjoin(Submission, and_(begun, Submission.state.in_(_UNDER_WAY)))
        .where(ChallengeEdition.challenge_id == challenge.id)
        .group_by(ChallengeEdition.challenge_id, ChallengeEdition.edition)
        .having(or_(offered, running > 0))
        .order_by(ChallengeEdition.edition.desc())
        .limit(PER_PAGE)
    )
    return [Version(*row) for row in session.execute(wanted)]


def counts(session: Session) -> Mapping[ChallengeState, int]:
    """How many challenges stand in each state."""
    rows = session.execute(select(Challenge.state, func.count().label("number")).group_by(Challenge.state))
    found = {row.state: row.number for row in rows}
    return {state: found.get(state, 0) for state in ChallengeState}


def challenge(session: Session, public_id: UUID) -> Challenge:
    """One challenge with its stages, for the editor: a copy that outlives the transaction. Refuses `NotFound`."""
    steps = selectinload(Challenge.offered), selectinload(Challenge.workbench)
    wanted = select(Challenge).where(Challenge.public_id == public_id).options(*steps)
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    for read in (*found.offered, *found.workbench, found):
        session.expunge(read)
    return found

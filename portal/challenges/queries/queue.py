"""The review queue: what waits for a decision, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Select, and_, case, cast, exists, func, select, true, tuple_
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, Stage, StageResponse, Submission, Verdict
from portal.challenges.stages import Proof, kind_of
from portal.challenges.states import Decision, ResponseState, State, VerdictState
from portal.database.refusal import NotFound
from portal.people.models import Company, Person
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 50
_FILTERS: Final = 30


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the review queue."""

    id: int
    public_id: UUID
    advocate: str
    challenge: str
    points: int
    since: datetime


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


@dataclass(frozen=True, slots=True)
class Piece:
    """One stage of a submission, as the manager sees it."""

    stage_id: int
    title: str
    points: int
    state: ResponseState
    proofs: Sequence[Proof]
    redo_note: str | None

    @property
    def waits(self) -> bool:
        """Whether the decision is about it."""
        return self.state is ResponseState.HANDED_IN


@dataclass(frozen=True, slots=True)
class Item:
    """One submission with its person, for the right side of the queue."""

    id: int
    public_id: UUID
    state: State
    since: datetime
    advocate: str
    title: str | None
    company: str | None
    person_id: int
    person_public_id: UUID
    challenge: str
    approved: int
    sent_back: int
    rejected: int
    is_own: bool
    decided: bool
    pieces: Sequence[Piece]

    @property
    def points(self) -> int:
        """What an approval pays."""
        return sum(piece.points for piece in self.pieces if piece.waits)

    @property
    def to_decide(self) -> Sequence[Piece]:
        """The stages that the decision is about."""
        return [piece for piece in self.pieces if piece.waits]

    @property
    def may_be_decided(self) -> bool:
        """Whether the viewer may decide now."""
        return self.state is State.SUBMITTED and not self.is_own and not self.decided


@dataclass(frozen=True, slots=True)
class Before:
    """Something that the person did before."""

    title: str
    icon: str
    at: datetime
    points: int
    state: State


def waits_for(viewer_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a submission waits for this manager: handed in, nobody has decided, not their own."""
    decided = exists(
        select(Verdict.id)
        .where(Verdict.submission_id == Submission.id, Verdict.state == VerdictState.OPEN)
        .correlate(Submission)
    )
    return and_(Submission.state == State.SUBMITTED, Submission.person_id != viewer_id, ~decided)


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
        Waiting(row.id, row.public_id, row.advocate, row.challenge, int(row.points), row.since)
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


def item(session: Session, viewer_id: int, submission: UUID) -> Item:
    """One submission of the queue with all its stages. Refuses `NotFound` for one that was never handed in."""
    record = _record().lateral("record")
    wanted = (
        select(
            Submission.id,
            Submission.public_id,
            Submission.state,
            Submission.submitted_at.label("since"),
            Person.name.label("advocate"),
            Person.title,
            Company.name.label("company"),
            Person.id.label("person_id"),
            Person.public_id.label("person_public_id"),
            Challenge.title.label("challenge"),
            record.c.approved,
            record.c.sent_back,
            record.c.rejected,
            (Submission.person_id == viewer_id).label("is_own"),
            (~waits_for(viewer_id) & (Submission.person_id != viewer_id)).label("decided"),
        )
        .join(Person, Person.id == Submission.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .join(record, true())
        .where(Submission.public_id == submission, Submission.submitted_at.is_not(None))
    )
    head = session.execute(wanted).one_or_none()
    if head is None:
        raise NotFound
    return Item(**head._mapping, pieces=_pieces(session, head.id))


def before(session: Session, person_id: int, *, besides: int) -> Sequence[Before]:
    """The last five submissions of a person that were decided, besides one."""
    paid = (
        select(func.coalesce(func.sum(StageResponse.points), 0))
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.ACCEPTED)
        .correlate(Submission)
        .scalar_subquery()
    )
    wanted = (
        select(Challenge.title, Challenge.icon, Submission.decided_at, paid.label("points"), Submission.state)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(Submission.person_id == person_id, Submission.id != besides, Submission.decided_at.is_not(None))
        .order_by(Submission.decided_at.desc(), Submission.id.desc())
        .limit(5)
    )
    return [Before(row.title, row.icon, row.decided_at, int(row.points), row.state) for row in session.execute(wanted)]


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
        )
        .join(Person, Person.id == Submission.person_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(waits_for(viewer_id))
    )
    return wanted if challenge is None else wanted.where(Challenge.public_id == challenge)


def _record() -> Select[Any]:
    """How often a person's work was approved, sent back and rejected."""
    other = Submission.__table__.alias("other")
    sent_back = (
        select(func.count())
        .select_from(Verdict)
        .join(other, other.c.id == Verdict.submission_id)
        .where(
            other.c.person_id == Submission.person_id,
            Verdict.state == VerdictState.APPLIED,
            Verdict.decision == Decision.REDO,
        )
        .correlate(Submission)
        .scalar_subquery()
    )
    return (
        select(
            func.count(case((other.c.state == State.APPROVED, 1))).label("approved"),
            sent_back.label("sent_back"),
            func.count(case((other.c.state == State.REJECTED, 1))).label("rejected"),
        )
        .select_from(other)
        .where(other.c.person_id == Submission.person_id)
        .correlate(Submission)
    )


def _pieces(session: Session, submission_id: int) -> list[Piece]:
    wanted = (
        select(
            StageResponse.stage_id,
            Stage.title,
            Stage.kind,
            StageResponse.points,
            StageResponse.state,
            StageResponse.response,
            StageResponse.redo_note,
        )
        .join(Stage, Stage.id == StageResponse.stage_id)
        .where(StageResponse.submission_id == submission_id)
        .order_by(Stage.position)
    )
    return [
        Piece(
            row.stage_id,
            row.title,
            row.points,
            row.state,
            kind_of(row.kind).proofs(row.response) if row.response else [],
            row.redo_note,
        )
        for row in session.execute(wanted)
    ]

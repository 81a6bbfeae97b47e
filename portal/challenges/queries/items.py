"""One submission of the review queue: what was handed in, by whom, and what they did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, true
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, Stage, StageResponse, Submission, Verdict
from portal.challenges.queries.queue import is_late, waits_for
from portal.challenges.stages import Proof, kind_of
from portal.challenges.states import Decision, ResponseState, State, VerdictState
from portal.database.refusal import NotFound
from portal.people.models import Company, Person


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
    late: bool
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


def item(session: Session, viewer_id: int, submission: UUID) -> Item:
    """One submission of the queue with all its stages. Refuses `NotFound` for one that was never handed in."""
    record = _record().lateral("record")
    wanted = (
        select(
            Submission.id,
            Submission.public_id,
            Submission.state,
            Submission.submitted_at.label("since"),
            is_late().label("late"),
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


def own_verdict(session: Session, viewer_id: int, verdict: UUID) -> tuple[int, UUID]:
    """A manager's own decision and the submission it is about. Refuses `NotFound` for another's."""
    wanted = (
        select(Verdict.id, Submission.public_id)
        .join(Submission, Submission.id == Verdict.submission_id)
        .where(Verdict.public_id == verdict, Verdict.decided_by == viewer_id)
    )
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


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

"""One submission of the review queue: what was handed in, by whom, and what they did before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel.speaklater import LazyString
from sqlalchemy import BigInteger, Interval, Select, Uuid, bindparam, cast, func, select, true
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, Stage, StageResponse, Submission, Verdict
from portal.challenges.queries.queue import is_late, waits_for
from portal.challenges.queries.wanted import VIEWER
from portal.challenges.stages import Proof, kind_of, reasons_for
from portal.challenges.states import Decision, Reason, ResponseState, State, VerdictState
from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.people.models import Company, Person
from portal.points.models import Account, AccountKind, Level


@dataclass(frozen=True, slots=True)
class Piece:
    """One stage of a submission, as the manager sees it."""

    stage_id: int
    title: str
    points: int
    state: ResponseState
    proofs: Sequence[Proof]
    redo_note: str | None
    kind: str

    @property
    def duty(self) -> LazyString | None:
        """What the manager confirms here, where that is not all that can be said of it."""
        return kind_of(self.kind).duty

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
    level: str | None
    lifetime: int
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
    def reasons(self) -> Sequence[Reason]:
        """Why it may be rejected."""
        return reasons_for(piece.kind for piece in self.pieces)

    @property
    def may_be_decided(self) -> bool:
        """Whether the viewer may decide now."""
        return self.state is State.SUBMITTED and not self.is_own and not self.decided


@dataclass(frozen=True, slots=True)
class Undoable:
    """The viewer's last decision, while it can be taken back."""

    public_id: UUID
    decision: Decision
    advocate: str
    points: int
    seconds: int


_SUBMISSION: Final = bindparam("submission", type_=Uuid())
_ID: Final = bindparam("id", type_=BigInteger)
_VERDICT: Final = bindparam("verdict", type_=Uuid())


def item(session: Session, viewer_id: int, submission: UUID) -> Item:
    """One submission of the queue with all its stages. Refuses `NotFound` for one that was never handed in."""
    found = _item(session, viewer=viewer_id, submission=submission)
    if not found:
        raise NotFound
    return Item(**found[0]._mapping, pieces=_pieces(session, found[0].id))


def own_verdict(session: Session, viewer_id: int, verdict: UUID) -> tuple[int, UUID]:
    """A manager's own decision and the submission it is about. Refuses `NotFound` for another's."""
    found = _own_verdict(session, viewer=viewer_id, verdict=verdict)
    if not found:
        raise NotFound
    return found[0].id, found[0].public_id


def undoable(session: Session, viewer_id: int) -> Undoable | None:
    """What the viewer decided last, if some seconds are left to take it back."""
    found = _undoable(session, viewer=viewer_id)
    if not found:
        return None
    row = found[0]
    return Undoable(row.public_id, row.decision, row.advocate, int(row.points), math.ceil(row.left.total_seconds()))


def _pieces(session: Session, submission_id: int) -> list[Piece]:
    return [
        Piece(
            row.stage_id,
            row.title,
            row.points,
            row.state,
            kind_of(row.kind).proofs(row.response) if row.response else [],
            row.redo_note,
            row.kind,
        )
        for row in _responses(session, id=submission_id)
    ]


@Prepared
def _item() -> Select[*tuple[Any, ...]]:
    record, standing = _record().lateral("record"), _standing().lateral("standing")
    return (
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
            standing.c.level,
            func.coalesce(standing.c.lifetime, 0).label("lifetime"),
            record.c.approved,
            record.c.sent_back,
            record.c.rejected,
            (Submission.person_id == VIEWER).label("is_own"),
            (~waits_for(VIEWER) & (Submission.person_id != VIEWER)).label("decided"),
        )
        .join(Person, Person.id == Submission.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .join(record, true())
        .outerjoin(standing, true())
        .where(Submission.public_id == _SUBMISSION, Submission.submitted_at.is_not(None))
    )


def _record() -> Select[*tuple[Any, ...]]:
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
            func.count().filter(other.c.state == State.APPROVED).label("approved"),
            sent_back.label("sent_back"),
            func.count().filter(other.c.state == State.REJECTED).label("rejected"),
        )
        .select_from(other)
        .where(other.c.person_id == Submission.person_id)
        .correlate(Submission)
    )


def _standing() -> Select[*tuple[Any, ...]]:
    """What a person ever earned, and the level it has brought them to."""
    level = (
        select(Level.name)
        .where(Level.threshold <= Account.lifetime)
        .order_by(Level.threshold.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(Account.lifetime, level.label("level"))
        .where(Account.person_id == Submission.person_id, Account.kind == AccountKind.PERSON, Account.unit == "points")
        .correlate(Submission)
    )


@Prepared
def _responses() -> Select[*tuple[Any, ...]]:
    return (
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
        .where(StageResponse.submission_id == _ID)
        .order_by(Stage.position)
    )


@Prepared
def _own_verdict() -> Select[*tuple[Any, ...]]:
    return (
        select(Verdict.id, Submission.public_id)
        .join(Submission, Submission.id == Verdict.submission_id)
        .where(Verdict.public_id == _VERDICT, Verdict.decided_by == VIEWER)
    )


@Prepared
def _undoable() -> Select[*tuple[Any, ...]]:
    at_stake = (
        select(func.coalesce(func.sum(StageResponse.points), 0))
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.HANDED_IN)
        .correlate(Submission)
        .scalar_subquery()
    )
    return (
        select(
            Verdict.public_id,
            Verdict.decision,
            Person.name.label("advocate"),
            at_stake.label("points"),
            cast(Verdict.apply_at - PORTAL_NOW, Interval).label("left"),
        )
        .join(Submission, Submission.id == Verdict.submission_id)
        .join(Person, Person.id == Submission.person_id)
        .where(Verdict.decided_by == VIEWER, Verdict.state == VerdictState.OPEN, Verdict.apply_at > PORTAL_NOW)
        .order_by(Verdict.apply_at.desc(), Verdict.id.desc())
        .limit(1)
    )

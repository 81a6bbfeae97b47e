"""One person's way through one challenge: what the runner shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel.speaklater import LazyString
from sqlalchemy import BigInteger, ColumnElement, Select, Uuid, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.challenges import activities, openings
from portal.challenges.models import Challenge, ChallengeEdition, Stage, StageResponse, Submission
from portal.challenges.stages import StageKind, kind_of
from portal.challenges.states import Reason, ResponseState, State, Verification
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.web.forms import Form


@dataclass(frozen=True, slots=True)
class Step:
    """One stage with what the person did about it; points are those that were promised."""

    stage_id: int
    position: int
    kind: str
    title: str
    instructions: str
    setup: dict[str, Any]
    points: int
    verification: Verification
    state: ResponseState
    response: dict[str, Any] | None
    handed_in_at: datetime | None
    accepted_at: datetime | None
    redo_note: str | None

    @property
    def is_open(self) -> bool:
        """Whether something is to be done here."""
        return self.state in (ResponseState.OPEN, ResponseState.REDO_REQUESTED)

    @property
    def of_kind(self) -> StageKind:
        """The kind of this stage."""
        return kind_of(self.kind)

    @property
    def about(self) -> str:
        """The kind of this stage with what is particular about it, in a few words."""
        return self.of_kind.about(self.setup)

    @property
    def address(self) -> str | None:
        """The address that this stage leads to, if it leads to one."""
        return self.of_kind.address(self.setup)

    @property
    def form(self) -> Form:
        """The form of this stage: as it was sent, else as it was saved."""
        return self.of_kind.form(self.setup, self.response)


@dataclass(frozen=True, slots=True)
class Run:
    """A challenge and where the person stands in it."""

    challenge_id: int
    public_id: UUID
    title: str
    summary: str
    description: str
    activity_type: str | None
    icon: str
    minutes: int
    closes_at: datetime | None
    submission_id: int | None
    state: State | None
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: Reason | None
    comment: str | None
    has_place: bool
    """Whether not all places are taken."""
    again_at: datetime | None
    """When it opens again to who has finished it."""
    is_again: bool
    """Whether it may be begun anew now."""
    is_earlier: bool | None
    """Whether another edition is offered by now to who begins; theirs stays as it was."""
    steps: tuple[Step, ...]

    @property
    def kind(self) -> LazyString:
        """The kind of help, in a word."""
        return activities.label(self.activity_type)

    @property
    def last_day(self) -> datetime | None:
        """The last moment before it closes: the day that people are told."""
        return self.closes_at - timedelta(seconds=1) if self.closes_at else None

    @property
    def points(self) -> int:
        """What all steps together pay."""
        return sum(step.points for step in self.steps)

    @property
    def earned(self) -> int:
        """What was paid so far."""
        return sum(step.points for step in self.steps if step.state is ResponseState.ACCEPTED)

    @property
    def is_running(self) -> bool:
        """Whether the person can hand something in."""
        return self.state in (State.IN_PROGRESS, State.REDO_REQUESTED)

    @property
    def may_dismiss(self) -> bool:
        """Whether "not for me" can be said."""
        return self.state is None or self.is_running

    @property
    def current(self) -> Step | None:
        """The step to show by itself: the first that asks for changes, then the first that is open."""
        waiting = [step for step in self.steps if step.is_open]
        return next((step for step in waiting if step.state is ResponseState.REDO_REQUESTED), next(iter(waiting), None))

    def at(self, position: int) -> Step:
        """The step with this number; refuses `NotFound`."""
        for step in self.steps:
            if step.position == position:
                return step
        raise NotFound


_CHALLENGE = (
    Challenge.id.label("challenge_id"),
    Challenge.public_id,
    Challenge.activity_type,
    Challenge.icon,
    Challenge.closes_at,
)
_SUBMISSION = (
    Submission.id.label("submission_id"),
    Submission.state,
    Submission.submitted_at,
    Submission.decided_at,
    Submission.reason,
    Submission.comment,
    openings.has_place().label("has_place"),
    openings.again_at().label("again_at"),
)
_STEP = (
    Stage.id.label("stage_id"),
    Stage.position,
    Stage.kind,
    Stage.title.label("step_title"),
    Stage.instructions,
    Stage.setup,
    func.coalesce(StageResponse.points, Stage.points).label("points"),
    func.coalesce(StageResponse.verification, Stage.verification).label("verification"),
    StageResponse.state.label("step_state"),
    StageResponse.response,
    StageResponse.handed_in_at,
    StageResponse.accepted_at,
    StageResponse.redo_note,
)


_NOT_BEGUN = (false().label("is_again"), false().label("is_earlier"))


def _words_of(told: type[Challenge] | type[ChallengeEdition]) -> tuple[Any, ...]:
    """What a challenge says: now, or in one of its editions."""
    return told.title, told.summary, told.description, told.minutes


def _says(edition: ColumnElement[int] | int) -> ColumnElement[bool]:
    return and_(ChallengeEdition.challenge_id == Challenge.id, ChallengeEdition.edition == edition)


def run_of(session: Session, person_id: int, public_id: UUID) -> Run:
    """A challenge as the person may see it: open to them, or theirs already. Refuses `NotFound` for any other."""
    return _run(_own(session, person=person_id, challenge=public_id))


@Prepared
def _own() -> Select[*tuple[Any, ...]]:
    person = bindparam("person", type_=BigInteger)
    own = and_(Submission.challenge_id == Challenge.id, Submission.person_id == person, Submission.latest)
    offered = openings.offered_to(person)
    shown = func.coalesce(Submission.edition, Challenge.edition)
    answered = and_(StageResponse.stage_id == Stage.id, StageResponse.submission_id == Submission.id)
    return (
        select(
            *_CHALLENGE,
            *_words_of(ChallengeEdition),
            *_SUBMISSION,
            and_(openings.is_again(), offered).label("is_again"),
            (Submission.edition < Challenge.edition).label("is_earlier"),
            *_STEP,
        )
        .select_from(Challenge)
        .outerjoin(Submission, own)
        .join(ChallengeEdition, _says(shown))
        .join(Stage, and_(Stage.challenge_id == Challenge.id, Stage.edition == shown))
        .outerjoin(StageResponse, answered)
        .where(
            Challenge.public_id == bindparam("challenge", type_=Uuid),
            or_(Submission.id.is_not(None), offered),
        )
        .order_by(Stage.position)
    )


def preview_of(session: Session, public_id: UUID, edition: int | None = None) -> Run:
    """Any challenge as an advocate would see it before they begin, for the manager's desk. Refuses `NotFound`.

    With the steps that are being worked on, if there are any; with `edition`: as that one was offered.
    """
    bench = aliased(Stage)
    untouched = ~exists().where(bench.challenge_id == Challenge.id, bench.edition.is_(None))
    told: type[Challenge] | type[ChallengeEdition] = Challenge if edition is None else ChallengeEdition
    steps = or_(Stage.edition.is_(None), and_(Stage.edition == Challenge.edition, untouched))
    chosen = select(*_CHALLENGE, *_words_of(told), *_SUBMISSION, *_NOT_BEGUN, *_STEP).select_from(Challenge)
    if edition is not None:
        steps = Stage.edition == edition
        chosen = chosen.join(ChallengeEdition, _says(edition))
    wanted = (
        chosen.outerjoin(Submission, Submission.id.is_(None))
        .outerjoin(Stage, and_(Stage.challenge_id == Challenge.id, steps))
        .outerjoin(StageResponse, StageResponse.id.is_(None))
        .where(Challenge.public_id == public_id)
        .order_by(Stage.position)
    )
    return _run(session.execute(wanted).all())


def usual_answer(session: Session) -> timedelta | None:
    """How long the last fifty decisions took on average, or None before the fifth."""
    took = (
        select((Submission.decided_at - Submission.submitted_at).label("took"))
        .where(Submission.decided_by.is_not(None), Submission.submitted_at.is_not(None))
        .order_by(Submission.decided_at.desc())
        .limit(50)
        .subquery()
    )
    count, average = session.execute(select(func.count(), func.avg(took.c.took))).one()
    return average if count >= 5 else None


def _run(rows: Any) -> Run:
    if not rows:
        raise NotFound
    head = rows[0]._mapping
    fields = {name: head[name] for name in Run.__dataclass_fields__ if name != "steps"}
    return Run(**fields, steps=tuple(_step(row._mapping) for row in rows if row.stage_id is not None))


def _step(row: Any) -> Step:
    return Step(
        stage_id=row["stage_id"],
        position=row["position"],
        kind=row["kind"],
        title=row["step_title"],
        instructions=row["instructions"],
        setup=row["setup"],
        points=row["points"],
        verification=Verification(row["verification"]),
        state=row["step_state"] or ResponseState.OPEN,
        response=row["response"],
        handed_in_at=row["handed_in_at"],
        accepted_at=row["accepted_at"],
        redo_note=row["redo_note"],
    )

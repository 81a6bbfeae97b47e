"""The verbs on what people hand in: start, save, submit, put away, take up; and what a manager's decision does.

Locks in the order of trust.md: the person, then the submission. A submission's state follows from its responses:
`submitted` when no stage is open, `approved` when all are accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import SYSTEM, Actor
from portal.challenges import messages, openings
from portal.challenges.filling import HANDED_IN, advocate, must_be_open, to_fill_in
from portal.challenges.models import Challenge, Stage, StageResponse, Submission
from portal.challenges.moves import accept, follow, move, move_response, must_apply, redoable
from portal.challenges.stages import kind_of
from portal.challenges.states import (
    Reason,
    ResponseState,
    State,
    Verification,
)
from portal.challenges.work import Work, lock, locking, own_for
from portal.clock import PORTAL_NOW, now
from portal.database.refusal import Conflict, Gone, Invalid, NotAllowed, NotFound, explain
from portal.people.people import lock_people
from portal.people.states import MANAGERS
from portal.references import pool

REDO_GRACE: Final = timedelta(hours=336)
"""How long changes that were asked for may still be made after a challenge has closed."""
_AT_ONCE: Final = 200
_OWN_WORK: Final = _l("Somebody else has to verify your own submission.")

explain("ck_submission_not_by_oneself", _OWN_WORK)
explain("stage_response_kept", _l("What was promised or accepted does not change any more."))


def start(session: Session, challenge_id: int, *, by: Actor) -> Submission:
    """Begin a challenge, or go on with the one begun; the edition that is offered is promised now, with its points.

    What is done may be begun anew where the challenge says so and its pause is over; before that, it stays done.
    Refuses `NotAllowed` for who is no advocate, `NotFound` for a challenge that is not open to them, `LimitReached`
    where all places are taken.
    """
    person_id = advocate(session, by)
    challenge = openings.lock(session, challenge_id)
    known = own_for(session, person_id, challenge_id)
    if known is not None and known.state is State.DISMISSED:
        return _taken_up(session, known, challenge)
    if known is not None and not openings.pause_is_over(session, challenge, known):
        return known
    _offered(session, challenge_id, person_id)
    openings.must_have_place(session, challenge)
    attempt = 1
    if known is not None:
        known.latest, attempt = False, known.attempt + 1
        session.flush()  # one attempt is the latest, before the next one is written
    submission = Submission(
        challenge_id=challenge_id,
        person_id=person_id,
        attempt=attempt,
        edition=challenge.edition,
        state=State.IN_PROGRESS,
        started_at=now(session),
    )
    submission.responses = _promised(session, challenge)
    session.add(submission)
    session.flush()
    return submission


def dismiss(session: Session, challenge_id: int, *, by: Actor) -> Submission:
    """Say "not for me", begun or not. Refuses `Conflict` once it was handed in or decided, else as `start`."""
    person_id = advocate(session, by)
    submission = own_for(session, person_id, challenge_id)
    if submission is None:
        _offered(session, challenge_id, person_id)
        submission = Submission(
            challenge_id=challenge_id, person_id=person_id, state=State.DISMISSED, started_at=now(session)
        )
        session.add(submission)
    elif submission.state is not State.DISMISSED:
        move(session, submission, State.DISMISSED)
    session.flush()
    return submission


def take_up(session: Session, challenge_id: int, *, by: Actor) -> Submission:
    """Come back from "not for me".

    Refuses `NotFound` where nothing was put away, `Gone` when it has closed since, `LimitReached` when it is full.
    """
    person_id = advocate(session, by)
    challenge = openings.lock(session, challenge_id)
    submission = own_for(session, person_id, challenge_id)
    if submission is None:
        raise NotFound(openings.NO_CHALLENGE)
    return _taken_up(session, submission, challenge) if submission.state is State.DISMISSED else submission


def save(
    session: Session, submission_id: int, stage_id: int, given: Mapping[str, object], *, by: Actor
) -> StageResponse:
    """Keep what was typed so far for a stage that is still open. Refuses as `submit`, but not what is incomplete."""
    work, response = to_fill_in(session, submission_id, stage_id, by)
    if not response.is_open:
        raise Conflict(HANDED_IN)
    must_be_open(session, work)
    kind = kind_of(response.stage.kind)
    response.response = kind.keep({**given, **kind.carried(response.response)}, response.stage.setup)
    session.flush()
    return response


def submit(
    session: Session, submission_id: int, stage_id: int, given: Mapping[str, object], *, by: Actor
) -> Submission:
    """Hand in one stage. Honour and automatic stages are accepted and paid at once; with the last open stage the
    submission goes to the managers, or is approved where nothing waits for them. Who runs the program is not paid on
    their own word: with them every stage that pays waits for somebody else.

    The same once more changes nothing. Refuses `Invalid` (the kind says why), `NotFound` for what is not theirs,
    `Conflict` for a stage that was handed in with other words, `Gone` for a challenge that has closed.
    """
    work, response = to_fill_in(session, submission_id, stage_id, by)
    kind = kind_of(response.stage.kind)
    accepted = kind.accept({**given, **kind.carried(response.response)}, response.stage.setup)
    if not response.is_open:
        if response.response == accepted:
            return work.submission
        raise Conflict(HANDED_IN)
    must_be_open(session, work)
    kind.claim(session, response, accepted)
    with session.no_autoflush:  # nothing read from here on is changed here, and one flush at the end is cheaper
        response.response = accepted
        move_response(response, ResponseState.HANDED_IN, at=now(session))
        if response.verification is not Verification.MANAGER and not (response.points and work.by_staff):
            accept(session, work, [response], by=SYSTEM)
        follow(session, work)
    session.flush()
    return work.submission


def approve(session: Session, submission_id: int, *, by: Actor, comment: str = "") -> Submission:
    """Accept the work and pay its points, once.

    A second approval returns the first result (trust.md L4).
    Refuses: `NotAllowed` for one's own work; `Conflict` when it does not wait for a verdict.
    """
    return approve_locked(session, lock(session, submission_id), by=by, comment=comment)


def approve_locked(session: Session, work: Work, *, by: Actor, comment: str = "") -> Submission:
    """`approve` for who holds the locks already."""
    submission = work.submission
    if submission.state is State.APPROVED:
        return submission
    _may_decide(submission, by)
    with session.no_autoflush:  # nothing read from here on is changed here, and one flush at the end is cheaper
        move(session, submission, State.APPROVED, by=by, comment=comment)
        handed_in = [response for response in submission.responses if response.state is ResponseState.HANDED_IN]
        accept(session, work, handed_in, by=by)
        audit.record(session, "submission.approve", f"submission:{submission.id}", by=by)
        pool.propose(session, submission.person_id, because=f"submission:{submission.id}")
        messages.approved(session, work)
    session.flush()
    return submission


def request_redo(
    session: Session, submission_id: int, *, stage_ids: Collection[int], comment: str, by: Actor
) -> Submission:
    """Ask for changes to the named stages and say why; what was accepted stays accepted.

    Refuses `Invalid` without a reason or a stage that waits, and as `approve`.
    """
    work = lock(session, submission_id)
    submission = work.submission
    _may_decide(submission, by)
    named = redoable(submission, stage_ids)
    if not comment.strip():
        raise Invalid(_l("Say what should change, so that they know what to do."), field="comment")
    move(session, submission, State.REDO_REQUESTED, by=by, comment=comment)
    for response in named:
        move_response(response, ResponseState.REDO_REQUESTED, at=now(session), note=comment.strip())
    audit.record(session, "submission.redo", f"submission:{submission.id}", by=by, stages=sorted(stage_ids))
    messages.changes_asked(session, work)
    session.flush()
    return submission


def reject(session: Session, submission_id: int, *, reason: Reason, by: Actor, comment: str = "") -> Submission:
    """End it without paying what waits; stages that were accepted keep their points. Refuses as `approve`."""
    work = lock(session, submission_id)
    submission = work.submission
    _may_decide(submission, by)
    must_apply(submission, reason)
    move(session, submission, State.REJECTED, by=by, comment=comment, reason=reason)
    audit.record(session, "submission.reject", f"submission:{submission.id}", by=by, reason=reason.value)
    messages.rejected(session, work)
    session.flush()
    return submission


def expire_due(session: Session) -> int:
    """End what was not handed in when its challenge closed, some hundred at a time; the number ended."""
    at = now(session)
    over = (
        select(Submission.id, Submission.person_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(
            (Submission.state == State.IN_PROGRESS) & (Challenge.closes_at <= at)
            | (Submission.state == State.REDO_REQUESTED)
            & (Challenge.closes_at <= at)
            & (Submission.decided_at <= at - REDO_GRACE)
        )
        .order_by(Submission.person_id, Submission.id)
        .limit(_AT_ONCE)
    )
    found = session.execute(over).all()
    lock_people(session, {person_id for _id, person_id in found})
    wanted = select(Submission).where(Submission.id.in_([row.id for row in found])).order_by(Submission.id)
    ended = 0
    for submission in session.scalars(locking(wanted)):
        if submission.state in (State.IN_PROGRESS, State.REDO_REQUESTED):
            move(session, submission, State.EXPIRED)
            ended += 1
    session.flush()
    return ended


def _offered(session: Session, challenge_id: int, person_id: int) -> None:
    open_to_them = select(Challenge.id).where(Challenge.id == challenge_id, openings.offered_to(person_id))
    if session.scalar(open_to_them) is None:
        raise NotFound(openings.NO_CHALLENGE)


def _promised(session: Session, challenge: Challenge) -> list[StageResponse]:
    offered = select(Stage).where(Stage.challenge_id == challenge.id, Stage.edition == challenge.edition)
    stages = session.scalars(offered.order_by(Stage.position))
    return [
        StageResponse(stage_id=stage.id, points=stage.points, verification=stage.verification, state=ResponseState.OPEN)
        for stage in stages
    ]


def _taken_up(session: Session, submission: Submission, challenge: Challenge) -> Submission:
    open_to_them = openings.offered_to(submission.person_id)
    if submission.responses:  # who has begun may finish, whatever became of the audience
        open_to_them = Challenge.closes_at.is_(None) | (Challenge.closes_at > PORTAL_NOW)
    if session.scalar(select(Challenge.id).where(Challenge.id == submission.challenge_id, open_to_them)) is None:
        raise Gone(_l("This challenge has closed since."))
    openings.must_have_place(session, challenge)
    move(session, submission, State.IN_PROGRESS)
    if not submission.responses:
        submission.started_at = now(session)
        submission.responses, submission.edition = _promised(session, challenge), challenge.edition
    session.flush()
    return submission


def _may_decide(submission: Submission, by: Actor) -> None:
    if by.person_id is None:
        raise NotAllowed(_l("A person has to verify this."))
    by.require(*MANAGERS)
    if submission.person_id == by.person_id:
        raise NotAllowed(_OWN_WORK)

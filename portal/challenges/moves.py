"""How submissions and their stages move: locked in order, along the tables of states, and paid when accepted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from portal.audit import SYSTEM, Actor
from portal.challenges import messages
from portal.challenges.models import LONGEST_COMMENT, Challenge, StageResponse, Submission
from portal.challenges.states import RESPONSE_TRANSITIONS, TRANSITIONS, Reason, ResponseState, State
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.people.people import lock_person
from portal.points import awards

DECIDED: Final = {State.APPROVED, State.REDO_REQUESTED, State.REJECTED}
WHOLE: Final = (selectinload(Submission.responses).joinedload(StageResponse.stage, innerjoin=True),)


def lock(session: Session, submission_id: int) -> Submission:
    """Lock a submission, its person first (trust.md, lock order). Refuses `NotFound`."""
    person_id = session.scalar(select(Submission.person_id).where(Submission.id == submission_id))
    if person_id is None:
        raise NotFound(_l("There is no such submission."))
    lock_person(session, person_id)
    return locked(session, submission_id)


def locked(session: Session, submission_id: int) -> Submission:
    """The submission with its responses, freshly read and locked; its person is locked already."""
    wanted = select(Submission).where(Submission.id == submission_id).options(*WHOLE)
    return session.scalars(locking(wanted)).one()


def move(
    session: Session,
    submission: Submission,
    state: State,
    *,
    by: Actor = SYSTEM,
    comment: str = "",
    reason: Reason | None = None,
) -> None:
    """The only way into another state; refuses (`Conflict`) what `TRANSITIONS` does not hold."""
    if state not in TRANSITIONS[submission.state]:
        raise Conflict(_l("This is not possible any more: it stands at “%(state)s” now.", state=submission.state.label))
    at, decided = now(session), state in DECIDED  # the clock first: asking it flushes what is half done
    submission.state = state
    if state is State.SUBMITTED:
        submission.submitted_at = at
    submission.decided_at = at if decided else None
    submission.decided_by = by.person_id if decided else None
    submission.reason = reason
    if decided:
        submission.comment = comment.strip()[:LONGEST_COMMENT] or None


def redoable(submission: Submission, stage_ids: Collection[int]) -> list[StageResponse]:
    """The responses to the named stages; refuses (`Invalid`) none, and stages that do not wait for a verdict."""
    wanted = set(stage_ids)
    named = [response for response in submission.responses if response.stage_id in wanted]
    if not wanted or len(named) != len(wanted) or any(one.state is not ResponseState.HANDED_IN for one in named):
        raise Invalid(_l("Choose the steps that should change."), field="stages")
    return named


def locking(wanted: Select[Submission]) -> Select[Submission]:
    """Read submissions anew and lock them; their people are locked already."""
    return wanted.with_for_update(key_share=True).execution_options(populate_existing=True)


def move_response(response: StageResponse, state: ResponseState, *, at: datetime, note: str | None = None) -> None:
    """The only way of a stage into another state; refuses (`Conflict`) what `RESPONSE_TRANSITIONS` does not hold."""
    if state not in RESPONSE_TRANSITIONS[response.state]:
        raise Conflict(_l("This step has been decided already."))
    response.state, response.redo_note = state, note or response.redo_note
    if state is ResponseState.HANDED_IN:
        response.handed_in_at = at
    if state is ResponseState.ACCEPTED:
        response.accepted_at = at


def accept(session: Session, submission: Submission, responses: list[StageResponse], *, by: Actor) -> None:
    """Accept stages and pay what they promise, each once (trust.md L4)."""
    challenge = session.scalar(select(Challenge.title).where(Challenge.id == submission.challenge_id))
    at = now(session)
    for response in responses:
        move_response(response, ResponseState.ACCEPTED, at=at)
        if response.points:
            awards.grant(
                session,
                submission.person_id,
                response.points,
                subject=f"stage_response:{response.id}",
                cause=f"submission:{submission.id}",
                reason=f"{challenge}: {response.stage.title}",
                by=by,
            )


def follow(session: Session, submission: Submission) -> None:
    """Let the submission's state follow from its responses after one was handed in."""
    if any(response.is_open for response in submission.responses):
        return
    move(session, submission, State.SUBMITTED)
    if all(response.state is ResponseState.ACCEPTED for response in submission.responses):
        move(session, submission, State.APPROVED)
    else:
        messages.handed_in(session, submission)

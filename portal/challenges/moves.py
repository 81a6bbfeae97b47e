"""How submissions and their stages move: along the tables of states, and paid when accepted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import messages
from portal.challenges.models import LONGEST_COMMENT, StageResponse, Submission
from portal.challenges.stages import reasons_for
from portal.challenges.states import RESPONSE_TRANSITIONS, TRANSITIONS, Reason, ResponseState, State
from portal.challenges.work import Work
from portal.clock import now
from portal.database.refusal import Conflict, Invalid
from portal.points import awards

DECIDED: Final = {State.APPROVED, State.REDO_REQUESTED, State.REJECTED}


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


def must_apply(submission: Submission, reason: Reason) -> None:
    """Refuse (`Invalid`) a reason for which work of these kinds is never rejected."""
    if reason not in reasons_for(response.stage.kind for response in submission.responses):
        raise Invalid(_l("A review is never rejected for what it says."), field="reason")


def move_response(response: StageResponse, state: ResponseState, *, at: datetime, note: str | None = None) -> None:
    """The only way of a stage into another state; refuses (`Conflict`) what `RESPONSE_TRANSITIONS` does not hold."""
    if state not in RESPONSE_TRANSITIONS[response.state]:
        raise Conflict(_l("This step has been decided already."))
    response.state, response.redo_note = state, note or response.redo_note
    if state is ResponseState.HANDED_IN:
        response.handed_in_at = at
    if state is ResponseState.ACCEPTED:
        response.accepted_at = at


def accept(session: Session, work: Work, responses: list[StageResponse], *, by: Actor) -> None:
    """Accept stages and pay what they promise, each once (trust.md L4)."""
    for response in responses:
        move_response(response, ResponseState.ACCEPTED, at=now(session))
    for response in responses:
        if response.points:
            awards.grant(
                session,
                work.submission.person_id,
                response.points,
                subject=f"stage_response:{response.id}",
                cause=f"submission:{work.submission.id}",
                reason=f"{work.challenge}: {response.stage.title}",
                by=by,
            )


def follow(session: Session, work: Work) -> None:
    """Let the submission's state follow from its responses after one was handed in."""
    responses = work.submission.responses
    if any(response.is_open for response in responses):
        return
    move(session, work.submission, State.SUBMITTED)
    if all(response.state is ResponseState.ACCEPTED for response in responses):
        move(session, work.submission, State.APPROVED)
    else:
        messages.handed_in(session, work)

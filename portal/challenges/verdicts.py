"""The verbs on a manager's decision: recorded, undone for some seconds, then applied by the submission's verb."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.audit import Actor
from portal.challenges import moves, submissions
from portal.challenges.models import LONGEST_COMMENT, Submission, Verdict
from portal.challenges.states import Decision, Reason, State, VerdictState
from portal.challenges.work import Work, lock, locked
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound, explain
from portal.people.models import Person, PersonRole
from portal.people.people import lock_people
from portal.people.states import MANAGERS

UNDO_SECONDS: Final = 10
APPLY: Final = "challenges.apply_verdict"
_AT_ONCE: Final = 50
_SOMEBODY: Final = _l("Somebody has just decided on this. Go on with the next one.")

_OWN_WORK: Final = _l("Somebody else has to verify your own submission.")

explain("uq_verdict_open", _SOMEBODY)
explain("verdict_not_by_oneself", _OWN_WORK)


def record(
    session: Session,
    submission_id: int,
    decision: Decision,
    *,
    by: Actor,
    stage_ids: Collection[int] = (),
    reason: Reason | None = None,
    comment: str = "",
) -> Verdict:
    """Note a decision; it is applied after `UNDO_SECONDS` unless it is undone. One's own elapsed ones are applied now.

    The same decision by the same manager returns the first verdict. Refuses `NotAllowed` (one's own work, no manager),
    `NotFound`, `Conflict` (it does not wait, or somebody has decided), `Invalid` (no stage, no reason).
    """
    by.require(*MANAGERS)
    elapsed = _elapsed(session, by)
    submission = _lock_with(session, submission_id, elapsed).submission
    for verdict_id in elapsed:
        apply(session, verdict_id)
    _may_be_decided(submission, by)
    open_verdict = session.scalar(_open_of(submission_id))
    if open_verdict is not None:
        if open_verdict.decided_by == by.person_id and open_verdict.decision is decision:
            return open_verdict
        raise Conflict(_SOMEBODY)
    _is_complete(submission, decision, stage_ids, reason, comment)
    verdict = Verdict(
        submission_id=submission_id,
        decision=decision,
        stage_ids=sorted(set(stage_ids)) if decision is Decision.REDO else [],
        reason=reason if decision is Decision.REJECT else None,
        comment=comment.strip(),
        decided_by=by.person_id,
        state=VerdictState.OPEN,
        apply_at=now(session) + timedelta(seconds=UNDO_SECONDS),
    )
    session.add(verdict)
    session.flush()
    jobs.defer(session, APPLY, in_seconds=UNDO_SECONDS, verdict_id=verdict.id)
    return verdict


def undo(session: Session, verdict_id: int, *, by: Actor) -> Verdict:
    """Take one's own decision back while it is open. Refuses `NotFound` for another's, `Conflict` once applied."""
    by.require(*MANAGERS)
    verdict = session.get(Verdict, verdict_id)
    if verdict is None or verdict.decided_by != by.person_id:
        raise NotFound(_l("There is no such decision."))
    lock(session, verdict.submission_id)
    session.refresh(verdict, with_for_update={"key_share": True})
    if verdict.state is VerdictState.APPLIED:
        raise Conflict(_l("This decision has been carried out already; it cannot be taken back."))
    verdict.state = VerdictState.UNDONE
    session.flush()
    return verdict


def apply(session: Session, verdict_id: int) -> Verdict:
    """Carry a decision out, once; what was undone or applied before stays as it is.

    A decision of somebody who may not decide any more is dropped, and the submission waits again.
    """
    verdict = session.get(Verdict, verdict_id)
    if verdict is None:
        raise NotFound(_l("There is no such decision."))
    work = lock(session, verdict.submission_id)
    session.refresh(verdict, with_for_update={"key_share": True})
    if verdict.state is not VerdictState.OPEN:
        return verdict
    by = _actor(session, verdict.decided_by)
    if not by.has(*MANAGERS) or work.submission.state is not State.SUBMITTED:
        verdict.state = VerdictState.UNDONE
        audit.record(session, "verdict.drop", f"verdict:{verdict.id}", by=by)
    else:
        verdict.state = VerdictState.APPLIED
        _carry_out(session, work, verdict, by)
    session.flush()
    return verdict


def _carry_out(session: Session, work: Work, verdict: Verdict, by: Actor) -> None:
    about, comment = verdict.submission_id, verdict.comment
    if verdict.decision is Decision.APPROVE:
        submissions.approve_locked(session, work, by=by, comment=comment)
    elif verdict.decision is Decision.REDO:
        submissions.request_redo(session, about, stage_ids=verdict.stage_ids, comment=comment, by=by)
    elif verdict.reason is not None:  # the database holds that a rejection has one
        submissions.reject(session, about, reason=verdict.reason, comment=comment, by=by)


def _lock_with(session: Session, submission_id: int, elapsed: Collection[int]) -> Work:
    """Lock all that one transaction touches, people first and in order, then read the submission."""
    touched = select(Submission.person_id).where(
        (Submission.id == submission_id)
        | Submission.id.in_(select(Verdict.submission_id).where(Verdict.id.in_(elapsed)))
    )
    lock_people(session, session.scalars(touched))
    return locked(session, submission_id)


def _elapsed(session: Session, by: Actor) -> list[int]:
    waiting = select(Verdict.id).where(
        Verdict.decided_by == by.person_id, Verdict.state == VerdictState.OPEN, Verdict.apply_at <= now(session)
    )
    return list(session.scalars(waiting.order_by(Verdict.submission_id).limit(_AT_ONCE)))


def _open_of(submission_id: int) -> Select[Verdict]:
    return (
        select(Verdict)
        .where(Verdict.submission_id == submission_id, Verdict.state == VerdictState.OPEN)
        .execution_options(populate_existing=True)
    )


def _may_be_decided(submission: Submission, by: Actor) -> None:
    if submission.person_id == by.person_id:
        raise NotAllowed(_OWN_WORK)
    if submission.state is not State.SUBMITTED:
        raise Conflict(
            _l("This does not wait for a decision any more: it stands at “%(state)s”.", state=submission.state.label)
        )


def _is_complete(
    submission: Submission, decision: Decision, stage_ids: Collection[int], reason: Reason | None, comment: str
) -> None:
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(_l("A note has at most %(most)s characters.", most=LONGEST_COMMENT), field="comment")
    if decision is Decision.REJECT and reason is None:
        raise Invalid(_l("Choose a reason."), field="reason")
    if reason is not None:
        moves.must_apply(submission, reason)
    if decision is Decision.REDO:
        moves.redoable(submission, stage_ids)
        if not comment.strip():
            raise Invalid(_l("Say what should change, so that they know what to do."), field="comment")


def _actor(session: Session, person_id: int) -> Actor:
    """The manager as they are now, without roles once they are suspended."""
    roles = select(PersonRole.role).join(Person, Person.id == PersonRole.person_id)
    held = session.scalars(roles.where(Person.id == person_id, Person.suspended_at.is_(None)))
    return Actor(person_id, frozenset(held))

"""The verbs on a draft's stages: add, change, move, remove. Published, their texts change until somebody begins."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.challenges.challenges import lock_challenge, text_of
from portal.challenges.models import (
    LONGEST_INSTRUCTIONS,
    LONGEST_TITLE,
    MOST_POINTS,
    MOST_STAGES,
    Challenge,
    Stage,
    StageResponse,
)
from portal.challenges.stages import kind_of
from portal.challenges.states import ChallengeState, Verification
from portal.database.refusal import Conflict, Invalid, LimitReached, NotFound
from portal.people.states import MANAGERS


def add_stage(
    session: Session,
    challenge_id: int,
    kind: str,
    *,
    title: str,
    by: Actor,
    instructions: str = "",
    points: int = 0,
    verification: Verification | None = None,
    setup: Mapping[str, object] | None = None,
) -> Stage:
    """Put a stage at the end of a draft; its kind says who verifies it, or lets the manager choose.

    Refuses `NotAllowed`, `NotFound`, `Conflict` for what is no draft, `LimitReached`, `Invalid` kind, texts, points,
    verification and setup (the kind says what is wrong with it).
    """
    challenge = draft_of(session, challenge_id, by)
    if len(challenge.stages) >= MOST_STAGES:
        raise LimitReached(_l("A challenge has at most %(most)s steps.", most=MOST_STAGES))
    stage = Stage(
        challenge_id=challenge_id,
        position=len(challenge.stages) + 1,
        kind=kind,
        verification=_verification(kind, verification),
        setup=kind_of(kind).set_up(setup or {}),
    )
    _write(stage, title, instructions)
    stage.points = _points(points)
    session.add(stage)
    audit.record(session, "challenge.add_stage", f"challenge:{challenge_id}", by=by)
    session.flush()
    session.expire(challenge, ["stages"])
    return stage


def change_stage(
    session: Session,
    challenge_id: int,
    position: int,
    *,
    title: str,
    instructions: str,
    by: Actor,
    points: int | None = None,
    verification: Verification | None = None,
    setup: Mapping[str, object] | None = None,
    stage_id: int | None = None,
) -> Stage:
    """Change a stage's texts until somebody begins it, and in a draft its points, verification and setup.

    What is not given stays. Refuses as `add_stage`, and `Conflict` where another than `stage_id` stands at `position`
    by now, and for the words of a stage that somebody has begun: they stay as they were agreed to.
    """
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    stage = stage_at(challenge, position, stage_id)
    if challenge.state is ChallengeState.ARCHIVED:
        raise Conflict(_l("This challenge is archived; it does not change any more."))
    if not challenge.is_draft and not instructions.strip():
        raise Invalid(_l("Say what to do in this step."), field="instructions")
    before = stage.title, stage.instructions
    _write(stage, title, instructions)
    if (stage.title, stage.instructions) != before:
        _must_be_unbegun(session, stage)
    if points is not None and points != stage.points:
        _must_be_draft(challenge)
        stage.points = _points(points)
    if verification is not None and verification is not stage.verification:
        _must_be_draft(challenge)
        stage.verification = _verification(stage.kind, verification)
    if setup is not None:
        _set_up(challenge, stage, setup)
    audit.record(session, "challenge.change_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    return stage


def move_stage(
    session: Session, challenge_id: int, position: int, *, up: bool, by: Actor, stage_id: int | None = None
) -> None:
    """Let a draft's stage change places with the one before or after it; at the end nothing happens.

    Refuses as `change_stage`.
    """
    challenge = draft_of(session, challenge_id, by)
    stage = stage_at(challenge, position, stage_id)
    other_position = position - 1 if up else position + 1
    if 1 <= other_position <= len(challenge.stages):
        other = stage_at(challenge, other_position)
        stage.position, other.position = other_position, position
        audit.record(session, "challenge.move_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    session.expire(challenge, ["stages"])


def remove_stage(session: Session, challenge_id: int, position: int, *, by: Actor, stage_id: int | None = None) -> None:
    """Take a stage out of a draft; those behind it move up.

    Refuses as `change_stage`: a second click takes nothing more.
    """
    challenge = draft_of(session, challenge_id, by)
    stage = stage_at(challenge, position, stage_id)
    session.execute(delete(Stage).where(Stage.id == stage.id))
    behind = update(Stage).where(Stage.challenge_id == challenge_id, Stage.position > position)
    session.execute(behind.values(position=Stage.position - 1))
    audit.record(session, "challenge.remove_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    session.expire(challenge, ["stages"])


def draft_of(session: Session, challenge_id: int, by: Actor) -> Challenge:
    """Lock a draft with its stages for a manager. Refuses `NotAllowed`, `NotFound`, and `Conflict` for what is none."""
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    _must_be_draft(challenge)
    return challenge


def _must_be_draft(challenge: Challenge) -> None:
    if not challenge.is_draft:
        raise Conflict(_l("The steps of a published challenge do not change any more; its texts do."))


def _must_be_unbegun(session: Session, stage: Stage) -> None:
    """Refuse (`Conflict`) where somebody has begun a stage; whoever begins now waits for its challenge."""
    with session.no_autoflush:
        begun = session.scalar(select(StageResponse.id).where(StageResponse.stage_id == stage.id).limit(1))
    if begun is not None:
        raise Conflict(_l("Somebody has begun this step: its words stay as they agreed to them."))


def stage_at(challenge: Challenge, position: int, stage_id: int | None = None) -> Stage:
    """The stage at a place, and only the one that the caller was shown there: steps move under an open page."""
    for stage in challenge.stages:
        if stage.position == position:
            if stage_id not in (None, stage.id):
                raise Conflict(_l("Another step stands here now. Reload the page and look again."))
            return stage
    raise NotFound(_l("There is no such step."))


def _write(stage: Stage, title: str, instructions: str) -> None:
    stage.title = text_of(title, LONGEST_TITLE, "title", required=True)
    stage.instructions = text_of(instructions, LONGEST_INSTRUCTIONS, "instructions")


def _set_up(challenge: Challenge, stage: Stage, given: Mapping[str, object]) -> None:
    setup = kind_of(stage.kind).set_up(given)
    if setup != stage.setup:
        _must_be_draft(challenge)
        stage.setup = setup


def _verification(kind: str, wanted: Verification | None) -> Verification:
    of_kind = kind_of(kind)
    if wanted in (None, of_kind.verification):
        return of_kind.verification
    if wanted not in of_kind.verifications:
        raise Invalid(_l("Who checks a step of this kind cannot be chosen."), field="verification")
    return Verification(wanted)


def _points(points: int) -> int:
    if not 0 <= points <= MOST_POINTS:
        raise Invalid(_l("Points are a whole number from 0 to %(most)s.", most=MOST_POINTS), field="points")
    return points

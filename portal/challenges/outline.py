"""The verbs on stages that are worked on, of a draft or of the next edition of what is published.

A next edition is begun, changed by the same verbs as a draft, and offered (`challenges.publish`) or dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.challenges import editions
from portal.challenges.challenges import lock_challenge, text_of
from portal.challenges.models import (
    LONGEST_INSTRUCTIONS,
    LONGEST_TITLE,
    MOST_POINTS,
    MOST_STAGES,
    Challenge,
    Stage,
)
from portal.challenges.stages import kind_of
from portal.challenges.states import ChallengeState, Verification
from portal.database.refusal import Conflict, Invalid, LimitReached, NotFound
from portal.people.states import MANAGERS

_NOT_NOW: Final = _l("What is offered does not change. Begin a new version of its steps, then change that.")


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
    """Put a stage at the end; its kind says who verifies it, or lets the manager choose.

    Refuses `NotAllowed`, `NotFound`, `Conflict` where nothing is worked on, `LimitReached`, `Invalid` kind, texts,
    points, verification and setup (the kind says what is wrong with it).
    """
    challenge = draft_of(session, challenge_id, by)
    if len(challenge.workbench) >= MOST_STAGES:
        raise LimitReached(_l("A challenge has at most %(most)s steps.", most=MOST_STAGES))
    stage = Stage(
        challenge_id=challenge_id,
        position=len(challenge.workbench) + 1,
        kind=kind,
        verification=_verification(kind, verification),
        setup=kind_of(kind).set_up(setup or {}),
    )
    _write(stage, title, instructions)
    stage.points = _points(points)
    session.add(stage)
    audit.record(session, "challenge.add_stage", f"challenge:{challenge_id}", by=by)
    session.flush()
    session.expire(challenge, ["workbench"])
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
    """Change a stage's texts, points, verification and setup; what is not given stays.

    Refuses as `add_stage`, and `Conflict` where another than `stage_id` stands at `position` by now.
    """
    stage = stage_at(draft_of(session, challenge_id, by), position, stage_id)
    _write(stage, title, instructions)
    if points is not None:
        stage.points = _points(points)
    if verification is not None:
        stage.verification = _verification(stage.kind, verification)
    if setup is not None:
        stage.setup = kind_of(stage.kind).set_up(setup)
    audit.record(session, "challenge.change_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    return stage


def move_stage(
    session: Session, challenge_id: int, position: int, *, up: bool, by: Actor, stage_id: int | None = None
) -> None:
    """Let a stage change places with the one before or after it; at the end nothing happens.

    Refuses as `change_stage`.
    """
    challenge = draft_of(session, challenge_id, by)
    stage = stage_at(challenge, position, stage_id)
    other_position = position - 1 if up else position + 1
    if 1 <= other_position <= len(challenge.workbench):
        other = stage_at(challenge, other_position)
        stage.position, other.position = other_position, position
        audit.record(session, "challenge.move_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    session.expire(challenge, ["workbench"])


def remove_stage(session: Session, challenge_id: int, position: int, *, by: Actor, stage_id: int | None = None) -> None:
    """Take a stage out; those behind it move up.

    Refuses as `change_stage`: a second click takes nothing more; `Conflict` for the last one of a next edition.
    """
    challenge = draft_of(session, challenge_id, by)
    stage = stage_at(challenge, position, stage_id)
    if challenge.is_revised and len(challenge.workbench) == 1:
        raise Conflict(_l("A challenge needs at least one step. Drop the changes, or archive the challenge."))
    session.execute(delete(Stage).where(Stage.id == stage.id))
    behind = update(Stage).where(Stage.challenge_id == challenge_id, Stage.edition.is_(None), Stage.position > position)
    session.execute(behind.values(position=Stage.position - 1))
    audit.record(session, "challenge.remove_stage", f"challenge:{challenge_id}", by=by, position=position)
    session.flush()
    session.expire(challenge, ["workbench"])


def begin_edition(session: Session, challenge_id: int, *, by: Actor) -> Challenge:
    """Take the steps of a published challenge in hand: a copy that is changed, and then offered by `publish`.

    Once begun it goes on. Refuses `NotAllowed`, `NotFound`, and `Conflict` for what is not published.
    """
    challenge = _published(session, challenge_id, by)
    if not challenge.workbench:
        editions.begin(session, challenge)
        audit.record(session, "challenge.begin_edition", f"challenge:{challenge_id}", by=by)
    return challenge


def drop_edition(session: Session, challenge_id: int, *, by: Actor) -> Challenge:
    """Leave the steps of a published challenge as they are offered; where nothing was begun, nothing is dropped.

    Refuses as `begin_edition`.
    """
    challenge = _published(session, challenge_id, by)
    if challenge.workbench:
        editions.drop(session, challenge)
        audit.record(session, "challenge.drop_edition", f"challenge:{challenge_id}", by=by)
    return challenge


def draft_of(session: Session, challenge_id: int, by: Actor) -> Challenge:
    """Lock a challenge whose stages are worked on, for a manager.

    Refuses `NotAllowed`, `NotFound`, and `Conflict` where they are not: what is offered does not change.
    """
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    if not challenge.is_open:
        raise Conflict(_NOT_NOW)
    return challenge


def _published(session: Session, challenge_id: int, by: Actor) -> Challenge:
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    if challenge.state is not ChallengeState.PUBLISHED:
        raise Conflict(_l("Only what is published has another version: a draft is changed as it is."))
    return challenge


def stage_at(challenge: Challenge, position: int, stage_id: int | None = None) -> Stage:
    """The stage at a place, and only the one that the caller was shown there: steps move under an open page."""
    for stage in challenge.workbench:
        if stage.position == position:
            if stage_id not in (None, stage.id):
                raise Conflict(_l("Another step stands here now. Reload the page and look again."))
            return stage
    raise NotFound(_l("There is no such step."))


def _write(stage: Stage, title: str, instructions: str) -> None:
    stage.title = text_of(title, LONGEST_TITLE, "title", required=True)
    stage.instructions = text_of(instructions, LONGEST_INSTRUCTIONS, "instructions")


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

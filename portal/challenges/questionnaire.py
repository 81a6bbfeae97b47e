"""The verbs on the questions of a step that is worked on: add, change, move, remove. What is offered stays as it is.

A question keeps its number, so that an open page never changes another one than it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.challenges.models import Stage
from portal.challenges.outline import draft_of, stage_at
from portal.challenges.stages import kind_of, questions
from portal.database.refusal import NotFound


def add_question(
    session: Session,
    challenge_id: int,
    position: int,
    given: Mapping[str, object],
    *,
    by: Actor,
    stage_id: int | None = None,
) -> int:
    """Put a question at the end of a draft's step; its number.

    Refuses as `outline.change_stage`, `NotFound` where the step asks no questions, `LimitReached`, and `Invalid` what
    nobody could answer.
    """
    stage = _asking(session, challenge_id, position, by, stage_id)
    _write(session, stage, [*_listed(stage), _asked(given)], by, "challenge.add_question")
    return int(stage.setup["last"])


def change_question(
    session: Session,
    challenge_id: int,
    position: int,
    number: int,
    given: Mapping[str, object],
    *,
    by: Actor,
    stage_id: int | None = None,
) -> None:
    """Write a question anew. Refuses as `add_question`, and `NotFound` for one that is not there any more."""
    stage = _asking(session, challenge_id, position, by, stage_id)
    listed = _listed(stage)
    listed[_place(listed, number)] = {**_asked(given), "number": number}
    _write(session, stage, listed, by, "challenge.change_question")


def move_question(
    session: Session,
    challenge_id: int,
    position: int,
    number: int,
    *,
    up: bool,
    by: Actor,
    stage_id: int | None = None,
) -> None:
    """Let a question change places with the one before or after it; at the end nothing happens.

    Refuses as `change_question`.
    """
    stage = _asking(session, challenge_id, position, by, stage_id)
    listed = _listed(stage)
    here = _place(listed, number)
    there = here - 1 if up else here + 1
    if 0 <= there < len(listed):
        listed[here], listed[there] = listed[there], listed[here]
        _write(session, stage, listed, by, "challenge.move_question")


def remove_question(
    session: Session, challenge_id: int, position: int, number: int, *, by: Actor, stage_id: int | None = None
) -> None:
    """Take a question out. Refuses as `change_question`: a second click takes nothing more."""
    stage = _asking(session, challenge_id, position, by, stage_id)
    listed = _listed(stage)
    del listed[_place(listed, number)]
    _write(session, stage, listed, by, "challenge.remove_question")


def _asking(session: Session, challenge_id: int, position: int, by: Actor, stage_id: int | None) -> Stage:
    stage = stage_at(draft_of(session, challenge_id, by), position, stage_id)
    if stage.kind != questions.Questions.key:
        raise NotFound(_l("This step asks no questions."))
    return stage


def _asked(given: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in given.items() if name != "number"}


def _listed(stage: Stage) -> list[dict[str, Any]]:
    return list(stage.setup.get("questions", ()))


def _place(listed: list[dict[str, Any]], number: int) -> int:
    for place, each in enumerate(listed):
        if each["number"] == number:
            return place
    raise NotFound(_l("There is no such question any more."))


def _write(session: Session, stage: Stage, listed: list[dict[str, Any]], by: Actor, deed: str) -> None:
    stage.setup = kind_of(stage.kind).set_up({"questions": listed, "last": stage.setup.get("last", 0)})
    audit.record(session, deed, f"challenge:{stage.challenge_id}", by=by, position=stage.position)
    session.flush()

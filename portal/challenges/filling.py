"""Where something may be handed in: the person, their submission and the stage, locked and looked at."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import openings
from portal.challenges.models import StageResponse
from portal.challenges.states import State
from portal.challenges.work import Work, own
from portal.clock import now
from portal.database.refusal import Conflict, Gone, NotAllowed, NotFound
from portal.people.people import lock_person
from portal.people.states import Role

HANDED_IN: Final = _l("This step has been handed in already.")
_CLOSED: Final = _l("This challenge has closed. What you handed in before it closed counts.")


def advocate(session: Session, by: Actor) -> int:
    """Lock the person, who has to be an advocate. Refuses `NotAllowed`."""
    if by.person_id is None or Role.ADVOCATE not in by.roles:
        raise NotAllowed(_l("Challenges are for advocates."))
    lock_person(session, by.person_id)
    return by.person_id


def to_fill_in(session: Session, submission_id: int, stage_id: int, by: Actor) -> tuple[Work, StageResponse]:
    """Somebody's own submission, locked, with one of its stages. Refuses `NotAllowed`, and `NotFound` for another's."""
    work = own(session, advocate(session, by), submission_id)
    if work is None:
        raise NotFound(openings.NO_CHALLENGE)
    for response in work.submission.responses:
        if response.stage_id == stage_id:
            return work, response
    raise NotFound(_l("There is no such step."))


def must_be_open(session: Session, work: Work) -> None:
    """Refuse what comes too late: `Conflict` once it is handed in or over, `Gone` once the challenge has closed."""
    state = work.submission.state
    if state not in (State.IN_PROGRESS, State.REDO_REQUESTED):
        raise Conflict(_l("Nothing can be handed in now: it stands at “%(state)s”.", state=state.label))
    if state is State.IN_PROGRESS and work.closes_at is not None and work.closes_at <= now(session):
        raise Gone(_CLOSED)

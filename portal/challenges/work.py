"""What people have handed in, read and locked in order, in as few statements as that takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session, contains_eager

from portal.challenges.models import Challenge, ChallengeEdition, Stage, StageResponse, Submission
from portal.database.refusal import NotFound
from portal.people import people
from portal.people.models import PersonRole
from portal.people.states import MANAGERS

_Wanted = TypeVar("_Wanted", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Work:
    """A submission with its responses, freshly read and locked, and what its verbs need to know beside it."""

    submission: Submission
    challenge: str
    public_id: UUID
    closes_at: datetime | None
    by_staff: bool
    """Whether who handed in runs the program, too."""


def lock(session: Session, submission_id: int) -> Work:
    """Lock a submission, its person first (trust.md, lock order). Refuses `NotFound`."""
    people.lock_whom(session, _ITS_PERSON, submission=submission_id)
    return locked(session, submission_id)


def locked(session: Session, submission_id: int) -> Work:
    """The submission with this id, whose person is locked already. Refuses `NotFound`."""
    found = session.execute(_BY_ID, {"submission": submission_id}).unique().one_or_none()
    if found is None:
        raise NotFound(_l("There is no such submission."))
    return Work(*found)


def own(session: Session, person_id: int, submission_id: int) -> Work | None:
    """The submission with this id, if it is the person's, who is locked already."""
    found = session.execute(_OWN, {"submission": submission_id, "person": person_id}).unique().one_or_none()
    return Work(*found) if found is not None else None


def own_for(session: Session, person_id: int, challenge_id: int) -> Submission | None:
    """What a person, who is locked already, has last begun or put away of a challenge."""
    found = session.execute(_OWN_FOR, {"challenge": challenge_id, "person": person_id}).unique().one_or_none()
    return found[0] if found is not None else None


def locking(wanted: _Wanted) -> _Wanted:
    """Read submissions anew and lock them; their people are locked already."""
    return wanted.with_for_update(key_share=True, of=Submission).execution_options(populate_existing=True)


_RUNS_THE_PROGRAM: Final = exists().where(PersonRole.person_id == Submission.person_id, PersonRole.role.in_(MANAGERS))
_BEGUN: Final = and_(
    ChallengeEdition.challenge_id == Submission.challenge_id, ChallengeEdition.edition == Submission.edition
)
_TITLE: Final = func.coalesce(ChallengeEdition.title, Challenge.title)
"""What the challenge was called when they began."""
_WHOLE: Final = locking(
    select(Submission, _TITLE, Challenge.public_id, Challenge.closes_at, _RUNS_THE_PROGRAM)
    .join(Challenge, Challenge.id == Submission.challenge_id)
    .outerjoin(ChallengeEdition, _BEGUN)
    .outerjoin(Submission.responses)
    .outerjoin(StageResponse.stage)
    .options(
        contains_eager(Submission.responses)
        .contains_eager(StageResponse.stage)
        .load_only(Stage.position, Stage.kind, Stage.title, Stage.setup)
    )
    .order_by(StageResponse.id)
)
"""Everything of a submission in one statement. It reads the responses as they are, though it may have waited for the
submission: whoever changes either holds the lock on their person, and so does who asks."""
_ID: Final = bindparam("submission", type_=BigInteger)
_PERSON: Final = bindparam("person", type_=BigInteger)
_BY_ID: Final = _WHOLE.where(Submission.id == _ID)
_OWN: Final = _BY_ID.where(Submission.person_id == _PERSON)
_OWN_FOR: Final = _WHOLE.where(
    Submission.challenge_id == bindparam("challenge", type_=BigInteger),
    Submission.person_id == _PERSON,
    Submission.latest,
)
_ITS_PERSON: Final = people.whom(select(Submission.person_id).where(Submission.id == _ID).scalar_subquery())

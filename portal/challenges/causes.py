"""What the rest of the house learns of challenges: why points came, and how much waits at the manager's desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    any_,
    bindparam,
    case,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from portal.access.visitor import FACTS
from portal.challenges.models import Challenge, Submission
from portal.challenges.queries.queue import COUNTED, waits_for
from portal.database.prepared import Prepared
from portal.people.models import Person, PersonRole
from portal.people.states import MANAGERS
from portal.points.causes import CAUSES, Named


def submissions(session: Session, ids: Sequence[int]) -> Mapping[int, Named]:
    """The challenges of these submissions, by title, with the page of each."""
    return {row.id: (row.title, f"/challenges/{row.public_id}") for row in _titles(session, ids=ids)}


@Prepared
def _titles() -> Select[*tuple[Any, ...]]:
    return (
        select(Submission.id, Challenge.title, Challenge.public_id)
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(Submission.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    )


def waiting(person_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """How many submissions wait for a manager, as far as is counted; nothing is counted for anybody else."""
    held = PersonRole.role.in_(MANAGERS)
    at_desk = exists(select(PersonRole.role).where(PersonRole.person_id == person_id, held).correlate(Person))
    some = select(Submission.id).where(waits_for(person_id)).correlate(Person).limit(COUNTED).lateral("some")
    number = select(func.count()).select_from(some).correlate(Person)
    return select(case((at_desk, number.scalar_subquery()))).scalar_subquery()


CAUSES["submission"] = submissions
FACTS["waiting"] = waiting

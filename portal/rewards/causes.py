"""What the rest of the house learns of redemptions: what points went for, and how much waits at the manager's desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, exists, func, select
from sqlalchemy.orm import Session

from portal.access.visitor import FACTS
from portal.people.models import Person, PersonRole
from portal.people.states import MANAGERS
from portal.points.causes import CAUSES, Named
from portal.rewards.models import Redemption
from portal.rewards.queries.desk import waits_at_the_desk


def redemptions(session: Session, ids: Sequence[int]) -> Mapping[int, Named]:
    """What the statement of points calls a redemption."""
    rows = session.execute(select(Redemption.id, Redemption.name, Redemption.public_id).where(Redemption.id.in_(ids)))
    return {row.id: (row.name, f"/redemptions/{row.public_id}") for row in rows}


def to_do(person_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """How many redemptions wait for a manager, without their own; nothing is counted for anybody else."""
    held = PersonRole.role.in_(MANAGERS)
    at_desk = exists(select(PersonRole.role).where(PersonRole.person_id == person_id, held).correlate(Person))
    number = (
        select(func.count())
        .select_from(Redemption)
        .where(waits_at_the_desk(), Redemption.person_id != person_id)
        .correlate(Person)
    )
    return select(case((at_desk, number.scalar_subquery()))).scalar_subquery()


CAUSES["redemption"] = redemptions
FACTS["to_deliver"] = to_do

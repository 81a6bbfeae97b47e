"""What the manager's screens show of points and proposed adjustments, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Select, Uuid, bindparam, select
from sqlalchemy.orm import Session, aliased

from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.people.models import Company, Person
from portal.points.models import AdjustmentProposal
from portal.points.queries import LARGEST
from portal.points.states import ProposalState
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 25
_ROWS: Final = bindparam("rows", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with the names that it stands for; `points` below zero are to be taken."""

    id: int
    public_id: UUID
    person_id: int
    person: str
    person_public_id: UUID
    points: int
    reason: str
    state: ProposalState
    proposed_by: int
    proposer: str
    created_at: datetime
    decider: str | None
    decided_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose points they are."""

    id: int
    public_id: UUID
    name: str
    title: str | None
    company: str | None


def holder(session: Session, public_id: UUID) -> Holder:
    """One person. Refuses `NotFound`."""
    for row in _holder(session, public_id=public_id):
        return Holder(**row._mapping)
    raise NotFound


def one(session: Session, public_id: UUID) -> Proposed:
    """One proposal. Refuses `NotFound`."""
    for row in _one(session, public_id=public_id):
        return Proposed(**row._mapping)
    raise NotFound


def waiting(session: Session, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Proposed]:
    """The proposals that wait, the oldest first."""
    rows = _waiting(session, after=after[0] if after else 0, rows=limit + 1)
    return page_of([Proposed(**row._mapping) for row in rows], limit, lambda row: (row.id,))


def decided(session: Session, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Proposed]:
    """Those that were decided on or withdrawn, the newest first."""
    rows = _decided(session, after=after[0] if after else LARGEST, rows=limit + 1)
    return page_of([Proposed(**row._mapping) for row in rows], limit, lambda row: (row.id,))


def waiting_for(session: Session, person_id: int, limit: int = 10) -> list[Proposed]:
    """The first proposals that wait about one person's points."""
    return [Proposed(**row._mapping) for row in _waiting_for(session, person=person_id, rows=limit)]


def _rows() -> Select[*tuple[Any, ...]]:
    person, proposer, decider = (aliased(Person) for _name in range(3))
    return (
        select(
            AdjustmentProposal.id,
            AdjustmentProposal.public_id,
            AdjustmentProposal.person_id,
            person.name.label("person"),
            person.public_id.label("person_public_id"),
            AdjustmentProposal.points,
            AdjustmentProposal.reason,
            AdjustmentProposal.state,
            AdjustmentProposal.proposed_by,
            proposer.name.label("proposer"),
            AdjustmentProposal.created_at,
            decider.name.label("decider"),
            AdjustmentProposal.decided_at,
            AdjustmentProposal.note,
        )
        .join(person, person.id == AdjustmentProposal.person_id)
        .join(proposer, proposer.id == AdjustmentProposal.proposed_by)
        .outerjoin(decider, decider.id == AdjustmentProposal.decided_by)
    )


@Prepared
def _one() -> Select[*tuple[Any, ...]]:
    return _rows().where(AdjustmentProposal.public_id == bindparam("public_id", type_=Uuid()))


@Prepared
def _waiting() -> Select[*tuple[Any, ...]]:
    found = _rows().where(AdjustmentProposal.decided_at.is_(None))
    found = found.where(AdjustmentProposal.id > bindparam("after", type_=BigInteger))
    return found.order_by(AdjustmentProposal.id).limit(_ROWS)


@Prepared
def _decided() -> Select[*tuple[Any, ...]]:
    found = _rows().where(AdjustmentProposal.decided_at.is_not(None))
    found = found.where(AdjustmentProposal.id < bindparam("after", type_=BigInteger))
    return found.order_by(AdjustmentProposal.id.desc()).limit(_ROWS)


@Prepared
def _waiting_for() -> Select[*tuple[Any, ...]]:
    found = _rows().where(AdjustmentProposal.decided_at.is_(None))
    found = found.where(AdjustmentProposal.person_id == bindparam("person", type_=BigInteger))
    return found.order_by(AdjustmentProposal.id).limit(_ROWS)


@Prepared
def _holder() -> Select[*tuple[Any, ...]]:
    return (
        select(Person.id, Person.public_id, Person.name, Person.title, Company.name.label("company"))
        .outerjoin(Company, Company.id == Person.company_id)
        .where(Person.public_id == bindparam("public_id", type_=Uuid()))
    )

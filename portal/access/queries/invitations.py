"""Invitations that nobody has taken up: those that still may be, and those that ran out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Select, and_, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from portal.access.models import Invitation, Nomination
from portal.clock import PORTAL_NOW
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.queries import literally
from portal.people.states import Role
from portal.web.paging import Cursor, Page, page_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that was neither accepted nor withdrawn, nor followed by a newer one."""

    id: int
    public_id: UUID
    person: UUID
    name: str
    company: str | None
    role: Role
    address: str
    invited_by: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer who is known and was never invited."""

    id: int
    public_id: UUID
    name: str
    title: str | None
    company: str
    address: str
    sort: str


def candidates(session: Session, *, words: str = "", after: Cursor | None = None, limit: int = 50) -> Page[Candidate]:
    """Customers with an address who are not in the program, never were and are not invited, by name."""
    sort = func.lower(Person.name)
    wanted = (
        select(
            Person.id,
            Person.public_id,
            Person.name,
            Person.title,
            Company.name.label("company"),
            PersonEmail.address,
            sort.label("sort"),
        )
        .join(Company, Company.id == Person.company_id)
        .join(PersonEmail, and_(PersonEmail.person_id == Person.id, PersonEmail.is_primary))
        .where(Person.advocate_status.is_(None), Person.suspended_at.is_(None))
        .where(~_is_colleague().exists(), ~_was_nominated().exists())
    )
    if words:
        part = f"%{literally(words.lower())}%"
        fields = (Person.name, Company.name, PersonEmail.address)
        wanted = wanted.where(or_(*(func.lower(field).like(part, escape="\\") for field in fields)))
    if after is not None:
        wanted = wanted.where(tuple_(sort, Person.id) > tuple_(*after))
    rows = [Candidate(**row._mapping) for row in session.execute(wanted.order_by(sort, Person.id).limit(limit + 1))]
    return page_of(rows, limit, lambda person: (person.sort, person.id))


def waiting(session: Session, *, expired: bool, after: Cursor | None = None, limit: int = 30) -> Page[Waiting]:
    """Open invitations of people who are not suspended, or those that ran out; what runs or ran out last, first."""
    over = Invitation.expires_at <= PORTAL_NOW
    wanted = _rows().where(over if expired else ~over, Person.suspended_at.is_(None))
    if after is not None:
        mark = tuple_(cast(after[0], DateTime(timezone=True)), cast(after[1], BigInteger))
        wanted = wanted.where(tuple_(Invitation.expires_at, Invitation.id) < mark)
    wanted = wanted.order_by(Invitation.expires_at.desc(), Invitation.id.desc()).limit(limit + 1)
    rows = [Waiting(**row._mapping) for row in session.execute(wanted)]
    return page_of(rows, limit, lambda row: (row.expires_at, row.id))


def waiting_one(session: Session, public_id: UUID) -> tuple[int, str]:
    """The id of an invitation and the name of whom it invites. Refuses `NotFound`."""
    wanted = select(Invitation.id, Person.name).join(Person, Person.id == Invitation.person_id)
    row = session.execute(wanted.where(Invitation.public_id == public_id)).first()
    if row is None:
        raise NotFound
    return row.id, row.name


def invitation_id(session: Session, person: UUID, invitation: UUID) -> int:
    """The id of one of a person's invitations. Refuses `NotFound`, also for another person's."""
    wanted = select(Invitation.id).join(Person, Person.id == Invitation.person_id)
    found = session.scalar(wanted.where(Person.public_id == person, Invitation.public_id == invitation))
    if found is None:
        raise NotFound
    return found


def _is_colleague() -> Select[Role]:
    return select(PersonRole.role).where(PersonRole.person_id == Person.id, PersonRole.role != Role.ADVOCATE)


def _was_nominated() -> Select[int]:
    same = func.lower(Nomination.address) == func.lower(PersonEmail.address)
    return select(Nomination.id).where(same).correlate(PersonEmail)


def _rows() -> Select[*tuple[Any, ...]]:
    by = aliased(Person)
    return (
        select(
            Invitation.id,
            Invitation.public_id,
            Person.public_id.label("person"),
            Person.name,
            Company.name.label("company"),
            Invitation.role,
            Invitation.address,
            by.name.label("invited_by"),
            Invitation.created_at,
            Invitation.expires_at,
        )
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(by, by.id == Invitation.created_by)
        .where(Invitation.accepted_at.is_(None), Invitation.ended_at.is_(None))
    )

"""Who is known here, for the manager's desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.states import AdvocateStatus, Role
from portal.web.paging import Cursor, Page, page_of


@dataclass(frozen=True, slots=True)
class Known:
    """A person in the list."""

    id: int
    public_id: UUID
    name: str
    title: str | None
    company: str | None
    status: AdvocateStatus | None
    suspended: bool
    roles: list[Role]
    sort: str


def known(
    session: Session,
    *,
    words: str = "",
    role: Role | None = None,
    status: AdvocateStatus | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page[Known]:
    """People by name, narrowed by words in name, company or address, by role and by status, in one statement."""
    sort = func.lower(Person.name)
    roles = (
        select(func.array_agg(aggregate_order_by(cast(PersonRole.role, Text), PersonRole.granted_at)))
        .where(PersonRole.person_id == Person.id)
        .scalar_subquery()
    )
    wanted = select(
        Person.id,
        Person.public_id,
        Person.name,
        Person.title,
        Company.name.label("company"),
        Person.advocate_status,
        Person.suspended_at,
        roles.label("roles"),
        sort.label("sort"),
    ).outerjoin(Company, Company.id == Person.company_id)
    wanted = wanted.where(*_narrowed(words, role, status))
    if after is not None:
        wanted = wanted.where(tuple_(sort, Person.id) > tuple_(*after))
    rows = session.execute(wanted.order_by(sort, Person.id).limit(limit + 1)).all()
    return page_of([_known(row) for row in rows], limit, lambda person: (person.sort, person.id))


def _narrowed(words: str, role: Role | None, status: AdvocateStatus | None) -> Iterator[ColumnElement[bool]]:
    if words:
        part = f"%{literally(words.lower())}%"
        address = select(PersonEmail.id).where(
            PersonEmail.person_id == Person.id, func.lower(PersonEmail.address).like(part, escape="\\")
        )
        named = (func.lower(name).like(part, escape="\\") for name in (Person.name, Company.name))
        yield or_(*named, address.exists())
    if role is not None:
        yield select(PersonRole.role).where(PersonRole.person_id == Person.id, PersonRole.role == role).exists()
    if status is not None:
        yield Person.advocate_status == status


def _known(row: Row[Any]) -> Known:
    return Known(
        id=row.id,
        public_id=row.public_id,
        name=row.name,
        title=row.title,
        company=row.company,
        status=row.advocate_status,
        suspended=row.suspended_at is not None,
        roles=[Role(name) for name in row.roles or ()],
        sort=row.sort,
    )


def literally(words: str) -> str:
    """Words without the meaning that LIKE gives to some characters."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

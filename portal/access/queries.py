"""What the screens of access need, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from portal.access import sessions
from portal.access.models import Invitation, LoginSession, Nomination
from portal.access.states import NominationState
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.states import Role
from portal.web.paging import Cursor, Page, page_of


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody that a visitor of the demo can be."""

    person_id: int
    name: str
    role: Role
    title: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """A person as they see themselves."""

    person: Person
    company: str | None
    emails: Sequence[PersonEmail]
    sessions: Sequence[LoginSession]


@dataclass(frozen=True, slots=True)
class NominationRow:
    """A nomination in a list."""

    id: int
    public_id: UUID
    name: str
    title: str | None
    company: str | None
    reason: str
    state: NominationState
    nominated_by: str | None
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    address: str


def faces(session: Session) -> list[Face]:
    """The first person of each role, for the demo."""
    first = (
        select(PersonRole.role, func.min(PersonRole.person_id).label("person_id"))
        .join(Person, Person.id == PersonRole.person_id)
        .where(Person.suspended_at.is_(None))
        .group_by(PersonRole.role)
        .subquery()
    )
    rows = session.execute(
        select(Person.id, Person.name, first.c.role, Person.title).join(first, first.c.person_id == Person.id)
    )
    found = {row.role: Face(row.id, row.name, Role(row.role), row.title) for row in rows}
    order = (Role.ADVOCATE, Role.MANAGER, Role.SALES, Role.ADMIN)
    return [found[role] for role in order if role in found]


def account(session: Session, person_id: int) -> Account:
    """A person's own page."""
    person = session.get_one(Person, person_id)
    company = session.scalar(select(Company.name).where(Company.id == person.company_id)) if person.company_id else None
    return Account(person, company, _emails(session, person_id), sessions.list_of(session, person_id))


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person as the program's managers see them."""

    person: Person
    company: Company | None
    emails: Sequence[PersonEmail]
    roles: Sequence[Role]
    invitations: Sequence[Invitation]
    sessions: Sequence[LoginSession]


def person_card(session: Session, public_id: UUID) -> PersonCard:
    """One person for the manager's desk. Refuses `NotFound`."""
    row = session.execute(
        select(Person, Company).outerjoin(Company, Company.id == Person.company_id).where(Person.public_id == public_id)
    ).first()
    if row is None:
        raise NotFound
    person_id = row.Person.id
    roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)).all()
    invitations = select(Invitation).where(Invitation.person_id == person_id).order_by(Invitation.id.desc()).limit(10)
    return PersonCard(
        person=row.Person,
        company=row.Company,
        emails=_emails(session, person_id),
        roles=sorted(roles),
        invitations=session.scalars(invitations).all(),
        sessions=sessions.list_of(session, person_id),
    )


def nominations(
    session: Session,
    *,
    state: NominationState | None = None,
    decided: bool = False,
    nominated_by: int | None = None,
    after: Cursor | None = None,
    limit: int = 25,
) -> Page[NominationRow]:
    """Nominations, the newest first; those that wait with the oldest first."""
    waiting = state is NominationState.NEW
    wanted = _nomination_rows()
    if state is not None:
        wanted = wanted.where(Nomination.state == state)
    if decided:
        wanted = wanted.where(Nomination.state != NominationState.NEW)
    if nominated_by is not None:
        wanted = wanted.where(Nomination.nominated_by == nominated_by)
    if after is not None:
        wanted = wanted.where(Nomination.id > after[0] if waiting else Nomination.id < after[0])
    wanted = wanted.order_by(Nomination.id if waiting else Nomination.id.desc()).limit(limit + 1)
    rows = [NominationRow(**row._mapping) for row in session.execute(wanted)]
    return page_of(rows, limit, lambda row: (row.id,))


def nomination(session: Session, public_id: UUID) -> NominationRow:
    """One nomination. Refuses `NotFound`."""
    row = session.execute(_nomination_rows().where(Nomination.public_id == public_id)).first()
    if row is None:
        raise NotFound
    return NominationRow(**row._mapping)


def _nomination_rows() -> Select[*tuple[Any, ...]]:
    by, decider = aliased(Person), aliased(Person)
    return (
        select(
            Nomination.id,
            Nomination.public_id,
            Nomination.name,
            Nomination.title,
            func.coalesce(Company.name, Nomination.company_name).label("company"),
            Nomination.reason,
            Nomination.state,
            by.name.label("nominated_by"),
            Nomination.created_at,
            decider.name.label("decided_by"),
            Nomination.decided_at,
            Nomination.note,
            Nomination.address,
        )
        .outerjoin(Company, Company.id == Nomination.company_id)
        .outerjoin(by, by.id == Nomination.nominated_by)
        .outerjoin(decider, decider.id == Nomination.decided_by)
    )


def _emails(session: Session, person_id: int) -> Sequence[PersonEmail]:
    wanted = select(PersonEmail).where(PersonEmail.person_id == person_id)
    return session.scalars(wanted.order_by(PersonEmail.is_primary.desc(), PersonEmail.id).limit(20)).all()


def invitation_id(session: Session, person: UUID, invitation: UUID) -> int:
    """The id of one of a person's invitations. Refuses `NotFound`, also for another person's."""
    wanted = select(Invitation.id).join(Person, Person.id == Invitation.person_id)
    found = session.scalar(wanted.where(Person.public_id == person, Invitation.public_id == invitation))
    if found is None:
        raise NotFound
    return found

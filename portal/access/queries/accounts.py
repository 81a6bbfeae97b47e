"""People as they see themselves, as managers see them, and whom a visitor of the demo can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access import sessions
from portal.access.models import Invitation, LoginSession
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.states import Role


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


def _emails(session: Session, person_id: int) -> Sequence[PersonEmail]:
    wanted = select(PersonEmail).where(PersonEmail.person_id == person_id)
    return session.scalars(wanted.order_by(PersonEmail.is_primary.desc(), PersonEmail.id).limit(20)).all()

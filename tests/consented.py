"""People of the reference program for tests, made through the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.people.models import Company, Person

BOTH = (SAME_INDUSTRY, OTHER_INDUSTRIES)


@dataclass(frozen=True)
class Known:
    """A person of a test: the key, and the actor as which they act."""

    id: int
    actor: Actor
    company_id: int | None


def known(db: Session, person: Person, *roles: str) -> Known:
    """A person as tests hold them across commits."""
    return Known(person.id, Actor(person.id, frozenset(roles)), person.company_id)


def make_company(
    db: Session,
    name: str,
    *,
    industry: str | None = "Logistics",
    country: str | None = "Germany",
    employees: int | None = 900,
) -> Company:
    """A customer."""
    return people.add_company(db, name, by=SYSTEM, industry=industry, country=country, employees=employees)


def make_advocate(
    db: Session,
    name: str,
    *,
    company_id: int | None = None,
    title: str | None = "IT Director",
    email: str | None = None,
) -> Known:
    """An active advocate."""
    person = people.add_person(
        db, name, by=SYSTEM, title=title, company_id=company_id, email=email, roles=["advocate"], verified=True
    )
    db.flush()
    return known(db, person, "advocate")


def make_staff(db: Session, name: str, role: str, *, email: str | None = None) -> Known:
    """A colleague with a role."""
    person = people.add_person(db, name, by=SYSTEM, email=email, roles=[role], verified=True)
    return known(db, person, role)


def agree(db: Session, who: Known, scopes: Iterable[str] = BOTH, *, company_name_ok: bool = False) -> None:
    """They agree to calls."""
    consents.give(db, who.id, scopes, by=who.actor, company_name_ok=company_name_ok)

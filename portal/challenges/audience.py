"""Who a challenge is for, evaluated when it is read: one condition for all challenges of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge
from portal.challenges.states import ChallengeState
from portal.clock import PORTAL_NOW
from portal.people.models import Company, Person, PersonRole, Role

CAP = 1000


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody, or people at companies of the chosen industries and countries (an empty choice leaves it open)."""

    for_everybody: bool = False
    industries: Sequence[str] = ()
    countries: Sequence[str] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether it says anything; an audience of nobody cannot be published."""
        return self.for_everybody or bool(self.industries or self.countries)


EVERYBODY = Audience(for_everybody=True)


def reaches(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a challenge's audience holds the person."""
    company_fits = exists(
        select(Company.id)
        .join(Person, Person.company_id == Company.id)
        .where(
            Person.id == person_id,
            or_(func.cardinality(Challenge.industries) == 0, Company.industry == func.any(Challenge.industries)),
            or_(func.cardinality(Challenge.countries) == 0, Company.country == func.any(Challenge.countries)),
        )
        .correlate(Challenge)
    )
    chosen = func.cardinality(Challenge.industries) + func.cardinality(Challenge.countries) > 0
    return or_(Challenge.for_everybody, and_(chosen, company_fits))


def offered_to(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a challenge is open to the person now: published, in its window, and meant for them."""
    return and_(
        Challenge.state == ChallengeState.PUBLISHED,
        or_(Challenge.opens_at.is_(None), Challenge.opens_at <= PORTAL_NOW),
        or_(Challenge.closes_at.is_(None), Challenge.closes_at > PORTAL_NOW),
        reaches(person_id),
    )


def size(session: Session, audience: Audience) -> int:
    """How many advocates it reaches, counted up to `CAP`."""
    people = (
        select(Person.id)
        .join(PersonRole, and_(PersonRole.person_id == Person.id, PersonRole.role == Role.ADVOCATE))
        .where(Person.suspended_at.is_(None))
    )
    if not audience.for_everybody:
        if not audience.is_chosen:
            return 0
        people = people.join(Company, Company.id == Person.company_id)
        if audience.industries:
            people = people.where(Company.industry.in_(audience.industries))
        if audience.countries:
            people = people.where(Company.country.in_(audience.countries))
    return session.scalar(select(func.count()).select_from(people.limit(CAP).subquery())) or 0


def choices(session: Session) -> tuple[list[str], list[str]]:
    """The industries and countries that the known companies have, for the editor (at most 500 of each)."""
    found = []
    for column in (Company.industry, Company.country):
        known = (
            select(column).where(column.is_not(None)).group_by(column).order_by(func.portal_plain(column)).limit(500)
        )
        found.append([value for value in session.scalars(known) if value])
    return found[0], found[1]

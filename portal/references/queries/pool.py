"""The pool as the advocate and the manager see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal.database.refusal import Invalid, NotFound
from portal.people.models import Company, Person, size_band
from portal.references.models.pool import PoolEntry, PoolProposal, ProposalState, ReferenceProfile
from portal.references.names import shown_initials
from portal.references.pool_search import BROKEN
from portal.references.profile import Wanted
from portal.references.sizes import SIZE_WORDS
from portal.web.paging import Cursor, Page, page_of

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Myself:
    """What is known of an advocate, to show them what sales sees before and after they accept."""

    name: str
    title: str | None
    company: str | None
    industry: str | None
    country: str | None
    size_band: str | None
    profile: Wanted
    proposed: bool

    @property
    def initials(self) -> str:
        """What stands for the name before they accept, like "A. M."."""
        return shown_initials(self.name)

    @property
    def size(self) -> LazyString | None:
        """The size of the company in words."""
        return SIZE_WORDS.get(self.size_band or "")

    @property
    def company_before(self) -> str | None:
        """The company's name, where it may be seen before they accept."""
        return self.company if self.profile.company_name_shown else None


@dataclass(frozen=True, slots=True)
class Proposed:
    """Somebody who was asked to join the pool and has not answered."""

    public_id: UUID
    person: UUID
    name: str
    title: str | None
    company: str | None
    because: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in the pool, as the program team sees them."""

    person: UUID
    name: str
    title: str | None
    company: str | None
    audiences: tuple[str, ...]
    completeness: int
    company_name_shown: bool
    last_asked_at: datetime | None
    valid_until: datetime
    sorted_by: str


def myself(session: Session, person_id: int) -> Myself:
    """An advocate with their profile, in one statement. Refuses `NotFound`."""
    waits = (
        select(PoolProposal.id)
        .where(PoolProposal.person_id == person_id, PoolProposal.state == ProposalState.OPEN)
        .exists()
    )
    row = session.execute(
        select(
            Person.name,
            Person.title,
            Company.name.label("company"),
            Company.industry,
            Company.country,
            Company.employees,
            ReferenceProfile.headline,
            ReferenceProfile.about,
            ReferenceProfile.products,
            ReferenceProfile.topics,
            ReferenceProfile.languages,
            ReferenceProfile.company_name_shown,
            waits.label("proposed"),
        )
        .select_from(Person)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(ReferenceProfile, ReferenceProfile.person_id == Person.id)
        .where(Person.id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    profile = Wanted(
        row.headline or "",
        row.about or "",
        tuple(row.products or ()),
        tuple(row.topics or ()),
        tuple(row.languages or ()),
        bool(row.company_name_shown),
    )
    band = size_band(row.employees)
    return Myself(row.name, row.title, row.company, row.industry, row.country, band, profile, row.proposed)


def proposals(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Proposed]:
    """Whom the program proposed and who has not answered, longest waiting first."""
    wanted = (
        select(
            PoolProposal.public_id,
            Person.public_id.label("person"),
            Person.name,
            Person.title,
            Company.name.label("company"),
            PoolProposal.because,
            PoolProposal.at,
        )
        .join(Person, Person.id == PoolProposal.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .where(PoolProposal.state == ProposalState.OPEN)
        .order_by(PoolProposal.at, PoolProposal.public_id)
        .limit(limit + 1)
    )
    if after is not None:
        at, public_id = _place(after)
        wanted = wanted.where(tuple_(PoolProposal.at, PoolProposal.public_id) > (_moment(at), public_id))
    rows = [Proposed(**row._mapping) for row in session.execute(wanted)]
    return page_of(rows, limit, lambda row: (row.at.isoformat(), str(row.public_id)))


def members(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Member]:
    """Who is in the pool, by name."""
    by_name = func.lower(Person.name)
    wanted = (
        select(
            Person.public_id.label("person"),
            Person.name,
            Person.title,
            Company.name.label("company"),
            PoolEntry.audiences,
            PoolEntry.completeness,
            (PoolEntry.company_name.is_not(None)).label("company_name_shown"),
            PoolEntry.last_asked_at,
            PoolEntry.valid_until,
            by_name.label("sorted_by"),
        )
        .join(Person, Person.id == PoolEntry.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .order_by(by_name, Person.public_id)
        .limit(limit + 1)
    )
    if after is not None:
        wanted = wanted.where(tuple_(by_name, Person.public_id) > _place(after))
    rows = [Member(**{**row._mapping, "audiences": tuple(row.audiences)}) for row in session.execute(wanted)]
    return page_of(rows, limit, lambda row: (row.sorted_by, str(row.person)))


def _place(after: Cursor) -> tuple[str, UUID]:
    try:
        return str(after[0]), UUID(after[1])
    except (ValueError, AttributeError) as error:
        raise Invalid(BROKEN) from error


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Invalid(BROKEN) from error
    if moment.tzinfo is None:
        raise Invalid(BROKEN)
    return moment


def counts(session: Session) -> tuple[int, int]:
    """How many proposals wait, and how many people are in the pool."""
    waiting = select(func.count()).select_from(PoolProposal).where(PoolProposal.state == ProposalState.OPEN)
    inside = select(func.count()).select_from(PoolEntry)
    row = session.execute(select(waiting.scalar_subquery(), inside.scalar_subquery())).one()
    return row[0], row[1]

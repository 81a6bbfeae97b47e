"""Deals as the sales desk lists and shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, Product, size_band
from portal.references.models import Opportunity, ReferenceRequest, RequestState
from portal.references.opportunities import Prospect, seen_by
from portal.web.paging import Cursor, Page, page_of

PER_PAGE = 30
UNDER_WAY = (RequestState.REQUESTED, RequestState.APPROVED, RequestState.WAITING, RequestState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal, with what is known of its prospect."""

    id: int
    public_id: UUID
    crm_id: str | None
    name: str | None
    company: str | None
    industry: str | None
    country: str | None
    size_band: str | None
    product: str | None
    owner: str | None
    stage: str
    open: bool
    amount: Decimal | None
    currency: str | None
    engaged_on: date | None
    closed_on: date | None
    requests: int

    @property
    def title(self) -> str | None:
        """What the deal is called: its company, its own name, its number; None where it has none."""
        return self.company or self.name or self.crm_id

    @property
    def prospect(self) -> Prospect:
        """Whom the deal is with, as the pool is searched for it."""
        return Prospect(self.company, self.industry, self.country, self.size_band, self.product)


def deals(
    session: Session, *, by: Actor, words: str = "", all_stages: bool = False, after: Cursor | None = None,
    limit: int = PER_PAGE,
) -> Page[Deal]:  # fmt: skip
    """The deals that somebody may see, open ones first, then the newest; `words` looks at names and CRM ids."""
    statement = _statement().where(seen_by(by))
    if not all_stages:
        statement = statement.where(Opportunity.open)
    if words:
        statement = statement.where(
            or_(
                Company.name.icontains(words, autoescape=True),
                Opportunity.name.icontains(words, autoescape=True),
                func.lower(Opportunity.crm_id) == words.lower(),
            )
        )
    if after is not None:
        position = tuple_(literal(bool(after[0])), literal(int(after[1])))
        statement = statement.where(tuple_(Opportunity.open, Opportunity.id) < position)
    ordered = statement.order_by(Opportunity.open.desc(), Opportunity.id.desc()).limit(limit + 1)
    rows = [_deal(row) for row in session.execute(ordered)]
    return page_of(rows, limit, lambda deal: (int(deal.open), deal.id))


def deal(session: Session, public_id: UUID, *, by: Actor) -> Deal:
    """One deal. Refuses `NotFound` for a missing one and for somebody else's alike."""
    row = session.execute(_statement().where(Opportunity.public_id == public_id, seen_by(by))).one_or_none()
    if row is None:
        raise NotFound
    return _deal(row)


def _statement() -> Select[*tuple[Any, ...]]:
    under_way = (
        select(func.count())
        .select_from(ReferenceRequest)
        .where(ReferenceRequest.opportunity_id == Opportunity.id, ReferenceRequest.state.in_(UNDER_WAY))
        .scalar_subquery()
    )
    return (
        select(
            Opportunity.id,
            Opportunity.public_id,
            Opportunity.crm_id,
            Opportunity.name,
            Company.name.label("company"),
            Company.industry,
            Company.country,
            Company.employees,
            Product.name.label("product"),
            Person.name.label("owner"),
            Opportunity.stage,
            Opportunity.open,
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.engaged_on,
            Opportunity.closed_on,
            under_way.label("requests"),
        )
        .select_from(Opportunity)
        .outerjoin(Company, Company.id == Opportunity.company_id)
        .outerjoin(Product, Product.id == Opportunity.product_id)
        .outerjoin(Person, Person.id == Opportunity.owner_id)
    )


def _deal(row: Any) -> Deal:
    found = dict(row._mapping)
    found["size_band"] = size_band(found.pop("employees"))
    return Deal(**found)

"""Deals: adding them, and finding those that somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.database.refusal import Invalid, NotFound, explain
from portal.people.models import Company, Product, size_band
from portal.people.states import MANAGERS, STAFF, Role
from portal.references.models import Opportunity

explain("uq_opportunity_crm_id", _l("Another deal has this CRM id."))
explain("ck_opportunity_currency", _l("A currency is three capital letters, like USD."))


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whom a deal is with, as far as it is known."""

    name: str | None
    industry: str | None
    country: str | None
    size_band: str | None
    product: str | None


def seen_by(by: Actor) -> ColumnElement[bool]:
    """The deals that an actor may see: a rep their own, managers and administrators all."""
    if by.has(*MANAGERS):
        return true()
    return Opportunity.owner_id == by.person_id if by.has(Role.SALES) else false()


def add(
    session: Session,
    *,
    by: Actor,
    stage: str,
    name: str | None = None,
    company_id: int | None = None,
    product_id: int | None = None,
    owner_id: int | None = None,
    crm_id: str | None = None,
    engaged_on: date | None = None,
    closed_on: date | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
) -> Opportunity:
    """Make a deal known; company and owner may be unknown yet.

    Refuses `NotAllowed` for all but staff, `Invalid` for an empty stage.
    """
    by.require(*STAFF)
    if not stage.strip():
        raise Invalid(_l("A deal stands at some stage. Please name it."), field="stage")
    opportunity = Opportunity(
        name=name,
        company_id=company_id,
        product_id=product_id,
        owner_id=owner_id,
        crm_id=crm_id,
        stage=stage.strip(),
        engaged_on=engaged_on,
        closed_on=closed_on,
        amount=amount,
        currency=currency,
    )
    session.add(opportunity)
    session.flush()
    audit.record(session, "opportunity.add", f"opportunity:{opportunity.id}", by=by)
    return opportunity


def of_id(session: Session, opportunity_id: int, *, by: Actor) -> Opportunity:
    """A deal that the actor may see. Refuses `NotFound` for a missing one and for somebody else's alike."""
    opportunity = session.scalar(select(Opportunity).where(Opportunity.id == opportunity_id, seen_by(by)))
    if opportunity is None:
        raise NotFound
    return opportunity


def prospect_of(session: Session, opportunity: Opportunity) -> Prospect:
    """Whom the deal is with and what it is about."""
    row = session.execute(
        select(Company.name, Company.industry, Company.country, Company.employees, Product.name.label("product"))
        .select_from(Opportunity)
        .outerjoin(Company, Company.id == Opportunity.company_id)
        .outerjoin(Product, Product.id == Opportunity.product_id)
        .where(Opportunity.id == opportunity.id)
    ).one()
    return Prospect(row.name, row.industry, row.country, size_band(row.employees), row.product)

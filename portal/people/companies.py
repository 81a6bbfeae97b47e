"""Companies by their name."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.people.models import Company
from portal.people.people import add_company
from portal.people.values import plain_name


def company_named(session: Session, name: str | None, *, by: Actor) -> int | None:
    """The id of the company of a name, whatever its capitals, made known where it is new; None without a name."""
    if not name or not name.strip():
        return None
    clean = plain_name(name)
    same = select(Company.id).where(func.lower(Company.name) == clean.lower()).order_by(Company.id).limit(1)
    return session.scalar(same) or add_company(session, clean, by=by).id

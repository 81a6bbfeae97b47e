"""The vocabularies of companies and products, and how a decision on a spelling reaches what is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.imports import spelling
from portal.imports.sectors import COUNTRIES, SECTORS
from portal.people.models import Company, Product


def _counted(column: InstrumentedAttribute[Any]) -> Callable[[Session], dict[str, int]]:
    def known(session: Session) -> dict[str, int]:
        found = session.execute(select(column, func.count()).where(column.is_not(None)).group_by(column))
        return {word: count for word, count in found if word.strip()}

    return known


def _respelled(column: InstrumentedAttribute[Any]) -> spelling.Apply:
    def rewrite(session: Session, written: str, means: str) -> int:
        wrong = (func.lower(column) == func.lower(written)) & (column != means)
        ids = session.scalars(select(Company.id).where(wrong).order_by(Company.id).with_for_update(key_share=True))
        count = len(ids.all())
        session.execute(update(Company).where(wrong).values({column: means}))
        return count

    return rewrite


def _one_product(session: Session, written: str, means: str) -> int:
    """Give a product its right name; where that one exists too, the other goes."""
    named = {
        name: session.scalar(select(Product.id).where(func.lower(Product.name) == func.lower(name)))
        for name in (written, means)
    }
    wrong, right = named[written], named[means]
    if wrong is None:
        return 0
    if right in (None, wrong):
        session.execute(update(Product).where(Product.id == wrong).values(name=means))
        return 1
    session.execute(delete(Product).where(Product.id == wrong))
    return 1


spelling.vocabulary("industry", _l("Industry"), known=_counted(Company.industry), common=SECTORS)
spelling.applies("industry", _respelled(Company.industry))
spelling.vocabulary("country", _l("Country"), known=_counted(Company.country), common=COUNTRIES)
spelling.applies("country", _respelled(Company.country))
spelling.vocabulary("product", _l("Product"), known=_counted(Product.name))
spelling.applies("product", _one_product)

"""Products as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from portal.imports import writing
from portal.imports.fields import Field, Shape, portal_id
from portal.imports.money import currency_code
from portal.imports.records import Plan, Row
from portal.imports.rows import Batch, Importable, importable
from portal.people.models import Product

TABLE: Final = cast(Table, Product.__table__)
COLUMNS: Final = ("name", "series", "price", "currency")


@importable
class Products(Importable):
    """A product is known by its name, whatever its spelling."""

    key = "products"
    label = _l("Products")
    about = _l("What you sell. Opportunities add those that are missing.")
    icon = "package"
    strong = ("public_id",)
    needs = (("name",),)
    fields = (
        Field("portal_id", _l("Portal id"), read=portal_id),
        Field("name", _l("Name"), ("product", "product name"), vocabulary="product"),
        Field("series", _l("Series"), ("product family", "family", "product line")),
        Field(
            "price", _l("Price"), ("sales price", "list price", "unit price"), shape=Shape.AMOUNT, currency="currency"
        ),
        Field("currency", _l("Currency"), ("currency iso code", "price currency"), read=currency_code),
    )

    def known(self, batch: Batch) -> list[tuple[int, dict[str, Any]]]:
        """The stored products of these names and ids."""
        said = batch.said
        wanted = or_(
            writing.among(Product.public_id, said("portal_id")), writing.among_names(Product.name, said("name"))
        )
        columns = [TABLE.c[name] for name in ("id", "public_id", *COLUMNS)]
        return [(row["id"], dict(row)) for row in batch.session.execute(select(*columns).where(wanted)).mappings()]

    def columns(self, row: Row) -> dict[str, Any]:
        """What a row says, by column."""
        return row.said(COLUMNS)

    def store(self, batch: Batch, plan: Plan) -> None:
        """Write the products."""
        new, changed = plan.new, plan.changed
        writing.add(batch.session, TABLE, COLUMNS, new, wrote=batch.wrote)
        writing.change(batch.session, TABLE, COLUMNS, changed, wrote=batch.wrote)

    def export(self, session: Session) -> Iterator[Sequence[Any]]:
        """All products in the order in which they came."""
        columns = [TABLE.c[name] for name in ("public_id", *COLUMNS)]
        yield from session.execute(select(*columns).order_by(TABLE.c.id).execution_options(yield_per=1000))

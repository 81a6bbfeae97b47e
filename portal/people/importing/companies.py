"""Companies as rows: parents may stand after their children."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Table, case, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, aliased

from portal.imports import writing
from portal.imports.fields import Field, Shape, crm_id, domain, portal_id
from portal.imports.matching import Lookup, Register, same_name
from portal.imports.money import currency_code
from portal.imports.records import Doubt, Plan, Record, Row
from portal.imports.rows import Batch, Importable, importable
from portal.people.models import Company

TABLE: Final = cast(Table, Company.__table__)
COLUMNS: Final = ("name", "domain", "crm_id", "industry", "country", "employees", "revenue", "currency", "founded")
NAMES: Final = ("account", "account name", "company", "company name", "organization", "organisation", "customer")
HINTED: Final = 5_000
"""So many names are looked through for one that a misspelt cell may mean."""
IDS: Final = ("account id", "company id", "associated company ids", "associated company id")


@importable
class Companies(Importable):
    """A company is known by its CRM id or domain, else by its name."""

    key = "companies"
    label = _l("Companies")
    about = _l("Customers and prospects. They come first: people and opportunities name them.")
    icon = "briefcase"
    strong = ("public_id", "crm_id", "domain")
    needs = (("name",),)
    fields = (
        Field("portal_id", _l("Portal id"), read=portal_id),
        Field("name", _l("Name"), NAMES),
        Field(
            "domain", _l("Domain"), ("company domain name", "website", "web site", "website url", "url"), read=domain
        ),
        Field("crm_id", _l("CRM id"), (*IDS[:2], "record id", "id"), read=crm_id),
        Field("industry", _l("Industry"), ("sector", "branch"), vocabulary="industry"),
        Field(
            "country",
            _l("Country"),
            (
                "billing country",
                "country/region",
                "billing country/region",
                "office location",
                "headquarters",
                "location",
                "shipping country",
            ),
            vocabulary="country",
        ),
        Field(
            "employees",
            _l("Employees"),
            ("number of employees", "employee count", "headcount", "company size"),
            shape=Shape.WHOLE,
        ),
        Field("revenue", _l("Revenue"), ("annual revenue", "turnover"), shape=Shape.AMOUNT, currency="currency"),
        Field(
            "currency",
            _l("Currency"),
            ("account currency", "currency iso code", "annual revenue currency"),
            read=currency_code,
        ),
        Field(
            "founded",
            _l("Founded"),
            ("year founded", "year established", "established", "founded year"),
            shape=Shape.WHOLE,
            least=1000,
            most=2200,
        ),
        Field(
            "parent", _l("Parent company"), ("parent account", "parent company", "subsidiary of", "parent account name")
        ),
        Field("parent_crm_id", _l("Parent's CRM id"), ("parent id", "parent account id"), read=crm_id, exported=False),
    )

    def known(self, batch: Batch) -> list[tuple[int, dict[str, Any]]]:
        """The stored companies of these names and ids, parents included."""
        said = batch.said
        parents = said("parent") | said("parent_crm_id")
        wanted = or_(
            writing.among(Company.public_id, said("portal_id")),
            writing.among_names(Company.name, said("name") | parents),
            writing.among(Company.crm_id, said("crm_id") | parents),
            writing.among_names(Company.domain, said("domain") | parents),
            writing.among(sql_cast(Company.public_id, String), {parent.lower() for parent in parents}),
        )
        columns = [TABLE.c[name] for name in ("id", "public_id", "parent_id", *COLUMNS)]
        return [(row["id"], dict(row)) for row in batch.session.execute(select(*columns).where(wanted)).mappings()]

    def columns(self, row: Row) -> dict[str, Any]:
        """What a row says of the company itself; its parent comes later."""
        return row.said(COLUMNS)

    def relate(self, batch: Batch, register: Register, records: list[Record]) -> None:
        """Find the parents, among the stored companies and those of the file; refuse circles."""
        by_id = {record.id: record for record in records if record.id is not None}
        for record in records:
            for row in record.rows:
                try:
                    parent = _parent(batch, register, row)
                    if parent is not None:
                        now = record.values.get("parent_id")
                        record.values["parent"] = by_id.get(now, now) if now is not None else None
                        record.learn(row, {"parent": parent})
                except Doubt as doubt:
                    batch.mistake(row, doubt.key, doubt)
        _refuse_circles(batch, records)

    def store(self, batch: Batch, plan: Plan) -> None:
        """Write companies, then who belongs to whom."""
        new, changed = plan.new, plan.changed
        writing.add(batch.session, TABLE, COLUMNS, new, wrote=batch.wrote)
        writing.change(batch.session, TABLE, COLUMNS, changed, wrote=batch.wrote)
        children = [record for record in plan.records if "parent" in record.changes]
        for record in children:
            record.changes["parent_id"] = record.changes["parent"].id
        writing.change(batch.session, TABLE, ("parent_id",), children)

    def export(self, session: Session) -> Iterator[Sequence[Any]]:
        """All companies in the order in which they came."""
        parent = aliased(Company)
        columns = [TABLE.c[name] for name in COLUMNS]
        statement = (
            select(Company.public_id, *columns, reference(parent))
            .outerjoin(parent, parent.id == Company.parent_id)
            .order_by(Company.id)
        )
        yield from session.execute(statement.execution_options(yield_per=1000))


def reference(company: type[Company]) -> Any:
    """How another row names a company: by its name, by our id where several have that name."""
    other = aliased(Company)
    same = select(func.count()).where(func.lower(other.name) == func.lower(company.name)).scalar_subquery()
    return case((same > 1, sql_cast(company.public_id, String)), else_=company.name)


def lookup(session: Session, wanted: Iterable[str]) -> Lookup:
    """The companies that cells name, by name or id."""
    texts = set(wanted)
    names = select(Company.name).order_by(Company.id).limit(HINTED)
    found = Lookup(
        _("companies"), _("Import the companies first, or empty the cell."), lambda: session.scalars(names).all()
    )
    named = or_(
        writing.among_names(Company.name, texts),
        writing.among(Company.crm_id, texts),
        writing.among_names(Company.domain, texts),
        writing.among(sql_cast(Company.public_id, String), {text.lower() for text in texts}),
    )
    statement = select(Company.id, Company.name, Company.crm_id, func.lower(Company.domain), Company.public_id)
    for id_, name, *ids in session.execute(statement.where(named)):
        found.add(id_, name, *ids)
    return found


def refer(batch: Batch) -> None:
    """Resolve the companies that rows of another kind name under `company` and `company_crm_id` to `company_id`.

    An id that is unknown here gives way to a name.
    """
    known = lookup(batch.session, batch.said("company") | batch.said("company_crm_id"))
    for row in batch.live:
        id_ = known.by_id(row.values.get("company_crm_id", ""))
        if id_ is not None:
            row.values["company_id"] = id_
            row.values.pop("company", None)
        elif "company" in row.values:
            row.values.pop("company_crm_id", None)
    for key in ("company", "company_crm_id"):
        batch.refer(key, known, "company_id")


def _parent(batch: Batch, register: Register, row: Row) -> Record | None:
    """The parent that a row names. Refuses (`Doubt`) one that is nowhere, or several."""
    by_id = row.values.get("parent_crm_id")
    if by_id and (found := register.by_id(by_id)):
        return found
    key = "parent" if "parent" in row.values else "parent_crm_id"
    text = row.values.get(key)
    if text is None:
        return None
    named = register.named(text)
    if len(named) == 1:
        return named[0]
    if found := register.by_id(text):
        return found
    if named:
        raise Doubt(key, _("%(count)s companies have this name", count=len(named)), _("Write the parent's CRM id."))
    bad = next(
        (other for other in batch.rows if other.bad and same_name(other.values.get("name", "")) == same_name(text)),
        None,
    )
    if bad is None:
        raise Doubt(key, _("this company is neither here nor in the file"), _("Add it, or empty the cell."))
    if batch.skip_bad:
        raise Doubt(key, _("line %(line)s, the parent, is left out", line=bad.line), _("Correct that line."))
    return None


def _refuse_circles(batch: Batch, records: list[Record]) -> None:
    told = [record for record in records if "parent" in record.changes]
    if not told:
        return
    children = select(Company.id, Company.parent_id).where(Company.parent_id.is_not(None))
    stored: dict[int, int | None] = {row.id: row.parent_id for row in batch.session.execute(children)}
    by_id = {record.id: record for record in records if record.id is not None}
    for record in told:
        if _circles(record, by_id, stored):
            line = record.told["parent"]
            row = next(row for row in record.rows if row.line == line)
            key = "parent" if "parent" in row.values else "parent_crm_id"
            batch.mistake(
                row,
                key,
                Doubt(key, _("the company would be its own parent"), _("Correct the parent, or empty the cell.")),
            )


def _circles(start: Record, by_id: dict[int, Record], stored: dict[int, int | None]) -> bool:
    """Whether going up from a company leads back to it."""
    at: Record | int | None = start
    seen: set[int] = set()
    while at is not None:
        mark = id(at) if isinstance(at, Record) else -at
        if mark in seen:
            return at is start
        seen.add(mark)
        if isinstance(at, Record) and "parent" in at.changes:
            at = at.changes["parent"]
        else:
            up = stored.get(at.id or 0) if isinstance(at, Record) else stored.get(at)
            at = by_id.get(up, up) if up is not None else None
    return False

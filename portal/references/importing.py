"""Opportunities as rows, from any CRM's list of deals; importing this registers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Table, and_, any_, case, exists, func, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, aliased

from portal.imports import spelling, writing
from portal.imports.fields import Field, Shape, crm_id, portal_id
from portal.imports.matching import Lookup, same_name
from portal.imports.money import currency_code
from portal.imports.records import Plan, Record, Row
from portal.imports.report import rows_word
from portal.imports.rows import Batch, Importable, importable
from portal.people.importing import companies
from portal.people.importing.products import TABLE as PRODUCT
from portal.people.models import Company, Person, PersonEmail, PersonRole, Product, Role
from portal.references.models import Opportunity
from portal.references.models.pool import ReferenceProfile

TABLE: Final = cast(Table, Opportunity.__table__)
PLAIN: Final = ("crm_id", "name", "stage", "engaged_on", "closed_on", "amount", "currency", "company_id", "owner_id")
COLUMNS: Final = (*PLAIN, "product_id")


@importable
class Opportunities(Importable):
    """An opportunity is known by its CRM id, else by its name at its company."""

    key = "opportunities"
    label = _l("Opportunities")
    about = _l("Deals, open and closed, with their companies and reps.")
    icon = "handshake"
    strong = ("public_id", "crm_id")
    weak = ("name", "company_id")
    needs = (("crm_id", "name"), ("stage",))
    fields = (
        Field("portal_id", _l("Portal id"), read=portal_id),
        Field("crm_id", _l("CRM id"), ("opportunity id", "deal id", "record id", "id"), read=crm_id),
        Field("name", _l("Name"), ("opportunity name", "deal name", "opportunity", "deal")),
        Field("company", _l("Company"), (*companies.NAMES, "associated company", "primary company")),
        Field("company_crm_id", _l("Company's CRM id"), companies.IDS, read=crm_id, exported=False),
        Field("product", _l("Product"), ("product name",), vocabulary="product"),
        Field(
            "owner",
            _l("Rep"),
            ("sales agent", "opportunity owner", "deal owner", "sales rep", "rep", "account executive"),
        ),
        Field("stage", _l("Stage"), ("deal stage", "stage name", "opportunity stage"), longest=100),
        Field(
            "engaged_on",
            _l("Engaged on"),
            ("engage date", "engagement date", "created date", "create date"),
            Shape.DATE,
        ),
        Field("closed_on", _l("Closed on"), ("close date", "closing date", "expected close date"), Shape.DATE),
        Field("amount", _l("Amount"), ("close value", "value", "deal amount"), Shape.AMOUNT, currency="currency"),
        Field(
            "currency",
            _l("Currency"),
            ("opportunity currency", "deal currency", "currency iso code", "amount currency"),
            read=currency_code,
        ),
    )

    def prepare(self, batch: Batch) -> None:
        """Find companies and reps; a deal without either is no mistake."""
        companies.refer(batch)
        batch.refer("owner", _reps(batch.session, batch.said("owner")), "owner_id")
        alone = sum("company_id" not in row.values for row in batch.live)
        if alone:
            batch.notice(_("%(rows)s without a company: kept, it can be added later.", rows=rows_word(alone)))
        early = [row for row in batch.live if "engaged_on" not in row.values]
        if early:
            stages = ", ".join(sorted({row.values["stage"] for row in early})[:5])
            batch.notice(
                _("%(rows)s without an engage date (%(stages)s): kept.", rows=rows_word(len(early)), stages=stages)
            )

    def known(self, batch: Batch) -> list[tuple[int, dict[str, Any]]]:
        """The stored opportunities of these ids and names, with the names of their products."""
        said = batch.said
        wanted = or_(
            writing.among(TABLE.c.public_id, said("portal_id")),
            writing.among(TABLE.c.crm_id, said("crm_id")),
            writing.among_names(TABLE.c.name, said("name")),
        )
        columns = [TABLE.c[name] for name in ("id", "public_id", *PLAIN)]
        joined = TABLE.outerjoin(PRODUCT, PRODUCT.c.id == TABLE.c.product_id)
        statement = select(*columns, PRODUCT.c.name.label("product")).select_from(joined).where(wanted)
        return [(row["id"], dict(row)) for row in batch.session.execute(statement).mappings()]

    def columns(self, row: Row) -> dict[str, Any]:
        """What a row says, by column; the product by its name."""
        return row.said((*PLAIN, "product"))

    def field_of(self, column: str | None) -> str | None:
        """The field that a column is read from."""
        return {"company_id": "company", "owner_id": "owner"}.get(column or "", super().field_of(column))

    def store(self, batch: Batch, plan: Plan) -> None:
        """Write the opportunities; products that nobody knew yet come first."""
        new, changed = plan.new, plan.changed
        told = [record for record in (*new, *changed) if "product" in record.changes]
        products = _products(batch, {record.changes["product"] for record in told})
        for record in told:
            record.changes["product_id"] = products[same_name(record.changes["product"])]
        writing.add(batch.session, TABLE, COLUMNS, new, wrote=batch.wrote)
        writing.change(batch.session, TABLE, COLUMNS, changed, wrote=batch.wrote)

    def export(self, session: Session) -> Iterator[Sequence[Any]]:
        """All opportunities in the order in which they came."""
        column = TABLE.c
        statement = (
            select(
                *(column[name] for name in ("public_id", "crm_id", "name")),
                companies.reference(Company),
                Product.name,
                _rep_reference(),
                *(column[name] for name in ("stage", "engaged_on", "closed_on", "amount", "currency")),
            )
            .select_from(TABLE)
            .outerjoin(Company, Company.id == column.company_id)
            .outerjoin(Product, Product.id == column.product_id)
            .outerjoin(Person, Person.id == column.owner_id)
            .order_by(column.id)
        )
        yield from session.execute(statement.execution_options(yield_per=1000))


def _reps(session: Session, wanted: Iterable[str]) -> Lookup:
    """Those who sell, by name, address or CRM id; by our own id anybody."""
    texts = set(wanted)
    sells = exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.SALES)
    names = select(Person.name).where(sells).order_by(Person.id).limit(companies.HINTED)
    found = Lookup(
        _("sales reps"),
        _("Import the reps first, as people with the role of a sales rep, or empty the cell."),
        lambda: session.scalars(names).all(),
    )
    address = select(PersonEmail.person_id).where(writing.among_names(PersonEmail.address, texts))
    named = or_(writing.among_names(Person.name, texts), writing.among(Person.crm_id, texts), Person.id.in_(address))
    for id_, name, crm in session.execute(select(Person.id, Person.name, Person.crm_id).where(named, sells)):
        found.add(id_, name, crm)
    addresses = select(PersonEmail.person_id, func.lower(PersonEmail.address)).join(
        Person, Person.id == PersonEmail.person_id
    )
    for id_, mail in session.execute(addresses.where(writing.among_names(PersonEmail.address, texts), sells)):
        found.add_ids(id_, mail)
    own_id = sql_cast(Person.public_id, String)
    for id_, public_id in session.execute(
        select(Person.id, own_id).where(writing.among(own_id, {text.lower() for text in texts}))
    ):
        found.add_ids(id_, public_id)
    return found


def _rep_reference() -> Any:
    """How an export names a rep: by name, by our id where the name is not theirs alone or they sell no more."""
    namesake, role = aliased(Person), aliased(PersonRole)
    same = (
        select(func.count())
        .where(and_(func.lower(namesake.name) == func.lower(Person.name), role.person_id == namesake.id))
        .where(role.role == Role.SALES)
        .scalar_subquery()
    )
    sells = exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.SALES)
    return case((and_(same == 1, sells), Person.name), else_=sql_cast(Person.public_id, String))


def _products(batch: Batch, names: set[str]) -> dict[str, int]:
    """The products of these names; those that nobody knew are added, and said to be."""
    found = _stored_products(batch.session, names)
    missing = {same_name(name): name for name in sorted(names) if same_name(name) not in found}
    if missing:
        records = [Record(None, {}, {"name": name}) for name in missing.values()]
        writing.add(batch.session, PRODUCT, ("name",), records)
        found |= {same_name(record.changes["name"]): record.id or 0 for record in records}
        batch.notice(
            _("Products that were new and are added to the list: %(names)s.", names=", ".join(missing.values()))
        )
    return found


def _stored_products(session: Session, names: Iterable[str]) -> dict[str, int]:
    statement = select(Product.name, Product.id).where(writing.among_names(Product.name, names))
    return {same_name(name): id_ for name, id_ in session.execute(statement)}


def _move_to_product(session: Session, written: str, means: str) -> int:
    """Let the opportunities of a misspelt product be of the right one, where both are in the list."""
    found = _stored_products(session, (written, means))
    wrong, right = found.get(same_name(written)), found.get(same_name(means))
    if wrong is None or right is None or wrong == right:
        return 0
    moved = select(TABLE.c.id).where(TABLE.c.product_id == wrong).order_by(TABLE.c.id).with_for_update(key_share=True)
    count = len(session.execute(moved).all())
    session.execute(update(TABLE).where(TABLE.c.product_id == wrong).values(product_id=right))
    return count


def _name_in_profiles(session: Session, written: str, means: str) -> int:
    """Let profiles that name a misspelt product name the right one, once; the pool follows by itself."""
    wrong = (
        select(ReferenceProfile).where(any_(ReferenceProfile.products) == written).order_by(ReferenceProfile.person_id)
    )
    profiles = session.scalars(wrong.with_for_update(key_share=True)).all()
    for profile in profiles:
        right = [means if name == written else name for name in profile.products]
        profile.products = list(dict.fromkeys(right))
    session.flush()
    return len(profiles)


spelling.applies("product", _move_to_product)
spelling.applies("product", _name_in_profiles)

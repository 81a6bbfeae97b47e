"""People as rows: an address is not required; roles only as told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Table, func, insert, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from portal.clock import now
from portal.database.refusal import Invalid
from portal.imports import writing
from portal.imports.fields import Field, Unreadable, crm_id, instant, portal_id, single_line
from portal.imports.records import Plan, Record, Row
from portal.imports.rows import Batch, Importable, importable
from portal.people.importing import companies
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.people import grant_role
from portal.people.states import AdvocateStatus, Role
from portal.people.values import clean_address

TABLE: Final = cast(Table, Person.__table__)
COLUMNS: Final = ("name", "title", "company_id", "office", "reports_to", "crm_id", "locale", "time_zone")
ONCE: Final = ("advocate_status", "suspended_at")
"""Columns that an import fills for new people only; later they move by their verbs."""
LONGEST_CELL: Final = 2_000
"""Characters of all addresses of a cell."""
_LOCALE: Final = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def addresses(text: str) -> tuple[str, ...]:
    """The e-mail addresses of a cell, parted by `;`, `,` or spaces."""
    try:
        clean = [clean_address(part) for part in re.split(r"[;,\s]+", single_line(text, LONGEST_CELL)) if part]
    except Invalid as refusal:
        raise Unreadable(_("this is no e-mail address"), str(refusal)) from None
    unique = {address.lower(): address for address in reversed(clean)}
    return tuple(reversed(unique.values()))


def roles(text: str) -> tuple[Role, ...]:
    """The roles of a cell, as our export writes them."""
    try:
        return tuple(Role(part) for part in re.split(r"[;,\s]+", text) if part)
    except ValueError:
        raise Unreadable(_("this is no role"), _("Roles are: %(roles)s.", roles=", ".join(Role))) from None


def _status(text: str) -> AdvocateStatus:
    try:
        return AdvocateStatus(text)
    except ValueError:
        raise Unreadable(
            _("this is no status of an advocate"), _("Write one of: %(all)s.", all=", ".join(AdvocateStatus))
        ) from None


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise Unreadable(_("this is no language"), _("Write a code such as en."))
    return text


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(single_line(text)).key
    except (ValueError, OSError, KeyError):
        raise Unreadable(_("this is no time zone"), _("Write it like Europe/Berlin.")) from None


@importable
class People(Importable):
    """A person is known by CRM id or address, else by name where neither address nor company contradicts."""

    key = "people"
    label = _l("People")
    about = _l("Advocates, contacts and sales reps, with or without e-mail addresses.")
    icon = "users"
    strong = ("public_id", "crm_id", "emails")
    needs = (("name", "last_name", "first_name"),)
    takes_role = True
    fields = (
        Field("portal_id", _l("Portal id"), read=portal_id),
        Field(
            "name", _l("Name"), ("full name", "contact name", "sales agent", "agent", "sales rep", "rep", "employee")
        ),
        Field("first_name", _l("First name"), ("given name", "forename"), exported=False),
        Field("last_name", _l("Last name"), ("surname", "family name"), exported=False),
        Field("title", _l("Title"), ("job title", "position")),
        Field("company", _l("Company"), (*companies.NAMES, "associated company", "primary company")),
        Field("company_crm_id", _l("Company's CRM id"), companies.IDS, read=crm_id, exported=False),
        Field(
            "emails",
            _l("E-mail"),
            ("email", "e-mail", "email address", "e-mail address", "mail", "work email"),
            read=addresses,
        ),
        Field("office", _l("Office"), ("regional office", "region", "location")),
        Field("reports_to", _l("Reports to"), ("manager", "supervisor")),
        Field("crm_id", _l("CRM id"), ("contact id", "user id", "record id", "id"), read=crm_id),
        Field("locale", _l("Language"), ("language",), read=_locale),
        Field("time_zone", _l("Time zone"), ("timezone",), read=_time_zone),
        Field("portal_roles", _l("Roles"), read=roles),
        Field("advocate_status", _l("Advocate status"), read=_status),
        Field("suspended_at", _l("Suspended at"), read=instant),
    )

    def prepare(self, batch: Batch) -> None:
        """Put names together and find the companies."""
        for row in batch.live:
            parts = [row.values[key] for key in ("first_name", "last_name") if key in row.values]
            row.values.setdefault("name", " ".join(parts))
            if len(row.values["name"]) > 200:
                problem = Unreadable(_("the name is too long"), _("Shorten it to 200 characters."))
                batch.mistake(row, "last_name", problem)
        companies.refer(batch)

    def known(self, batch: Batch) -> list[tuple[int, dict[str, Any]]]:
        """The stored people of these names and ids, with addresses and roles."""
        said = batch.said
        told = {address for several in said("emails") for address in several}
        email = select(PersonEmail.person_id).where(writing.among_names(PersonEmail.address, told))
        wanted = or_(
            writing.among(Person.public_id, said("portal_id")),
            writing.among_names(Person.name, said("name")),
            writing.among(Person.crm_id, said("crm_id")),
            Person.id.in_(email),
        )
        columns = [TABLE.c[name] for name in ("id", "public_id", *COLUMNS)]
        statement = select(*columns, _addresses("emails"), _roles("roles")).where(wanted)
        found = []
        for row in batch.session.execute(statement).mappings():
            values = dict(row)
            values["emails"] = tuple((values["emails"] or "").split(";")) if values["emails"] else ()
            values["roles"] = frozenset((values["roles"] or "").split(";")) - {""}
            found.append((values["id"], values))
        return found

    def columns(self, row: Row) -> dict[str, Any]:
        """What a row says, by column; `emails` for the table of addresses."""
        return row.said((*COLUMNS, *ONCE, "emails"))

    def may_be(self, record: Record, values: Mapping[str, Any]) -> bool:
        """Namesakes at different companies are different people."""
        ours, theirs = record.get("company_id"), values.get("company_id")
        return ours is None or theirs is None or ours == theirs

    def describe(self, batch: Batch, record: Record, row: Row, values: dict[str, Any], *, sure: bool) -> None:
        """Columns as they are said; addresses and roles are added, never taken."""
        emails = values.pop("emails", ())
        if record.id is not None:
            values = {key: value for key, value in values.items() if key not in ONCE}
        super().describe(batch, record, row, values, sure=sure)
        self._take_addresses(batch, record, emails)
        wanted = {*row.values.get("portal_roles", ()), *((batch.role,) if batch.role else ())}
        has = record.get("roles") or frozenset()
        if wanted - has:
            record.changes["roles"] = has | wanted

    def _take_addresses(self, batch: Batch, record: Record, emails: Sequence[str]) -> None:
        """Add addresses to whom one of them proves, and to those who have none; nobody else gets a way to sign in."""
        has = record.get("emails") or ()
        known = {address.lower() for address in has}
        more = tuple(address for address in emails if address.lower() not in known)
        if not more:
            return
        if has and len(more) == len(emails):
            batch.notice(
                _("Some people have another address here than in the file. Theirs stays; add the other on their page.")
            )
            return
        record.changes["emails"] = (*has, *more)

    def store(self, batch: Batch, plan: Plan) -> None:
        """Write the people, their addresses and their roles."""
        new, changed = plan.new, plan.changed
        writing.add(batch.session, TABLE, (*COLUMNS, *ONCE), new, wrote=batch.wrote, locale="en", time_zone="UTC")
        writing.change(batch.session, TABLE, COLUMNS, changed, wrote=batch.wrote)
        self._store_addresses(batch.session, [*new, *changed])
        for record in sorted((*new, *changed), key=lambda each: each.id or 0):
            for role in sorted(record.changes.get("roles", frozenset()) - record.values.get("roles", frozenset())):
                grant_role(batch.session, record.id or 0, role, by=batch.by)

    def _store_addresses(self, session: Session, records: Sequence[Record]) -> None:
        at: datetime = now(session)
        rows = []
        for record in records:
            has = record.values.get("emails", ())
            for address in record.changes.get("emails", ()):
                if address not in has:
                    primary = not has and address == record.changes["emails"][0]
                    rows.append({"person_id": record.id, "address": address, "is_primary": primary, "verified_at": at})
        if rows:
            session.execute(insert(PersonEmail), rows)

    def export(self, session: Session) -> Iterator[Sequence[Any]]:
        """Everybody, in the order in which they came, with addresses (the first one first) and roles."""
        person = TABLE.c
        statement = (
            select(
                person.public_id,
                person.name,
                person.title,
                companies.reference(Company),
                _addresses("emails"),
                *(person[name] for name in ("office", "reports_to", "crm_id", "locale", "time_zone")),
                _roles("roles"),
                *(person[name] for name in ONCE),
            )
            .outerjoin(Company, Company.id == person.company_id)
            .order_by(person.id)
        )
        yield from session.execute(statement.execution_options(yield_per=1000))


def _addresses(name: str) -> Any:
    """A person's addresses in one text, the primary one first."""
    order = aggregate_order_by(PersonEmail.address, PersonEmail.is_primary.desc(), PersonEmail.id)
    return _one_text(order, PersonEmail.person_id, name)


def _roles(name: str) -> Any:
    """A person's roles in one text."""
    role = sql_cast(PersonRole.role, String)
    return _one_text(aggregate_order_by(role, role), PersonRole.person_id, name)


def _one_text(words: Any, person_id: Any, name: str) -> Any:
    joined = select(func.array_to_string(func.array_agg(words), ";")).where(person_id == TABLE.c.id)
    return joined.scalar_subquery().label(name)

"""Columns are recognised by many names; what is told wins; what stays unknown is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.database.refusal import Invalid
from portal.imports import mapping, rows

SALESFORCE_ACCOUNTS = [
    "Account ID",
    "Account Name",
    "Website",
    "Industry",
    "Employees",
    "Annual Revenue",
    "Billing Country",
]
SALESFORCE_API = [
    "Id",
    "Name",
    "Website",
    "Industry",
    "NumberOfEmployees",
    "AnnualRevenue",
    "BillingCountry",
    "ParentId",
]
HUBSPOT_COMPANIES = [
    "Record ID",
    "Company name",
    "Company Domain Name",
    "Industry",
    "Number of Employees",
    "Country/Region",
]
SALESFORCE_CONTACTS = ["Contact ID", "First Name", "Last Name", "Email", "Title", "Account Name", "Account ID"]
HUBSPOT_CONTACTS = [
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Job Title",
    "Associated Company",
    "Lifecycle Stage",
]
SALESFORCE_DEALS = ["Opportunity Name", "Stage", "Amount", "Close Date", "Account Name", "Opportunity Owner"]
SALESFORCE_DEALS_API = ["Id", "AccountId", "Name", "StageName", "Amount", "CloseDate", "CreatedDate"]


def resolve(kind: str, headers: list[str], *told: str) -> mapping.Mapping:
    importable = rows.find(kind)
    return mapping.resolve(headers, importable.fields, importable.needs, told)


def fields(kind: str, headers: list[str], *told: str) -> dict[str, str]:
    return {column.field.key: column.header for column in resolve(kind, headers, *told).columns}


@pytest.mark.parametrize(
    ("kind", "headers", "keys"),
    [
        ("companies", SALESFORCE_ACCOUNTS, "crm_id name domain industry employees revenue country"),
        ("companies", SALESFORCE_API, "crm_id name domain industry employees revenue country parent_crm_id"),
        ("companies", HUBSPOT_COMPANIES, "crm_id name domain industry employees country"),
        ("people", SALESFORCE_CONTACTS, "crm_id first_name last_name emails title company company_crm_id"),
        ("people", HUBSPOT_CONTACTS, "crm_id first_name last_name emails title company"),
        ("opportunities", SALESFORCE_DEALS, "name stage amount closed_on company owner"),
        ("opportunities", SALESFORCE_DEALS_API, "crm_id company_crm_id name stage amount closed_on engaged_on"),
        ("products", ["Product Name", "Product Family", "List Price"], "name series price"),
    ],
)
def test_the_headers_of_crms_are_recognised(app, kind, headers, keys):
    assert list(fields(kind, headers)) == keys.split()


def test_every_export_is_recognised_without_help(app):
    for kind in ("companies", "people", "products", "opportunities"):
        headers = [field.key for field in rows.find(kind).fields]
        assert list(fields(kind, headers)) == headers


def test_what_is_told_wins_over_what_is_guessed(app):
    headers = ["name", "industry", "line of business"]
    assert fields("companies", headers, "line of business=industry")["industry"] == "line of business"
    assert resolve("companies", headers, "line of business=industry").unread == ("industry",)


def test_a_column_can_be_told_by_its_place_or_left_out(app):
    assert fields("companies", ["x", "sector"], "#1=name", "sector=") == {"name": "x"}
    assert fields("companies", ["a=b", "sector"], "a=b=name")["name"] == "a=b"
    assert fields("companies", ["NAME_", "sector"], "Sector=-") == {"name": "NAME_"}


def test_unit_currency_and_order_are_told_with_the_field(app):
    column = resolve("companies", ["name", "umsatz"], "umsatz=revenue:m:eur:decimal-comma").column("revenue")
    assert (column.unit, column.currency, column.decimal) == (Decimal(1_000_000), "EUR", "decimal-comma")
    dated = resolve("opportunities", ["id", "stage", "start"], "start=engaged_on:day-first").column("engaged_on")
    assert dated.date_order == "day-first"
    assert resolve("companies", ["name", "size"], "size=employees:K").column("employees").unit == 1000


@pytest.mark.parametrize(
    ("kind", "headers", "told", "sentence"),
    [
        ("companies", ["sector"], [], r"No column is known to hold “Name”.*--map 'column=name'.*sector"),
        ("opportunities", ["stage"], [], "“CRM id” or “Name”"),
        ("people", ["office"], [], "“Name” or “First name” or “Last name”"),
        ("companies", ["name", "NAME"], [], "Columns 1 and 2"),
        ("companies", ["name"], ["sector=industry"], "no column “sector”"),
        ("companies", ["name", "sektor"], ["sector=industry"], "Did you mean “sektor”"),
        ("companies", ["name"], ["#2=industry"], "no column “#2”"),
        ("companies", ["name"], ["name=title"], "no field “title”"),
        ("companies", ["name"], ["name"], "--map takes column=field"),
        ("companies", ["name"], ["=name"], "--map takes column=field"),
        ("companies", ["name", "a", "b"], ["a=industry", "b=industry"], "two columns"),
        ("companies", ["name", "a"], ["a=industry", "a=country"], "twice"),
        ("companies", ["name", "a"], ["a=revenue:QQQ"], "“QQQ” says nothing"),
        ("companies", ["name", "a"], ["a=industry:M"], "“M” says nothing"),
    ],
)
def test_what_cannot_be_mapped_stops_with_a_sentence(app, kind, headers, told, sentence):
    with pytest.raises(Invalid, match=sentence):
        resolve(kind, headers, *told)


def test_hostile_headers_cannot_paint_the_terminal(app):
    unread = resolve("companies", ["name", "\x1b[2Jgone", "", "x" * 500]).unread
    assert unread[0].startswith("U+001B")
    assert unread[1] == "#3"
    assert len(unread[2]) < 70


def test_an_unknown_kind_is_refused(app):
    with pytest.raises(Invalid, match="companies"):
        rows.find("planets")

"""The four real CRM files, whole: acceptance of the imports on real input."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.people.models import Company, Person, PersonEmail, PersonRole, Product
from portal.references.models import Opportunity

FILES = {
    "companies": "accounts.csv",
    "people": "sales_teams.csv",
    "products": "products.csv",
    "opportunities": "sales_pipeline.csv",
}


@pytest.fixture
def bring_real(bring, crm: Path) -> Callable[..., object]:
    def bring_real(kind: str, **options):
        if kind == "people":
            options.setdefault("role", "sales")
        return bring(kind, (crm / FILES[kind]).read_bytes(), **options)

    return bring_real


def count(db: Session, table: type) -> int:
    return db.scalar(select(func.count()).select_from(table))


def test_the_accounts_are_all_there_with_their_parents(db, bring_real):
    report = bring_real("companies")
    assert report.counts.rows == report.counts.added == count(db, Company) == 85
    acme = db.scalar(select(Company).where(Company.name == "Acme Corporation"))
    assert (acme.industry, acme.employees, acme.founded) == ("technolgy", 2822, 1996)
    assert (acme.revenue, acme.currency, acme.country) == (Decimal("1100.04"), None, "United States")
    bluth = db.scalar(select(Company).where(Company.name == "Bluth Company"))
    assert bluth.parent_id == acme.id
    assert db.scalar(select(func.count()).where(Company.parent_id.is_not(None))) == 15


def test_close_spellings_are_proposed_and_stay_until_decided(db, bring_real):
    report = bring_real("companies")
    proposals = {(each.written, each.means): each.rows for each in report.proposed}
    assert proposals == {("technolgy", "technology"): 12, ("Philipines", "Philippines"): 1}
    again = bring_real("companies", same=("technolgy=technology",))
    assert again.counts.unchanged == 85
    assert db.scalar(select(func.count()).where(Company.industry == "technology")) == 12
    assert db.scalar(select(func.count()).where(Company.industry == "technolgy")) == 0
    third = bring_real("companies")
    assert third.counts.unchanged == 85
    assert [(each.written, each.means, each.remembered) for each in third.joined] == [("technolgy", "technology", True)]


def test_the_reps_come_without_addresses_and_with_the_role(db, bring_real):
    report = bring_real("people")
    assert report.counts.added == 35
    assert count(db, PersonEmail) == 0
    assert db.scalar(select(func.count()).where(PersonRole.role == "sales")) == 35
    anna = db.scalar(select(Person).where(Person.name == "Anna Snelling"))
    assert (anna.office, anna.reports_to) == ("Central", "Dustin Brinkmann")


def test_without_a_role_the_people_of_a_file_get_none(db, bring_real):
    bring_real("people", role=None)
    assert count(db, PersonRole) == 0


def test_all_opportunities_come_in_and_what_is_missing_is_said(db, bring_real, capsys):
    for kind in ("companies", "people", "products"):
        bring_real(kind)
    started = time.perf_counter()
    report = bring_real("opportunities")
    seconds = time.perf_counter() - started
    with capsys.disabled():
        print(f"\n8,800 opportunities in {seconds:.2f} s")
    assert report.counts.rows == report.counts.added == count(db, Opportunity) == 8800
    said = "\n".join(report.lines())
    assert "1,425 rows without a company" in said
    assert "500 rows without an engage date (Prospecting)" in said
    assert [(each.written, each.means, each.rows) for each in report.joined] == [("GTXPro", "GTX Pro", 1480)]
    assert count(db, Product) == 7
    assert db.scalar(select(func.count()).where(Opportunity.company_id.is_(None))) == 1425
    assert db.scalar(select(func.count()).where(Opportunity.engaged_on.is_(None))) == 500
    assert db.scalar(select(func.count()).where(Opportunity.owner_id.is_(None))) == 0
    first = db.scalar(select(Opportunity).where(Opportunity.crm_id == "1C1I7A6R"))
    assert (first.engaged_on, first.closed_on) == (date(2016, 10, 20), date(2017, 3, 1))
    assert (first.stage, first.amount, first.currency) == ("Won", Decimal(1054), None)
    assert seconds < 10


def test_the_same_files_again_change_nothing(db, bring_real):
    for kind in FILES:
        bring_real(kind)
    before = {
        table: db.execute(text(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t")).scalar()
        for table in ("company", "person", "product", "opportunity", "spelling")
    }
    for kind in FILES:
        report = bring_real(kind)
        assert report.counts.unchanged == report.counts.rows
        assert report.sum().endswith("Nothing changed.")
    after = {
        table: db.execute(text(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t")).scalar()
        for table in before
    }
    assert after == before


def test_an_export_imported_elsewhere_gives_the_same_rows(db, bring_real, bring, take, superuser):
    for kind in FILES:
        bring_real(kind)
    exported = {kind: take(kind) for kind in FILES}
    superuser.empty()
    for kind in FILES:
        bring(kind, exported[kind])
        assert take(kind) == exported[kind]

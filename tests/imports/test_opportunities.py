"""Opportunities: by CRM id, else by name at a company; reps by name; products through their spellings."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.database.refusal import Invalid
from portal.imports.report import Stopped
from portal.people.models import Company, Person, PersonRole, Product
from portal.references.models import Opportunity
from portal.references.models.pool import ReferenceProfile


@pytest.fixture
def known(bring) -> None:
    bring("companies", "name,crm_id\nAcme,A-1\nBeta,B-1\n")
    bring("people", "name,email\nDarcel,darcel@seller.example\nMoses,\n", role="sales")
    bring("people", "name\nCustomer\n")
    bring("products", "product\nGTX Pro\nMG Special\n")


def deal(db: Session, crm_id: str) -> Opportunity:
    return db.scalars(select(Opportunity).where(Opportunity.crm_id == crm_id)).one()


def test_a_report_of_salesforce_comes_in_and_again_changes_nothing(bring, db, known):
    content = (
        "Opportunity Name,Stage,Amount,Close Date,Account Name,Opportunity Owner\n"
        'New business,Won,"1,054.00",20/10/2016,Acme,Darcel\n'
        "New business,Open,5.5,,Beta,darcel@seller.example\n\n"
        "Copyright (c) 2026 example.com\n"
    )
    assert bring("opportunities", content).counts.added == 2
    report = bring("opportunities", content)
    assert report.counts.unchanged == 2
    assert db.scalars(select(Opportunity.closed_on).order_by(Opportunity.id)).first() == date(2016, 10, 20)
    assert len(set(db.scalars(select(Opportunity.owner_id)))) == 1


def test_a_changed_row_changes_only_what_it_says(bring, db, known):
    bring("opportunities", "id,stage,account,product,sales_agent\n1,Open,Acme,GTX Pro,Moses\n")
    report = bring("opportunities", "id,stage,close_date\n1,Won,2017-03-01\n")
    assert report.counts.changed == 1
    changed = deal(db, "1")
    assert (changed.stage, changed.closed_on) == ("Won", date(2017, 3, 1))
    assert None not in (changed.company_id, changed.product_id, changed.owner_id)


@pytest.mark.parametrize(
    ("header", "cell", "why"),
    [
        ("account", "Acmee", "Did you mean “Acme”?"),
        ("sales_agent", "Nobody", "people with the role of a sales rep"),
        ("sales_agent", "Customer", "not among the sales reps"),
        ("close_date", "13/13/2016", "no such day"),
        ("amount", "a lot", "no number"),
        ("stage", "x" * 101, "Shorten it to 100"),
    ],
)
def test_what_a_deal_cannot_refer_to_is_a_mistake(bring, known, header, cell, why):
    stage = "" if header == "stage" else ",Won"
    with pytest.raises(Stopped) as stopped:
        bring("opportunities", f"id,{header}{stage and ',stage'}\n1,{cell}{stage}\n")
    (line,) = stopped.value.report.mistake_lines()
    assert line.startswith(f"Line 2, column “{header}”")
    assert why in line


def test_an_ambiguous_date_column_stops_until_told(bring, db, known):
    content = "id,stage,engage_date\n1,Won,3/1/2017\n"
    with pytest.raises(Invalid, match=r"engage_date.*--date-order"):
        bring("opportunities", content)
    bring("opportunities", content, date_order="month-first")
    assert deal(db, "1").engaged_on == date(2017, 3, 1)
    bring("opportunities", content, maps=("engage_date=engaged_on:day-first",))
    assert deal(db, "1").engaged_on == date(2017, 1, 3)


def test_the_order_of_one_column_says_nothing_about_another(bring, known):
    with pytest.raises(Invalid, match="“close_date”"):
        bring("opportunities", "id,stage,engage_date,close_date\n1,Won,10/20/2016,3/1/2017\n")


def test_a_row_without_stage_or_id_is_a_mistake(bring, known):
    with pytest.raises(Stopped) as stopped:
        bring("opportunities", "id,stage,product\n,Won,GTX Pro\n2,,GTX Pro\n")
    assert [line.split(":")[0] for line in stopped.value.report.mistake_lines()] == [
        "Line 2, column “id”",
        "Line 3, column “stage”",
    ]


def test_a_product_equal_but_for_spaces_joins_and_a_new_one_is_added_and_said(bring, db, known):
    report = bring("opportunities", "id,stage,product\n1,Won,GTXPro\n2,Won,gtx-pro\n3,Won,Roadrunner\n")
    assert [(each.written, each.means) for each in report.joined] == [("GTXPro", "GTX Pro"), ("gtx-pro", "GTX Pro")]
    assert "Products that were new and are added to the list: Roadrunner." in report.notices
    assert deal(db, "1").product_id == deal(db, "2").product_id
    assert db.scalar(select(func.count()).select_from(Product)) == 3


def test_a_close_product_is_its_own_until_somebody_decides(bring, db, known):
    content = "id,stage,product\n1,Won,MG Specal\n2,Won,MG Special\n"
    report = bring("opportunities", content)
    assert [(each.written, each.means) for each in report.proposed] == [("MG Specal", "MG Special")]
    assert deal(db, "1").product_id != deal(db, "2").product_id
    report = bring("opportunities", content, same=("MG Specal=MG Special",))
    assert report.counts.unchanged == 2
    assert deal(db, "1").product_id == deal(db, "2").product_id
    assert db.scalar(select(func.count()).where(Product.name == "MG Specal")) == 0


def test_a_decision_on_a_product_reaches_profiles_that_name_it(bring, db, known):
    person = db.scalar(select(Person.id).where(Person.name == "Customer"))
    db.add(ReferenceProfile(person_id=person, products=["MG Specal", "GTX Pro", "MG Special"]))
    db.commit()
    bring("opportunities", "id,stage\n1,Won\n", same=("MG Specal=MG Special",))
    assert db.scalar(select(ReferenceProfile.products)) == ["MG Special", "GTX Pro"]


def test_rows_of_one_id_may_not_speak_of_two_companies(bring, known):
    with pytest.raises(Stopped) as stopped:
        bring("opportunities", "id,stage,account\n1,Won,Acme\n1,Won,Beta\n")
    assert next(stopped.value.report.mistake_lines()).startswith(
        "Line 3, column “account” (Beta): it contradicts line 2"
    )


def test_reps_of_one_name_need_an_id(bring, db, known):
    bring("companies", "name\nOne\nTwo\n")
    bring("people", "name,company,crm_id\nTwin,One,T-1\nTwin,Two,T-2\n", role="sales")
    with pytest.raises(Stopped, match="1 mistake"):
        bring("opportunities", "id,stage,owner\n1,Won,Twin\n")
    bring("opportunities", "id,stage,owner\n1,Won,T-2\n")
    assert deal(db, "1").owner_id == db.scalar(select(Person.id).where(Person.crm_id == "T-2"))


def test_export_and_import_elsewhere_give_the_same_deals_also_with_twins(bring, take, db, superuser, known):
    bring("companies", "name,domain\nTwin,one.example\nTwin,two.example\nChild,child.example\n")
    bring("people", "name,crm_id,email\nTwin,T-1,t1@seller.example\nTwin,T-2,t2@seller.example\n", role="sales")
    bring(
        "opportunities",
        "id,name,stage,company,owner,engage_date,amount,currency,product\n"
        "1,=Deal,Won,two.example,T-2,2016-10-20,-5.50,USD,GTX Pro\n"
        "2,'=Deal,Open,,,,,,\n"
        "3,,Open,Acme,Moses,,,,\n",
    )
    moses = db.scalar(select(Person.id).where(Person.name == "Moses"))
    db.execute(PersonRole.__table__.delete().where(PersonRole.person_id == moses))
    db.execute(
        update(Company)
        .where(Company.domain == "child.example")
        .values(parent_id=select(Company.id).where(Company.domain == "two.example").scalar_subquery())
    )
    db.commit()
    kinds = ("companies", "people", "products", "opportunities")
    exported = {kind: take(kind) for kind in kinds}
    assert "-5.50" in exported["opportunities"]
    assert "'-5.50" not in exported["opportunities"]
    superuser.empty()
    for kind in kinds:
        bring(kind, exported[kind])
        assert take(kind) == exported[kind]
    assert [one.name for one in db.scalars(select(Opportunity).order_by(Opportunity.id))] == ["=Deal", "=Deal", None]

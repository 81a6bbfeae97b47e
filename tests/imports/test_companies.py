"""Companies: recognised by id or domain, else by name; parents anywhere; nothing dropped in silence."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor, AuditEntry
from portal.database.refusal import Invalid, NotAllowed
from portal.imports import run as imports
from portal.imports.report import Stopped
from portal.people.models import Company


def company(db: Session, name: str) -> Company:
    return db.scalars(select(Company).where(Company.name == name)).one()


def mistakes(stopped: pytest.ExceptionInfo[Stopped]) -> list[str]:
    return list(stopped.value.report.mistake_lines())


def test_a_second_import_changes_nothing_and_says_so(bring, db):
    content = "name;domain;employees\nAcme;https://www.Acme.com/about;1.200\n"
    assert bring("companies", content).counts.added == 1
    report = bring("companies", content)
    assert report.counts.unchanged == 1
    assert "Nothing changed" in report.sum()
    assert (company(db, "Acme").domain, company(db, "Acme").employees) == ("acme.com", 1200)


@pytest.mark.parametrize("key", ["crm_id", "domain"])
def test_an_id_finds_the_company_whatever_it_is_called(bring, db, key):
    value = {"crm_id": "A-17", "domain": "acme.com"}[key]
    bring("companies", f"name,{key}\nAcme,{value}\n")
    report = bring("companies", f"name,{key},industry\nAcme Corporation,{value},retail\n")
    assert report.counts.changed == 1
    assert company(db, "Acme Corporation").industry == "retail"


def test_a_name_finds_the_company_where_no_id_contradicts(bring, db):
    bring("companies", "name\nAcme\n")
    assert bring("companies", "name,crm_id\nACME,A-17\n").counts.changed == 1
    assert company(db, "Acme").crm_id == "A-17"
    assert bring("companies", "name,crm_id\nAcme,B-1\n").counts.added == 1


def test_ids_that_belong_to_two_companies_are_a_mistake(bring):
    bring("companies", "name,crm_id,domain\nAcme,A-1,acme.com\nBeta,B-1,beta.com\n")
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,crm_id,domain\nAcme,A-1,beta.com\n")
    assert "Line 2, column “domain” (beta.com): it belongs to another row than the id does." in mistakes(stopped)[0]


def test_a_name_of_two_companies_needs_an_id(bring):
    bring("companies", "name,crm_id\nAcme,A-1\nAcme,A-2\n")
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,industry\nAcme,retail\n")
    assert "2 rows here have this name" in mistakes(stopped)[0]


def test_empty_cells_leave_what_is_stored(bring, db):
    bring("companies", "name,industry\nAcme,retail\n")
    assert bring("companies", "name,industry\nAcme,\n").counts.unchanged == 1
    assert company(db, "Acme").industry == "retail"


def test_a_row_repeated_is_counted_and_one_that_contradicts_is_a_mistake(bring, db):
    report = bring("companies", "name,industry,country\nAcme,retail,\nacme,,Italy\n")
    assert (report.counts.added, report.counts.repeated) == (1, 1)
    assert company(db, "Acme").country == "Italy"
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,industry\nBeta,retail\nBeta,software\n")
    assert mistakes(stopped) == [
        "Line 3, column “industry” (software): it contradicts line 2, which is about the same row. Keep one of the two."
    ]


def test_a_child_may_stand_before_its_parent(bring, db):
    bring("companies", "name,parent\nChild,Parent\nParent,Grandparent\nGrandparent,\n")
    assert company(db, "Child").parent_id == company(db, "Parent").id
    assert company(db, "Parent").parent_id == company(db, "Grandparent").id


def test_a_parent_may_be_stored_already_and_be_named_by_any_id(bring, db):
    bring("companies", "name,crm_id,domain\nParent,P-1,parent.com\n")
    bring("companies", "name,parent\nOne,parent\nTwo,P-1\nThree,Parent.com\n")
    bring("companies", "name,Parent ID\nFour,P-1\n")
    for child in ("One", "Two", "Three", "Four"):
        assert company(db, child).parent_id == company(db, "Parent").id
    assert bring("companies", "name,parent\nOne,Parent\n").counts.unchanged == 1


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ("name,parent\nA,Nowhere\n", 2, "neither here nor in the file"),
        ("name,parent\nA,A\n", 2, "its own parent"),
        ("name,parent\nA,B\nB,C\nC,A\n", 2, "its own parent"),
    ],
)
def test_parents_that_cannot_be_are_mistakes(bring, db, content, line, why):
    with pytest.raises(Stopped) as stopped:
        bring("companies", content)
    assert mistakes(stopped)[0].startswith(f"Line {line}, column “parent”")
    assert why in mistakes(stopped)[0]
    assert db.scalar(select(func.count()).select_from(Company)) == 0


def test_a_parent_of_a_name_that_two_have_needs_an_id(bring):
    bring("companies", "name,crm_id\nTwin,T-1\nTwin,T-2\n")
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,parent\nA,Twin\n")
    assert "2 companies have this name" in mistakes(stopped)[0]


def test_the_children_of_a_row_with_a_mistake_are_not_blamed(bring):
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,employees,parent\nParent,many,\nChild,5,Parent\n")
    assert len(mistakes(stopped)) == 1


def test_of_many_mistakes_the_first_hundred_are_listed_and_the_others_counted(bring):
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,employees\n" + "Acme,many\n" * 130)
    assert "130 mistakes" in str(stopped.value)
    assert len(mistakes(stopped)) == 101
    assert mistakes(stopped)[-1] == "… and 30 more mistakes."


@pytest.mark.parametrize(
    ("header", "cell", "why"),
    [
        ("domain", "no domain", "this is no domain"),
        ("domain", "x..y", "this is no domain"),
        ("domain", "a" * 300 + ".example", "this is no domain"),
        ("employees", "2.5", "no whole number"),
        ("employees", "3000000000", "out of reach"),
        ("founded", "96", "Write one from 1000 to 2200"),
        ("revenue", "-", "no number"),
    ],
)
def test_what_a_company_cannot_have_is_a_mistake(bring, header, cell, why):
    with pytest.raises(Stopped) as stopped:
        bring("companies", f"name,{header}\nAcme,{cell}\n")
    (line,) = mistakes(stopped)
    assert line.startswith(f"Line 2, column “{header}”")
    assert why in line


def test_a_circle_through_stored_companies_is_a_mistake(bring):
    bring("companies", "name,parent\nA,B\nB,C\nC,\n")
    with pytest.raises(Stopped, match="1 mistake"):
        bring("companies", "name,parent\nC,A\n")


def test_children_of_a_row_left_out_are_left_out_too(bring, db):
    content = "name,employees,parent\nGood,10,\nParent,many,\nChild,5,Parent\nGrandchild,5,Child\n"
    report = bring("companies", content, skip_bad=True)
    assert (report.counts.added, report.counts.left_out, report.counts.balanced) == (1, 3, True)
    assert db.scalars(select(Company.name)).all() == ["Good"]
    said = list(report.mistake_lines())
    assert said[0] == ("Line 3, column “employees” (many): this is no number. Write digits, such as 1234.50.")
    assert "line 3, the parent, is left out" in said[1]
    assert "line 4, the parent, is left out" in said[2]


def test_a_mistake_stops_everything_and_every_mistake_is_listed(bring, db):
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,employees,founded\nAcme,12,1990\n,5,1990\nBeta,-3,90\n")
    assert "3 mistakes stopped the import" in str(stopped.value)
    assert [line.split(":")[0] for line in mistakes(stopped)] == [
        "Line 3, column “name”",
        "Line 4, column “employees” (-3)",
        "Line 4, column “founded” (90)",
    ]
    assert db.scalar(select(func.count()).select_from(Company)) == 0


def test_a_row_of_too_many_or_too_few_cells_is_a_mistake(bring):
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,industry\nAcme,retail,Italy\nBeta\nGamma,retail,,\n")
    assert [line.split(".")[0] for line in mistakes(stopped)] == [
        "Line 2: the row has 3 cells, the header has 2",
        "Line 3: the row has 1 cells, the header has 2",
    ]


def test_unit_and_currency_of_the_mapping_are_applied(bring, db):
    bring("companies", "name,revenue\nAcme,1100.04\n", maps=("revenue=revenue:M:USD",))
    assert (company(db, "Acme").revenue, company(db, "Acme").currency) == (Decimal("1100040000"), "USD")


def test_a_currency_column_belongs_to_its_row(bring, db):
    bring("companies", "name,revenue,currency\nAcme,5,eur\nBeta,$6,USD\n")
    assert (company(db, "Acme").currency, company(db, "Beta").currency) == ("EUR", "USD")
    with pytest.raises(Stopped) as stopped:
        bring("companies", "name,revenue,currency\nAcme,€5,USD\n")
    assert "says EUR" in mistakes(stopped)[0]
    with pytest.raises(Stopped, match="1 mistake"):
        bring("companies", "name,currency\nAcme,QQQ\n")


def test_salesforce_ids_of_both_lengths_are_one(bring, db):
    bring("companies", "Account ID,Account Name\n0015g00000XyZ12,Acme\n")
    stored = company(db, "Acme").crm_id
    assert len(stored) == 18
    assert stored.startswith("0015g00000XyZ12")
    assert bring("companies", f"Id,Name\n{stored},Acme\n").counts.unchanged == 1


def test_ids_differ_by_capitals(bring):
    bring("companies", "name,crm_id\nAcme,a1\n")
    assert bring("companies", "name,crm_id\nOther,A1\n").counts.added == 1


def test_a_dry_run_reports_and_the_caller_keeps_nothing(db):
    report = imports.run(db, "companies", b"name\nAcme\n", by=SYSTEM, options=imports.Options(dry_run=True))
    db.rollback()
    assert report.counts.added == 1
    assert "dry run" in report.sum()


def test_each_import_leaves_an_audit_row_of_counts(bring, db):
    bring("companies", "name\nAcme\n")
    bring("companies", "name\nAcme\n")
    entries = db.scalars(select(AuditEntry).where(AuditEntry.action == "import.run").order_by(AuditEntry.id)).all()
    assert [entry.subject for entry in entries] == ["import:companies"] * 2
    assert [(entry.details["added"], entry.details["unchanged"]) for entry in entries] == [(1, 0), (0, 1)]
    assert len(entries[0].details["sha256"]) == 64
    assert "Acme" not in str(entries[0].details)


def test_only_managers_administrators_and_the_system_import(db):
    with pytest.raises(NotAllowed):
        imports.run(db, "companies", b"name\nAcme\n", by=Actor(1, frozenset({"sales"})))


def test_a_role_is_for_people_only(bring):
    with pytest.raises(Invalid, match="Only people"):
        bring("companies", "name\nAcme\n", role="sales")


def test_an_import_that_runs_keeps_others_out(db, app, superuser):
    other = superuser.connection
    other.execute("SELECT pg_advisory_lock(hashtext('portal.imports'))")
    try:
        with pytest.raises(Exception, match="Another import is running"):
            imports.run(db, "companies", b"name\nAcme\n", by=SYSTEM)
    finally:
        other.execute("SELECT pg_advisory_unlock(hashtext('portal.imports'))")
        db.rollback()


def test_what_was_left_out_of_the_reading_is_said(bring):
    report = bring("companies", "name,mood\n'=Acme,glad\n\nBeta,\n")
    said = "\n".join(report.lines())
    assert "Columns that are not read: mood" in said
    assert "1 empty line" in said
    assert "1 cell lost the '" in said


def test_a_company_of_another_installation_is_found_by_its_name(bring, db):
    bring("companies", "name\nAcme\n")
    own = company(db, "Acme").public_id
    assert bring("companies", f"portal_id,name\n{uuid.uuid4()},Acme\n").counts.unchanged == 1
    assert company(db, "Acme").public_id == own


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("Ac\x00me", "U+0000"),
        ("Ac\u202eme", "U+202E"),
        ("Ac\x1b[2Jme", "U+001B"),
        ("x" * 201, "201 characters long"),
        ("x" * 1_000_000, "1000000 characters long"),
        ("=" * 300, "300 characters long"),
    ],
)
def test_hostile_names_are_mistakes_with_line_and_column(bring, cell, why):
    with pytest.raises(Stopped) as stopped:
        bring("companies", f"name,industry\nAcme,retail\n{cell},retail\n")
    (line,) = mistakes(stopped)
    assert line.startswith("Line 3, column “name”")
    assert why in line
    assert len(line) < 400
    assert "\x1b" not in line


def test_half_a_character_is_a_mistake_with_its_line(bring):
    with pytest.raises(Stopped) as stopped:
        bring("companies", b"name\nAcme\nK\xed\xa0\x80ln\n")
    assert "Line 3" in mistakes(stopped)[0]
    assert "U+D800" in mistakes(stopped)[0]


def test_names_in_other_scripts_and_hostile_words_are_names(bring, db, take):
    names = ["שלום בע״מ", "شركة", "株式会社", "<script>alert(1)</script>", "Robert'); DROP TABLE company;--", "=1+1"]
    content = "name\n" + "\n".join(f'"{name}"' for name in names) + "\n"
    bring("companies", content)
    assert db.scalars(select(Company.name).order_by(Company.id)).all() == names
    assert "'=1+1" in take("companies")


def test_a_line_break_in_a_name_becomes_a_space(bring, db):
    bring("companies", b'name,country\r\n"Acme\r\nCorporation",Italy\r\n')
    assert company(db, "Acme Corporation").country == "Italy"

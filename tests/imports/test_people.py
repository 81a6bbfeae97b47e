"""People: an address is not required, a role is given only when told, no import lets anybody in as another."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.database.refusal import NotAllowed
from portal.imports import run as imports
from portal.imports.report import Stopped
from portal.people import people
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.states import Role


def person(db: Session, name: str) -> Person:
    return db.scalars(select(Person).where(Person.name == name)).one()


def addresses(db: Session, name: str) -> list[str]:
    wanted = select(PersonEmail.address).where(PersonEmail.person_id == person(db, name).id)
    return list(db.scalars(wanted.order_by(PersonEmail.is_primary.desc(), PersonEmail.id)))


def roles(db: Session, name: str) -> set[str]:
    return set(people.roles_of(db, person(db, name).id))


def count(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Person))


def test_first_and_last_names_make_a_name_and_the_company_is_found(bring, db):
    bring("companies", "name,crm_id\nAcme,A-1\n")
    content = "First Name,Last Name,Email,Title,Account Name\nAna,Souza,Ana@Acme.example,CTO,acme\n"
    assert bring("people", content).counts.added == 1
    ana = person(db, "Ana Souza")
    assert ana.title == "CTO"
    assert db.scalar(select(Company.crm_id).where(Company.id == ana.company_id)) == "A-1"
    assert [address.lower() for address in addresses(db, "Ana Souza")] == ["ana@acme.example"]
    assert bring("people", content).counts.unchanged == 1


def test_the_company_is_found_by_its_crm_id_first_and_by_its_name_where_that_is_unknown(bring, db):
    bring("companies", "name,crm_id\nAcme,A-1\nBeta,B-1\n")
    bring("people", "name,Account ID,Account Name\nAna,B-1,Acme\nBen,Z-9,Acme\nCai,B-1,\n")
    found = {one.name: one.company_id for one in db.scalars(select(Person))}
    assert found["Ana"] == found["Cai"] != found["Ben"]


def test_an_unknown_crm_id_of_a_company_is_a_mistake_in_its_column(bring):
    with pytest.raises(Stopped) as stopped:
        bring("people", "name,Account ID\nAna,Z-9\n")
    assert next(stopped.value.report.mistake_lines()).startswith("Line 2, column “Account ID” (Z-9): it is not among")


def test_an_unknown_company_is_a_mistake_with_the_likely_one(bring):
    bring("companies", "name\nBubba Gump\n")
    with pytest.raises(Stopped) as stopped:
        bring("people", "name,company\nAna,Buba Gump\n")
    (line,) = stopped.value.report.mistake_lines()
    assert line == (
        "Line 2, column “company” (Buba Gump): it is not among the companies here. "
        "Import the companies first, or empty the cell. Did you mean “Bubba Gump”?"
    )


def test_an_address_finds_the_person_whatever_their_name(bring, db):
    bring("people", "name,email\nAna Souza,ana@acme.example\n")
    report = bring("people", "name,email,title\nAna Souza-Lima,ANA@acme.example,CTO\n")
    assert report.counts.changed == 1
    assert person(db, "Ana Souza-Lima").title == "CTO"


def test_several_addresses_of_a_cell_are_all_kept_the_first_is_primary(bring, db):
    bring("people", "name,email\nAna,ana@acme.example;ana@home.example\n")
    assert addresses(db, "Ana") == ["ana@acme.example", "ana@home.example"]
    bring("people", "name,email\nAna,ana@home.example; third@acme.example\n")
    assert addresses(db, "Ana") == ["ana@acme.example", "ana@home.example", "third@acme.example"]
    assert db.scalar(select(func.count()).where(PersonEmail.is_primary)) == 1


def test_namesakes_with_other_addresses_are_other_people(bring, db):
    bring("people", "name,email\nAna,ana@acme.example\n")
    assert bring("people", "name,email\nAna,ana@beta.example\n").counts.added == 1
    assert count(db) == 2


def test_namesakes_at_other_companies_are_other_people(bring, db):
    bring("companies", "name\nAcme\nBeta\n")
    bring("people", "name,company\nAna,Acme\nAna,Beta\n")
    assert count(db) == 2
    assert bring("people", "name,company\nAna,Acme\nAna,Beta\n").counts.unchanged == 2


def test_a_person_without_an_address_gets_the_one_of_the_file(bring, db):
    bring("people", "name\nAna\n")
    assert bring("people", "name,email\nAna,ana@acme.example\n").counts.changed == 1
    assert addresses(db, "Ana") == ["ana@acme.example"]


def test_nobody_gets_a_second_way_to_sign_in_by_an_id_alone(bring, db):
    bring("people", "name,crm_id,email\nAna,C-1,ana@acme.example\n")
    report = bring("people", "name,crm_id,email\nAna,C-1,evil@example.org\n")
    assert report.counts.unchanged == 1
    assert addresses(db, "Ana") == ["ana@acme.example"]
    assert "another address here" in report.notices[0]


def test_an_address_of_somebody_else_than_the_id_is_a_mistake(bring):
    bring("people", "name,crm_id,email\nAna,C-1,ana@acme.example\nBen,C-2,ben@acme.example\n")
    with pytest.raises(Stopped) as stopped:
        bring("people", "name,crm_id,email\nAna,C-1,ben@acme.example\n")
    assert "another row" in next(stopped.value.report.mistake_lines())
    with pytest.raises(Stopped):
        bring("people", "name,email\nAna,ana@acme.example;ben@acme.example\n")


def test_a_role_is_given_once_and_opens_what_the_role_needs(bring, db):
    report = bring("people", "name\nAna\n", role="advocate")
    assert roles(db, "Ana") == {Role.ADVOCATE}
    assert report.counts.added == 1
    assert bring("people", "name\nAna\n", role="advocate").counts.unchanged == 1
    assert bring("people", "name\nAna\n", role="sales").counts.changed == 1
    assert roles(db, "Ana") == {Role.ADVOCATE, Role.SALES}


def test_a_column_called_role_gives_no_role(bring, db):
    report = bring("people", "name,role\nAna,admin\n")
    assert db.scalar(select(func.count()).select_from(PersonRole)) == 0
    assert report.unread == ("role",)
    assert any("Columns that are not read: role" in line for line in report.lines())


def test_a_manager_cannot_make_administrators_by_a_file(db):
    by = Actor(None, frozenset({"manager"}))
    ana = people.add_person(db, "Mia", by=SYSTEM, roles=["manager"])
    by = Actor(ana.id, frozenset({"manager"}))
    with pytest.raises(NotAllowed):
        imports.run(db, "people", b"name,portal_roles\nEve,admin\n", by=by)
    db.rollback()


@pytest.mark.parametrize(
    ("header", "cell", "why"),
    [
        ("email", "nobody", "this is no e-mail address"),
        ("email", "a@b.example; nobody", "this is no e-mail address"),
        ("email", "a\x00@b.example", "U+0000"),
        ("email", "a@b.example;" * 500, "6000 characters"),
        ("time_zone", "Mars/Olympus", "this is no time zone"),
        ("time_zone", "../etc/passwd", "this is no time zone"),
        ("locale", "English please", "this is no language"),
        ("portal_roles", "king", "this is no role"),
        ("advocate_status", "happy", "this is no status"),
        ("suspended_at", "yesterday", "this is no point in time"),
        ("portal_id", "17", "this is no id of the portal"),
        ("title", "x" * 201, "201 characters"),
    ],
)
def test_what_a_person_cannot_have_is_a_mistake(bring, header, cell, why):
    with pytest.raises(Stopped) as stopped:
        bring("people", f'name,{header}\nAna,"{cell}"\n')
    (line,) = stopped.value.report.mistake_lines()
    assert line.startswith(f"Line 2, column “{header}”")
    assert why in line


def test_a_name_put_together_too_long_is_a_mistake(bring):
    with pytest.raises(Stopped, match="1 mistake"):
        bring("people", f"first name,last name\n{'x' * 150},{'y' * 150}\n")


def test_export_and_import_elsewhere_give_the_same_people(bring, take, db, superuser):
    bring("companies", "name\nAcme\nAcme Two\nTwin\n")
    bring("companies", "name,domain\nTwin,twin.example\n")
    bring(
        "people",
        "name,emails,company,title,portal_roles,advocate_status,suspended_at,locale,time_zone\n"
        "Ana,ana@acme.example;a@home.example,Acme,=CTO,advocate,paused,,en,Europe/Berlin\n"
        "Ben,,,'-note,sales;manager,,2026-01-02T03:04:05+00:00,,\n"
        "Ana,,Acme Two,,,,,,\n",
    )
    exported = {kind: take(kind) for kind in ("companies", "people")}
    assert "'=CTO" in exported["people"]
    superuser.empty()
    for kind, content in exported.items():
        assert bring(kind, content).counts.left_out == 0
        assert take(kind) == content
    assert person(db, "Ben").title == "-note"
    again = bring("people", exported["people"])
    assert again.counts.unchanged == 3

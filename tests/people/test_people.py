"""People: names, addresses, roles, the steps of an advocate."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor, AuditEntry
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.people import people, values
from portal.people.models import Person, PersonEmail, PersonRole, initials, size_band
from portal.people.states import TRANSITIONS, AdvocateStatus, Role

MANAGER = Actor(None)


def test_the_first_address_is_the_primary_one(db: Session) -> None:
    person = people.add_person(db, "  Ana   Lima ", by=SYSTEM, email="Ana@Example.com")
    people.add_email(db, person.id, "ana@home.example", by=SYSTEM)
    db.commit()
    found = db.execute(select(PersonEmail.address, PersonEmail.is_primary).order_by(PersonEmail.id)).all()
    assert person.name == "Ana Lima"
    assert [tuple(row) for row in found] == [("Ana@example.com", True), ("ana@home.example", False)]


def test_an_address_belongs_to_one_person_whatever_its_capitals(db: Session) -> None:
    people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com")
    with pytest.raises(Conflict, match="already belongs"):
        people.add_person(db, "Bea", by=SYSTEM, email="ANA@example.com")


def test_the_database_refuses_a_second_owner_of_an_address(db: Session) -> None:
    first = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com")
    with pytest.raises(IntegrityError, match="uq_person_email_address"):
        db.execute(
            text("INSERT INTO person_email (person_id, address) VALUES (:person, 'Ana@Example.Com')"),
            {"person": first.id},
        )


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "evil\u202ename", "a\x07b"])
def test_names_that_cannot_be_shown_are_refused(db: Session, name: str) -> None:
    with pytest.raises(Invalid):
        people.add_person(db, name, by=SYSTEM)


@pytest.mark.parametrize(
    "address", ["ana", "ana@", "a b@example.com", "ana@example.com\nBcc: x@example.com", "a" * 250 + "@example.com"]
)
def test_malformed_addresses_are_refused(db: Session, address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        values.clean_address(address)
    assert refusal.value.field == "email"


@pytest.mark.parametrize("address", ["a b@x.org", "no-at-sign", "a@b@c", "x" * 260 + "@x.org"])
def test_the_database_refuses_malformed_addresses(db: Session, address: str) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM)
    with pytest.raises(IntegrityError, match="ck_person_email_address"):
        db.execute(
            text("INSERT INTO person_email (person_id, address) VALUES (:person, :address)"),
            {"person": person.id, "address": address},
        )


def test_whoever_becomes_an_advocate_is_active_and_gets_what_goes_with_it(db: Session) -> None:
    opened: list[tuple[int, Role]] = []
    follow = lambda _session, person_id, role: opened.append((person_id, role))  # noqa: E731
    people.ON_ROLE.append(follow)
    try:
        person = people.add_person(db, "Ana", by=SYSTEM, roles=["advocate"])
        people.grant_role(db, person.id, Role.ADVOCATE, by=SYSTEM)
    finally:
        people.ON_ROLE.remove(follow)
    assert person.advocate_status is AdvocateStatus.ACTIVE
    assert opened == [(person.id, Role.ADVOCATE)]
    db.commit()


def test_only_administrators_make_managers_and_change_their_own_roles(db: Session) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM)
    manager = Actor(None if False else person.id + 1000, frozenset({"manager"}))
    with pytest.raises(NotAllowed):
        people.grant_role(db, person.id, Role.MANAGER, by=manager)
    with pytest.raises(NotAllowed):
        people.grant_role(db, manager.person_id or 0, Role.SALES, by=manager)
    with pytest.raises(NotAllowed):
        people.grant_role(db, person.id, Role.SALES, by=Actor(1, frozenset({"sales"})))


def test_the_last_administrator_stays(db: Session) -> None:
    first = people.add_person(db, "Ada", by=SYSTEM, roles=["admin"])
    second = people.add_person(db, "Bob", by=SYSTEM, roles=["admin"])
    people.revoke_role(db, second.id, Role.ADMIN, by=SYSTEM)
    with pytest.raises(Conflict, match="last administrator"):
        people.revoke_role(db, first.id, Role.ADMIN, by=SYSTEM)
    with pytest.raises(Conflict, match="last administrator"):
        people.suspend(db, first.id, by=SYSTEM)
    people.grant_role(db, second.id, Role.ADMIN, by=SYSTEM)
    people.suspend(db, second.id, by=SYSTEM)
    with pytest.raises(Conflict, match="last administrator"):
        people.revoke_role(db, first.id, Role.ADMIN, by=SYSTEM)
    assert people.readmit(db, second.id, by=SYSTEM).suspended_at is None
    people.revoke_role(db, first.id, Role.ADMIN, by=SYSTEM)
    people.revoke_role(db, first.id, Role.ADMIN, by=SYSTEM)
    assert people.roles_of(db, first.id) == frozenset()
    db.commit()


def test_suspending_is_for_managers_and_never_oneself(db: Session) -> None:
    ana = people.add_person(db, "Ana", by=SYSTEM, roles=["advocate"])
    ada = people.add_person(db, "Ada", by=SYSTEM, roles=["admin"])
    mia = Actor(people.add_person(db, "Mia", by=SYSTEM, roles=["manager"]).id, frozenset({"manager"}))
    assert people.suspend(db, ana.id, by=mia).suspended_at is not None
    assert people.suspend(db, ana.id, by=mia).suspended_at is not None
    for refused in (ada.id, mia.person_id or 0):
        with pytest.raises(NotAllowed):
            people.suspend(db, refused, by=mia)
    with pytest.raises(NotAllowed):
        people.readmit(db, ada.id, by=mia)
    with pytest.raises(NotAllowed):
        people.suspend(db, ana.id, by=Actor(99, frozenset({"advocate"})))


@pytest.mark.parametrize("before", list(TRANSITIONS))
@pytest.mark.parametrize("after", list(AdvocateStatus))
def test_an_advocate_moves_along_the_table_only(
    db: Session, before: AdvocateStatus | None, after: AdvocateStatus
) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM)
    person.advocate_status = before
    db.flush()
    if after == before or after in TRANSITIONS[before]:
        assert people.move_advocate(db, person.id, after, by=SYSTEM).advocate_status is after
    else:
        with pytest.raises(Conflict):
            people.move_advocate(db, person.id, after, by=SYSTEM)


def test_people_change_their_own_data_and_managers_that_of_others(db: Session) -> None:
    ana = people.add_person(db, "Ana", by=SYSTEM)
    company = people.add_company(db, "Acme", by=SYSTEM, domain="ACME.example")
    own = Actor(ana.id, frozenset({"advocate"}))
    people.change_person(
        db, ana.id, by=own, name="Ana B", title="CTO", time_zone="Europe/Lisbon", company_id=company.id
    )
    assert (ana.name, ana.title, ana.time_zone, ana.company_id) == ("Ana B", "CTO", "Europe/Lisbon", None)
    people.change_person(db, ana.id, by=SYSTEM, name="Ana B", company_id=company.id)
    assert ana.company_id == company.id
    with pytest.raises(NotAllowed):
        people.change_person(db, ana.id, by=Actor(ana.id + 1, frozenset({"sales"})), name="Eve")
    with pytest.raises(Invalid):
        people.change_person(db, ana.id, by=own, name="Ana", title="x" * 201)
    with pytest.raises(Invalid):
        people.change_person(db, ana.id, by=own, name="Ana", time_zone="Mars/Olympus")
    with pytest.raises(NotFound):
        people.lock_person(db, 0)
    with pytest.raises(NotFound):
        people.lock_company(db, 0)
    assert people.lock_company(db, company.id).domain == "acme.example"


def test_whoever_is_no_staff_makes_nothing_known(db: Session) -> None:
    advocate = Actor(1, frozenset({"advocate"}))
    for refused in (
        lambda: people.add_person(db, "X", by=advocate),
        lambda: people.add_company(db, "X", by=advocate),
        lambda: people.add_product(db, "X", by=Actor(1, frozenset({"sales"}))),
        lambda: people.add_email(db, 2, "x@example.com", by=advocate),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_what_was_done_is_on_record_without_names(db: Session) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com", roles=["advocate"])
    people.add_product(db, "GTX Pro", by=SYSTEM, series="GTX")
    db.commit()
    lines = db.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [line.action for line in lines] == ["person.add", "email.add", "role.grant", "product.add"]
    assert all("ana" not in str(line.details).lower() for line in lines)
    assert lines[0].subject == f"person:{person.id}"


def test_addresses_find_their_person_and_the_same_one_twice_is_no_second(db: Session) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com")
    assert people.by_address(db, " ANA@EXAMPLE.COM ") is person
    assert people.by_address(db, "bea@example.com") is None
    people.add_email(db, person.id, "ana@Example.com", by=SYSTEM)
    people.verify_email(db, person.id, "ANA@example.com")
    verified = db.scalars(select(PersonEmail.verified_at)).all()
    assert len(verified) == 1
    assert verified[0] is not None


@pytest.mark.parametrize(
    ("employees", "band"),
    [
        (None, None),
        (0, None),
        (1, "1-49"),
        (49, "1-49"),
        (50, "50-499"),
        (499, "50-499"),
        (4999, "500-4999"),
        (5000, "5000+"),
    ],
)
def test_the_size_band_is_the_same_here_and_in_the_database(
    db: Session, employees: int | None, band: str | None
) -> None:
    assert size_band(employees) == band
    assert db.execute(text("SELECT portal_size_band(:n)"), {"n": employees}).scalar() == band


def test_initials() -> None:
    assert [initials(name) for name in ("Ana", "ana maria lima", "Jürgen  Weiß")] == ["A", "AL", "JW"]


def test_locks_come_in_ascending_order(db: Session) -> None:
    ids = [people.add_person(db, name, by=SYSTEM).id for name in ("A", "B", "C")]
    assert [person.id for person in people.lock_people(db, reversed(ids))] == ids
    assert db.get(PersonRole, (ids[0], Role.ADMIN)) is None
    assert db.get(Person, ids[0]) is not None


def test_a_person_whose_addresses_are_all_secondary_is_noticed(db: Session, breaches_expected: list[str]) -> None:
    people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com")
    db.execute(text("UPDATE person_email SET is_primary = false"))
    db.commit()
    breaches_expected.append("people.one_primary")


def test_the_database_refuses_a_second_primary_address(db: Session) -> None:
    person = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com")
    people.add_email(db, person.id, "ana@home.example", by=SYSTEM)
    with pytest.raises(IntegrityError, match="uq_person_email_primary"):
        db.execute(text("UPDATE person_email SET is_primary = true"))

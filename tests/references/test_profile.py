"""The reference profile: tidy, and telling nobody who it is before they accept."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.database.refusal import Invalid, NotAllowed
from portal.people import people
from portal.references import profile
from portal.references.profile import Wanted
from tests.consented import Known


def change(db: Session, who: Known, **said: object) -> Wanted:
    profile.change(db, who.id, Wanted(**said), by=who.actor)  # type: ignore[arg-type]
    db.commit()
    return profile.of(db, who.id)


def test_an_empty_profile_is_a_profile(db: Session, ana: Known) -> None:
    assert profile.of(db, ana.id) == Wanted()
    assert change(db, ana) == Wanted()


def test_what_is_typed_is_kept_tidied(db: Session, ana: Known) -> None:
    for name in ("GTX Pro", "MG Special"):
        people.add_product(db, name, by=SYSTEM)
    kept = change(
        db,
        ana,
        headline="  Nine   depots ",
        about="One  line\n\nand another ",
        products=("MG Special", "GTX Pro"),
        topics=("Moves", " ", "Moves", "Training"),
        languages=("English",),
        company_name_shown=True,
    )
    assert kept == Wanted(
        "Nine depots",
        "One line\n\nand another",
        ("GTX Pro", "MG Special"),
        ("Moves", "Training"),
        ("English",),
        True,
    )


def test_nobody_writes_for_another(db: Session, ana: Known, mia: Known) -> None:
    with pytest.raises(NotAllowed):
        profile.change(db, ana.id, Wanted("Hello"), by=mia.actor)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("headline", {"headline": "x" * 121}),
        ("headline", {"headline": "bell \x07"}),
        ("about", {"about": "x" * 1001}),
        ("topics", {"topics": ("x" * 41,)}),
        ("topics", {"topics": tuple(f"topic {n}" for n in range(13))}),
        ("products", {"products": ("No such product",)}),
        ("headline", {"headline": "Write to ana@harbor.example"}),
        ("about", {"about": "See https://harbor.example"}),
        ("about", {"about": "Call +49 30 1234 5678"}),
        ("headline", {"headline": "Ask Ana Maria Mitchell"}),
        ("about", {"about": "What MITCHELL did"}),
        ("topics", {"topics": ("Mitchell's way",)}),
        ("headline", {"headline": "Depots of harbor freight lines"}),
        ("languages", {"languages": ("Harbor Freight Lines",)}),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(
    db: Session, ana: Known, field: str, said: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as refusal:
        change(db, ana, **said)
    assert refusal.value.field == field
    db.rollback()
    assert profile.of(db, ana.id) == Wanted()


def test_words_that_only_contain_a_name_are_fine(db: Session, ana: Known) -> None:
    assert change(db, ana, headline="Mitchellian harbours, 24 sites in 2025").headline


def test_the_company_may_be_named_where_it_may_be_shown(db: Session, ana: Known) -> None:
    assert change(db, ana, headline="How Harbor Freight Lines moved", company_name_shown=True).headline


def test_who_has_no_company_writes_freely(db: Session, sol: Known) -> None:
    assert change(db, sol, headline="Harbor Freight Lines is a customer of mine").headline


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("headline", "repeat('x', 121)", "ck_reference_profile_headline"),
        ("about", "repeat('x', 1001)", "ck_reference_profile_about"),
        ("topics", "array_fill('x'::text, ARRAY[13])", "ck_reference_profile_lists"),
    ],
)
def test_the_database_keeps_the_limits_too(db: Session, ana: Known, column: str, value: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(text(f"INSERT INTO reference_profile (person_id, {column}) VALUES (:who, {value})"), {"who": ana.id})

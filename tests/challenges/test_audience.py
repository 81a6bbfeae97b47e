"""Whom a challenge is for: what is counted is what is offered, for every rule and its exception."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import audience, challenges, openings, submissions
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.models import AudienceMember, Challenge
from portal.challenges.queries.audiences import named
from portal.challenges.states import State
from portal.database import run
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.people import people
from portal.people.states import AdvocateStatus, Role
from portal.points import levels
from portal.points.models import Level
from portal.references import opportunities, profile
from portal.references.profile import Wanted
from tests.points.earning import earn, who

from .conftest import make
from .test_submissions import stages

Offer = Callable[..., Challenge]
Town = dict[str, Actor]


@pytest.fixture
def town(db: Session, mia: Actor) -> Town:
    """Six advocates: small and large companies of two industries and countries, one without a company; points."""
    found, products = {}, [people.add_product(db, name, by=SYSTEM) for name in ("Atlas", "Boreas")]
    firms = (
        ("Ada", "Logistics", "Germany", 30, 100),
        ("Ben", "Logistics", "France", 300, 600),
        ("Cy", "Retail", "Germany", 30_000, 1200),
        ("Dot", "Retail", "France", None, 0),
        ("Eve", None, None, 40, 2600),
    )
    for name, industry, country, employees, points in firms:
        firm = people.add_company(
            db, f"{name} Works", by=SYSTEM, industry=industry, country=country, employees=employees
        )
        found[name] = make(db, f"{name} Berg", "advocate", company_id=firm.id)
        if points:
            earn(db, found[name], points, subject=f"trial:{name}", by=mia)
    found["Fay"] = make(db, "Fay Stone", "advocate")
    cys = people.lock_person(db, who(found["Cy"])).company_id
    opportunities.add(db, by=SYSTEM, stage="Won", company_id=cys, product_id=products[0].id)
    opportunities.add(db, by=SYSTEM, stage="Lost", company_id=cys, product_id=products[1].id)
    profile.change(db, who(found["Ben"]), Wanted("", "", ("Boreas",), (), (), False), by=found["Ben"])
    db.commit()
    return found


def level(db: Session, name: str) -> int:
    """A level's id."""
    return db.scalars(select(Level.id).where(Level.name == name)).one()


def reached(db: Session, town: Town, challenge: Challenge) -> str:
    """The first letters of those whom a published challenge is offered to."""
    return "".join(
        name[0]
        for name, one in town.items()
        if db.scalar(select(Challenge.id).where(Challenge.id == challenge.id, openings.offered_to(who(one))))
    )


def ids(town: Town, names: str) -> tuple[int, ...]:
    """Who has these first letters."""
    return tuple(who(one) for name, one in town.items() if name[0] in names)


RULES: dict[str, tuple[dict[str, object], str]] = {
    "everybody": ({"for_everybody": True}, "ABCDEF"),
    "nobody": ({}, ""),
    "industry": ({"industries": ("Logistics",)}, "AB"),
    "country": ({"countries": ("Germany", "Japan")}, "AC"),
    "both": ({"industries": ("Logistics",), "countries": ("Germany",)}, "A"),
    "sizes": ({"sizes": ("1-49", "5000+")}, "ACE"),
    "product bought": ({"products": ("Atlas",)}, "C"),
    "product named by oneself": ({"products": ("Boreas", "Atlas")}, "BC"),
    "from a level": ({"from_level": "Silver"}, "BCE"),
    "up to a level": ({"to_level": "Silver"}, "ABDF"),
    "up to the highest": ({"to_level": "Platinum"}, "ABCDEF"),
    "one level": ({"from_level": "Gold", "to_level": "Gold"}, "C"),
    "by name": ({"people": "DF"}, "DF"),
    "rule or name": ({"industries": ("Logistics",), "people": "F"}, "ABF"),
    "all but an industry": ({"for_everybody": True, "not_industries": ("Logistics",)}, "CDEF"),
    "all but a country": ({"for_everybody": True, "not_countries": ("France",)}, "ACEF"),
    "all but small ones": ({"for_everybody": True, "not_sizes": ("1-49",)}, "BCDF"),
    "all but who bought": ({"for_everybody": True, "not_products": ("Atlas",)}, "ABDEF"),
    "all but some names": ({"for_everybody": True, "not_people": "AF"}, "BCDE"),
    "name before exception": ({"for_everybody": True, "not_industries": ("Retail",), "people": "D"}, "ABDEF"),
    "rule, exception, names": (
        {"countries": ("Germany", "France"), "not_sizes": ("5000+",), "not_people": "B", "people": "E"},
        "ADE",
    ),
}


def chosen(db: Session, town: Town, rule: dict[str, object]) -> Audience:
    """A rule as an audience."""
    said = dict(rule)
    for name in ("people", "not_people"):
        said[name] = ids(town, str(said.get(name, "")))
    for name in ("from_level", "to_level"):
        if name in said:
            said[f"{name}_id"] = level(db, str(said.pop(name)))
    return Audience(**said)  # type: ignore[arg-type]


def test_what_is_counted_is_what_is_offered(db: Session, mia: Actor, town: Town, offer: Offer) -> None:
    made = offer(("confirm", 5))
    found = {}
    for name, (rule, expected) in RULES.items():
        whom = chosen(db, town, rule)
        audience.aim(db, made, whom)
        if not whom.is_chosen:
            db.rollback()
            found[name] = (str(audience.size(db, whom)), "") == ("0", expected)
            continue
        db.flush()
        found[name] = (audience.size(db, whom), reached(db, town, made)) == (len(expected), expected)
        db.rollback()
    assert [name for name, right in found.items() if not right] == []


def test_the_count_ends_at_its_cap(db: Session, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CAP", 3)
    assert audience.size(db, EVERYBODY) == 3
    assert audience.size(db, Audience(industries=("Logistics",), people=ids(town, "DEF"))) == 3
    assert audience.size(db, Audience(for_everybody=True, not_people=ids(town, "ABCD"))) == 2


def test_it_follows_people_companies_roles_profiles_and_deals(db: Session, mia: Actor, town: Town) -> None:
    def row(name: str) -> tuple[object, ...] | None:
        found = db.execute(
            select(
                AudienceMember.industry, AudienceMember.country, AudienceMember.size_band, AudienceMember.products
            ).where(AudienceMember.person_id == who(town[name]))
        ).one_or_none()
        return tuple(found) if found else None

    company = people.lock_person(db, who(town["Ada"])).company_id
    assert company is not None
    firm = people.lock_company(db, company)
    firm.industry, firm.employees = "Mining", 600
    db.commit()
    assert row("Ada") == ("Mining", "Germany", "500-4999", [])
    people.change_person(db, who(town["Ada"]), by=mia, name="Ada Berg", company_id=_company(db, town["Cy"]))
    db.commit()
    assert row("Ada") == ("Retail", "Germany", "5000+", ["Atlas"])
    db.execute(text("UPDATE opportunity SET stage = 'Lost'"))
    profile.change(db, who(town["Ada"]), Wanted("", "", ("Boreas",), (), (), False), by=town["Ada"])
    db.commit()
    assert (row("Ada"), row("Cy")) == (("Retail", "Germany", "5000+", ["Boreas"]), ("Retail", "Germany", "5000+", []))
    people.suspend(db, who(town["Ada"]), by=mia)
    people.move_advocate(db, who(town["Ben"]), AdvocateStatus.LEFT, by=mia)
    people.revoke_role(db, who(town["Cy"]), Role.ADVOCATE, by=mia)
    people.move_advocate(db, who(town["Dot"]), AdvocateStatus.PAUSED, by=mia)
    db.commit()
    assert [row(name) is None for name in ("Ada", "Ben", "Cy", "Dot")] == [True, True, True, False]
    people.readmit(db, who(town["Ada"]), by=mia)
    people.grant_role(db, who(town["Cy"]), Role.ADVOCATE, by=mia)
    db.commit()
    assert row("Ada") is not None
    assert row("Cy") is not None


def _company(db: Session, one: Actor) -> int:
    company = people.lock_person(db, who(one)).company_id
    assert company is not None
    return company


def test_who_is_not_meant_cannot_start_and_who_began_may_finish(
    db: Session, mia: Actor, town: Town, offer: Offer
) -> None:
    made = offer(("confirm", 5), audience=Audience(industries=("Logistics",), not_people=ids(town, "B")))
    for name in ("Ben", "Cy"):
        with pytest.raises(NotFound):
            submissions.start(db, made.id, by=town[name])
        db.rollback()
    begun = submissions.start(db, made.id, by=town["Ada"])
    db.commit()
    audience.aim(db, challenges.lock_challenge(db, made.id), Audience(people=ids(town, "C")))
    db.commit()
    with pytest.raises(NotFound):
        submissions.start(db, made.id, by=town["Fay"])
    db.rollback()
    stage = stages(db, begun)[0].stage_id
    assert submissions.submit(db, begun.id, stage, {}, by=town["Ada"]).state is State.APPROVED
    db.commit()


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"sizes": ("huge",)}, "sizes"),
        ({"from_level_id": 987654321}, "from_level_id"),
        ({"people": (1,), "not_people": (1,)}, "not_people"),
        ({"people": tuple(range(1, 202))}, "people"),
    ],
)
def test_an_audience_that_cannot_be_is_refused(
    db: Session, mia: Actor, rule: dict[str, tuple[object, ...]], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        challenges.create(db, "For whom", by=mia, audience=Audience(**rule))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_levels_of_an_audience_keep_their_order_and_stay(db: Session, mia: Actor) -> None:
    wrong = Audience(from_level_id=level(db, "Gold"), to_level_id=level(db, "Silver"))
    with pytest.raises(Invalid, match="last level lies below"):
        challenges.create(db, "For whom", by=mia, audience=wrong)
    challenges.create(db, "For whom", by=mia, audience=Audience(from_level_id=level(db, "Gold")))
    db.commit()
    gold, mine = level(db, "Gold"), mia
    db.rollback()
    with pytest.raises(Conflict, match="meant for people on this level"):
        run(lambda session: levels.remove(session, gold, by=mine))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("people = ARRAY[987654321]", "audience_named"),
        ("not_people = ARRAY[987654321]", "audience_named"),
        ("people = ARRAY[{ana}], not_people = ARRAY[{ana}]", "ck_challenge_people"),
        ("people = array_fill({ana}, ARRAY[201])", "ck_challenge_people"),
        ("not_sizes = ARRAY['huge']", "ck_challenge_sizes"),
        ("for_everybody = false, not_people = ARRAY[{ana}]", "ck_challenge_published"),
        ("from_level_id = 987654321", "fk_challenge_from_level_id_level"),
    ],
)
def test_the_database_refuses_it_too(db: Session, ana: Actor, story: Challenge, change: str, constraint: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql("UPDATE challenge SET " + change.format(ana=who(ana)))
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_people_are_named_by_any_of_their_addresses(db: Session, ana: Actor, kofi: Actor) -> None:
    people.add_email(db, who(ana), "second@advocate.example", by=SYSTEM)
    db.commit()
    given = "Ana@advocate.example\n\n second@advocate.example \nKOFI@advocate.example"
    assert named(db, given, "people") == (who(ana), who(kofi))
    assert named(db, " \n", "people") == ()
    with pytest.raises(Invalid, match=r"Nobody here has this address: nora@x\.example"):
        named(db, "ana@advocate.example\nnora@x.example", "people")
    with pytest.raises(Invalid, match="at most 200"):
        named(db, "\n".join(f"p{number}@x.example" for number in range(201)), "people")

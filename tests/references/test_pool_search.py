"""Searching the pool: who is found, in which order, with which counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.references import pool, pool_search, pool_sql, profile
from portal.references.opportunities import Prospect
from portal.references.pool_search import Candidate, Found
from portal.references.pool_sql import Filters
from portal.references.profile import Wanted
from portal.web.paging import Cursor
from tests.asking import ask
from tests.conftest import Superuser
from tests.consented import BOTH, Known, agree, make_advocate, make_company

DEAL = Prospect("Brightline", "Logistics", "Germany", "500-4999", "GTX Pro")


@pytest.fixture
def people_of_the_pool(db: Session) -> dict[str, Known]:
    """Four who agreed, from four kinds of company."""
    for name in ("GTX Pro", "MG Special"):
        people.add_product(db, name, by=SYSTEM)
    made = {}
    for name, industry, country, employees, products, topics in (
        ("Ana Mitchell", "Logistics", "Germany", 900, ("GTX Pro",), ("Migration",)),
        ("Bo Nilsen", "Logistics", "Norway", 30, ("MG Special",), ("Café reporting",)),
        ("Cy Owusu", "Retail", "Germany", 800, ("GTX Pro", "MG Special"), ("Migration", "Security")),
        ("Di Patel", "Finance", "India", 9000, (), ()),
    ):
        company = make_company(db, f"{name}'s place", industry=industry, country=country, employees=employees)
        made[name[:2].lower()] = who = make_advocate(db, name, company_id=company.id)
        profile.change(db, who.id, Wanted(products=products, topics=topics), by=who.actor)
        agree(db, who)
    db.commit()
    return made


def found(db: Session, filters: Filters | None = None, **more: object) -> Found:
    return pool_search.search(db, filters or Filters(), **more)  # type: ignore[arg-type]


def names(result: Found) -> list[str]:
    return [who.initials for who in result.page.rows]


def counted(result: Found, facet: str) -> dict[str, int]:
    return {value.value: value.entries for value in result.facets[facet]}


pytestmark = pytest.mark.usefixtures("people_of_the_pool")


def test_without_a_deal_the_fullest_profile_comes_first(db: Session) -> None:
    result = found(db)
    assert names(result)[-1] == "D. P."
    assert (result.total, result.more) == (4, False)
    assert [who.completeness for who in result.page.rows] == sorted(
        (who.completeness for who in result.page.rows), reverse=True
    )


def test_nothing_that_is_found_names_anybody(db: Session) -> None:
    told = str([astuple(who) for who in found(db, deal=DEAL).page.rows])
    assert not any(name in told for name in ("Mitchell", "Nilsen", "Owusu", "Patel", "place"))


@pytest.mark.parametrize(
    ("filters", "who"),
    [
        (Filters(industry=("Logistics",)), {"A. M.", "B. N."}),
        (Filters(industry=("Logistics", "Finance")), {"A. M.", "B. N.", "D. P."}),
        (Filters(industry=("Logistics",), country=("Norway",)), {"B. N."}),
        (Filters(size=("500-4999",)), {"A. M.", "C. O."}),
        (Filters(product=("MG Special",)), {"B. N.", "C. O."}),
        (Filters(words="migrating"), {"A. M.", "C. O."}),
        (Filters(words="cafe"), {"B. N."}),
        (Filters(words="migration -security"), {"A. M."}),
        (Filters(words="Mitchell"), set()),
        (Filters(words='"); DROP TABLE person; --'), set()),
        (Filters(industry=("' OR true --",)), set()),
        (Filters(words="% _ \\ '"), set()),
    ],
)
def test_filters_and_words_narrow_the_search(db: Session, filters: Filters, who: set[str]) -> None:
    assert set(names(found(db, filters))) == who


def test_a_deal_is_met_by_how_much_is_shared_and_says_why(db: Session) -> None:
    rows = found(db, deal=DEAL).page.rows
    assert [(who.initials, who.fit) for who in rows] == [("A. M.", 4), ("C. O.", 3), ("B. N.", 1), ("D. P.", 0)]
    assert rows[1].reasons == ("country", "size", "product")


def test_a_deal_of_which_little_is_known_works_too(db: Session) -> None:
    assert found(db, deal=Prospect(None, None, None, None, None)).total == 4
    assert names(found(db, deal=Prospect(None, "Retail", None, None, None)))[0] == "C. O."


def test_a_deal_finds_only_who_agreed_to_its_audience(db: Session, people_of_the_pool: dict[str, Known]) -> None:
    ana, bo = people_of_the_pool["an"], people_of_the_pool["bo"]
    consents.withdraw(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    consents.withdraw(db, bo.id, [OTHER_INDUSTRIES], by=bo.actor)
    db.commit()
    assert "A. M." not in names(found(db, deal=DEAL))
    assert "B. N." in names(found(db, deal=DEAL))
    retail = Prospect(None, " retail", None, None, None)
    assert "A. M." in names(found(db, deal=retail))
    assert "B. N." not in names(found(db, deal=retail))
    assert "B. N." not in names(found(db, deal=Prospect(None, None, None, None, None)))
    assert found(db).total == 4


def test_among_equals_whoever_was_asked_longest_ago_comes_first(
    db: Session, people_of_the_pool: dict[str, Known], rep: Known, at: Callable[[str], None]
) -> None:
    began = now(db)
    twin = make_advocate(db, "Zoe Abel", company_id=people_of_the_pool["an"].company_id)
    profile.change(db, twin.id, Wanted(products=("GTX Pro",), topics=("Migration",)), by=twin.actor)
    agree(db, twin)
    ask(db, people_of_the_pool["an"], rep)
    db.commit()
    assert names(found(db, deal=DEAL))[:2] == ["Z. A.", "A. M."]
    at((began + timedelta(days=20)).isoformat())
    ask(db, twin, rep)
    assert names(found(db, deal=DEAL))[:2] == ["A. M.", "Z. A."]


def test_who_left_or_whose_time_is_up_is_not_found(
    db: Session, people_of_the_pool: dict[str, Known], at: Callable[[str], None]
) -> None:
    ana = people_of_the_pool["an"]
    consents.withdraw(db, ana.id, by=ana.actor)
    assert "A. M." not in names(found(db))
    at((now(db) + timedelta(days=366)).isoformat())
    assert found(db).total == 0, "also before the job has run"
    assert pool_search.nearest(db, Filters(industry=("Retail",))) == []


def test_each_facet_counts_what_another_choice_of_it_would_find(db: Session) -> None:
    result = found(db, Filters(industry=("Logistics",), country=("Germany",)))
    assert names(result) == ["A. M."]
    assert counted(result, "industry") == {"Logistics": 1, "Retail": 1}
    assert counted(result, "country") == {"Germany": 1, "Norway": 1}
    assert counted(result, "size") == {"500-4999": 1}
    assert counted(result, "product") == {"GTX Pro": 1}
    assert [value.checked for value in result.facets["industry"]] == [True, False]


def test_a_choice_that_finds_nothing_stays_to_be_taken_back(db: Session) -> None:
    assert counted(found(db, Filters(industry=("Mining",))), "industry")["Mining"] == 0


def test_sizes_stand_in_their_own_order(db: Session) -> None:
    assert [value.value for value in found(db).facets["size"]] == ["1-49", "500-4999", "5000+"]


def test_a_facet_shows_its_most_frequent_values_and_those_chosen(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_search, "_MOST_VALUES", 2)
    result = found(db, Filters(industry=("Finance",)))
    assert list(counted(result, "industry")) == ["Logistics", "Finance"]


def pages(db: Session, **more: object) -> list[str]:
    seen: list[str] = []
    after: Cursor | None = None
    for _ in range(10):
        result = found(db, after=after, limit=1, **more)
        seen += names(result)
        after = result.page.after
        if after is None:
            break
    return seen


@pytest.mark.parametrize("deal", [None, DEAL])
@pytest.mark.parametrize("most", [2000, 1])
def test_pages_follow_each_other_without_a_gap_also_in_a_large_pool(
    db: Session,
    people_of_the_pool: dict[str, Known],
    rep: Known,
    monkeypatch: pytest.MonkeyPatch,
    deal: Prospect | None,
    most: int,
) -> None:
    ask(db, people_of_the_pool["an"], rep)
    for name in ("Ed One", "Flo Two"):
        twin = make_advocate(db, name, company_id=people_of_the_pool["an"].company_id)
        profile.change(db, twin.id, Wanted(products=("GTX Pro",), topics=("Migration",)), by=twin.actor)
        agree(db, twin)
    db.commit()
    monkeypatch.setattr(pool_sql, "MOST_COUNTED", most)
    whole = names(found(db, deal=deal))
    assert len(whole) == 6
    assert pages(db, deal=deal) == whole
    assert pages(db, deal=deal, filters=Filters(industry=("Logistics", "Retail"))) == [
        who for who in whole if who != "D. P."
    ]


@pytest.mark.parametrize(
    "deal",
    [
        DEAL,
        Prospect(None, "Logistics", "Germany", "500-4999", None),
        Prospect(None, "Logistics", None, None, None),
        Prospect(None, None, None, None, None),
    ],
)
def test_a_large_pool_gives_the_same_order_as_a_small_one(
    db: Session, monkeypatch: pytest.MonkeyPatch, deal: Prospect
) -> None:
    small = [(who.initials, who.fit) for who in found(db, deal=deal).page.rows]
    monkeypatch.setattr(pool_sql, "MOST_COUNTED", 1)
    assert [(who.initials, who.fit) for who in found(db, deal=deal).page.rows] == small


def test_a_large_pool_says_that_there_are_more_and_reads_the_counts_of_the_job(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.count_facets(db)
    monkeypatch.setattr(pool_sql, "MOST_COUNTED", 2)
    result = found(db)
    assert (result.total, result.more) == (2, True)
    assert counted(result, "industry") == {"Logistics": 2, "Finance": 1, "Retail": 1}
    assert not result.facets["industry"][0].least
    narrowed = found(db, Filters(words="migration OR cafe"))
    assert narrowed.facets["industry"][0].least


def test_where_nobody_matches_the_nearest_are_those_who_meet_most(db: Session) -> None:
    wish = Filters(industry=("Logistics",), country=("India",), words="migration")
    assert found(db, wish).total == 0
    assert next(who.initials for who in pool_search.nearest(db, wish)) == "A. M."
    assert pool_search.nearest(db, Filters(industry=("Mining",))) == []
    assert pool_search.nearest(db, Filters()) == []


def test_any_of_the_words_makes_somebody_near(db: Session) -> None:
    assert [who.initials for who in pool_search.nearest(db, Filters(words="security zebra"))] == ["C. O."]


def test_search_and_nearest_are_one_statement_each(
    db: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    wish = Filters(industry=("Logistics",), country=("Norway",), words="x")
    assert count_queries(lambda: found(db, wish, deal=DEAL)) == 1
    assert count_queries(lambda: pool_search.nearest(db, wish, deal=DEAL)) == 1


def test_the_indexes_serve_the_search(db: Session, superuser: Superuser) -> None:
    db.execute(text("SET LOCAL enable_seqscan = off"))
    expected = {
        "ix_pool_entry_industry": Filters(industry=("Logistics",)),
        "ix_pool_entry_country": Filters(country=("Norway",)),
        "ix_pool_entry_products": Filters(product=("GTX Pro",)),
        "ix_pool_entry_search": Filters(words="migration"),
    }
    for index, filters in expected.items():
        plan = db.execute(
            text(f"EXPLAIN {pool_sql.statement(filters, None, None)}"), pool_sql.parameters(filters, None, None, 20)
        )
        assert index in "\n".join(plan.scalars()), index


def test_a_candidate_is_what_may_be_seen_and_no_more() -> None:
    seen = set(Candidate.__dataclass_fields__)
    assert not seen & {"name", "email", "address", "company_id"}
    assert set(BOTH) == {SAME_INDUSTRY, OTHER_INDUSTRIES}

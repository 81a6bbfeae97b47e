"""Searches that a rep keeps: theirs alone, opened, renamed and deleted by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.references import saved_searches
from portal.references.models.searches import MOST_SEARCHES, SavedSearch
from portal.references.pool_sql import Filters
from tests.browsing import Browser
from tests.consented import Known

Browse = Callable[[Known], Browser]
WISH = Filters(activity=("site_visit",), industry=("Logistics", "Retail"), size=("50-499",), words="depots")
KEEP = "/sales/find/searches/new"


def test_a_search_is_kept_with_all_that_was_chosen(db: Session, rep: Known) -> None:
    saved_searches.save(db, "  Visits  in logistics ", WISH, by=rep.actor)
    db.commit()
    (mine,) = saved_searches.of(db, by=rep.actor)
    assert mine.name == "Visits in logistics"
    assert saved_searches.filters_of(mine) == WISH


def test_a_name_is_given_once_whatever_its_capitals(db: Session, rep: Known, other: Known) -> None:
    first = saved_searches.save(db, "Mine", WISH, by=rep.actor)
    assert saved_searches.save(db, "Mine", WISH, by=rep.actor).id == first.id, "a second click"
    with pytest.raises(Conflict) as refused:
        saved_searches.save(db, "MINE", Filters(words="rollout"), by=rep.actor)
    assert refused.value.field == "name"
    second = saved_searches.save(db, "Theirs", Filters(words="rollout"), by=rep.actor)
    with pytest.raises(Conflict):
        saved_searches.rename(db, second.public_id, "mine", by=rep.actor)
    saved_searches.rename(db, second.public_id, "THEIRS", by=rep.actor)
    saved_searches.save(db, "Mine", Filters(words="rollout"), by=other.actor)
    db.commit()
    assert [search.name for search in saved_searches.of(db, by=rep.actor)] == ["Mine", "THEIRS"]
    assert saved_searches.filters_of(saved_searches.of(db, by=rep.actor)[0]) == WISH


def test_nobody_sees_or_changes_the_search_of_another(db: Session, rep: Known, other: Known, mia: Known) -> None:
    search = saved_searches.save(db, "Mine", WISH, by=rep.actor)
    db.commit()
    for somebody in (other, mia):
        assert not saved_searches.of(db, by=somebody.actor)
        with pytest.raises(NotFound):
            saved_searches.one(db, search.public_id, by=somebody.actor)
        with pytest.raises(NotFound):
            saved_searches.rename(db, search.public_id, "Yours", by=somebody.actor)
        with pytest.raises(NotFound):
            saved_searches.remove(db, search.public_id, by=somebody.actor)
    saved_searches.remove(db, search.public_id, by=rep.actor)
    with pytest.raises(NotFound):
        saved_searches.remove(db, search.public_id, by=rep.actor)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x07b"])
def test_a_name_has_to_be_one(db: Session, rep: Known, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        saved_searches.save(db, name, WISH, by=rep.actor)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    "wanted",
    [
        Filters(),
        Filters(industry=tuple(str(number) for number in range(21))),
        Filters(industry=("\x00",)),
        Filters(words="x" * 201),
        Filters(industry=("x" * 8000,)),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(db: Session, rep: Known, wanted: Filters) -> None:
    with pytest.raises(Invalid):
        saved_searches.save(db, "All", wanted, by=rep.actor)


def test_the_largest_search_that_is_taken_fits(db: Session, rep: Known) -> None:
    wide = ('"\\' * 99,)
    saved_searches.save(db, "Wide", Filters(*[wide * 2] * 5), by=rep.actor)
    db.commit()


def test_advocates_keep_none(db: Session, ana: Known) -> None:
    with pytest.raises(NotAllowed):
        saved_searches.save(db, "All", WISH, by=ana.actor)


def test_nobody_keeps_more_than_there_are_places(db: Session, rep: Known) -> None:
    for number in range(MOST_SEARCHES):
        saved_searches.save(db, f"Search {number}", WISH, by=rep.actor)
    with pytest.raises(LimitReached):
        saved_searches.save(db, "One more", WISH, by=rep.actor)
    gone = saved_searches.of(db, by=rep.actor)[4].public_id
    saved_searches.remove(db, gone, by=rep.actor)
    saved_searches.save(db, "One more", WISH, by=rep.actor)
    db.commit()
    assert len(saved_searches.of(db, by=rep.actor)) == MOST_SEARCHES


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("name, nth, words", "'', 2, 'x'"),
        ("name, nth, words", "'x', 0, 'x'"),
        ("name, nth, words", "'x', 21, 'x'"),
        ("name, nth", "'x', 2"),
        ("name, nth, words", "'mINE', 2, 'x'"),
        ("name, nth, words", "'x', 1, 'x'"),
        ("name, nth, words", "'x', 2, repeat('x', 201)"),
        ("name, nth, industry", "'x', 2, array_fill('x'::text, ARRAY[21])"),
        ("name, nth, industry", "'x', 2, ARRAY[repeat('x', 8000)]"),
    ],
)
def test_what_makes_no_sense_cannot_be_stored(db: Session, rep: Known, columns: str, values: str) -> None:
    saved_searches.save(db, "Mine", WISH, by=rep.actor)
    db.commit()
    with pytest.raises(IntegrityError, match="saved_search"):
        db.execute(text(f"INSERT INTO saved_search (person_id, {columns}) VALUES (:who, {values})"), {"who": rep.id})
    db.rollback()


def test_a_search_is_kept_opened_renamed_and_deleted_by_plain_forms(
    db: Session, rep: Known, ana: Known, browse: Browse
) -> None:
    browser, query = browse(rep), "activity=reference_call&activity=site_visit&industry=Logistics&text=depots"
    assert "No search is kept yet" in browser.get("/sales/find/searches").text
    found = unescape(browser.get(f"/sales/find?{query}").text)
    assert f'href="{KEEP}?{query}"' in found
    page = browser.get(f"{KEEP}?{query}").text
    assert "Reference calls · Site visits · Logistics · “depots”" in page
    held = unescape(re.search(r'name="search"[^>]*value="([^"]+)"', page)[1])  # type: ignore[index]
    assert browser.post(KEEP, KEEP, name="Depots", search=held).status_code == 303
    listed = unescape(browser.get("/sales/find/searches").text)
    (href,) = set(re.findall(r'href="(/sales/find\?[^"]+)"', listed))
    assert parse_qs(urlsplit(href).query) == parse_qs(query)
    assert browser.get(href).status_code == 200
    search = db.scalars(select(SavedSearch.public_id)).one()
    db.rollback()
    one = f"/sales/find/searches/{search}"
    assert browser.post(one, one, name="Depots of Germany").status_code == 303
    assert "Depots of Germany" in browser.get("/sales/find/searches").text
    assert browser.post(f"{one}/removal", one).status_code == 303
    assert "No search is kept yet" in browser.get("/sales/find/searches").text
    assert browser.post(f"/sales/find/searches/{uuid4()}/removal", "/sales/find/searches").status_code == 404


def test_a_name_that_is_refused_stays_on_the_form(db: Session, rep: Known, browse: Browse) -> None:
    browser = browse(rep)
    saved_searches.save(db, "Mine", WISH, by=rep.actor)
    db.commit()
    for name, search, status in (
        ("x" * 81, "industry=Logistics", 422),
        ("mine", "industry=Logistics", 409),
        ("Other", "", 422),
        ("Other", "industry=%00", 422),
    ):
        answer = browser.post(KEEP, KEEP, name=name, search=search)
        assert answer.status_code == status, search
        assert f'value="{name}"' in answer.text
    assert browser.post(KEEP, KEEP, name="", search="industry=Logistics").status_code == 422
    assert db.scalar(text("SELECT count(*) FROM saved_search")) == 1

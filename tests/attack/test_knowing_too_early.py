"""Ways to learn who an advocate is before they accept, or after they have left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents
from portal.database.refusal import Conflict, Invalid
from portal.people import people
from portal.people.states import AdvocateStatus
from portal.references import calls, contact, pool_search, profile
from portal.references.models.pool import PoolEntry
from portal.references.pool_sql import Filters
from portal.references.profile import Wanted
from portal.references.queries.tracker import tracker
from tests.asking import accepted, ask
from tests.consented import BOTH, Known, agree, make_advocate, make_company, make_staff


def _found(db: Session, words: str) -> int:
    return pool_search.search(db, Filters(words=words)).total


@pytest.mark.parametrize(
    "title",
    [
        "Head of IT, Harbor Freight",
        "VP @ HARBOR-FREIGHT",
        "Ana Mitchell, IT",
        "IT, ana@harbor.example",
        "see www.harbor.io",
    ],
)
def test_a_title_that_tells_who_it_is_is_not_shown_before_acceptance(db: Session, title: str) -> None:
    harbor, tom = make_company(db, "Harbor Freight"), make_staff(db, "Tom Reyes", "sales")
    ana = make_advocate(db, "Ana Mitchell", company_id=harbor.id, title=title)
    agree(db, ana)
    db.commit()
    assert db.scalars(select(PoolEntry.title)).one() is None
    assert _found(db, "harbor") == _found(db, "ana") == _found(db, "mitchell") == 0
    request = ask(db, ana, tom)
    db.commit()
    assert tracker(db, request.public_id, by=tom.actor).asked[0].title is None
    db.rollback()


def test_a_title_is_shown_with_the_company_where_both_may_be(db: Session) -> None:
    harbor = make_company(db, "Harbor Freight")
    ana = make_advocate(db, "Ana Mitchell", company_id=harbor.id, title="Head of IT, Harbor Freight")
    plain = make_advocate(db, "Ben Okoro", company_id=harbor.id, title="Head of Harbor Services")
    agree(db, ana, company_name_ok=True)
    agree(db, plain)
    db.commit()
    shown = db.scalars(select(PoolEntry.title).order_by(PoolEntry.person_id)).all()
    assert shown == ["Head of IT, Harbor Freight", "Head of Harbor Services"]


def test_words_written_while_the_company_was_shown_go_when_it_is_hidden(db: Session) -> None:
    harbor = make_company(db, "Harbor Freight")
    ana = make_advocate(db, "Ana Mitchell", company_id=harbor.id)
    agree(db, ana, company_name_ok=True)
    said = Wanted(
        headline="How Harbor Freight moved", about="At Harbor Freight.", topics=("Harbor Freight", "Moving"),
        company_name_shown=True,
    )  # fmt: skip
    profile.change(db, ana.id, said, by=ana.actor)
    db.commit()
    assert _found(db, "harbor") == 1
    agree(db, ana, company_name_ok=False)
    db.commit()
    entry = db.scalars(select(PoolEntry).execution_options(populate_existing=True)).one()
    assert (entry.headline, entry.about, entry.topics, entry.company_name) == (None, None, ["Moving"], None)
    assert _found(db, "harbor") == 0


def test_the_company_is_shown_only_where_the_receipt_says_so(db: Session) -> None:
    harbor = make_company(db, "Harbor Freight")
    ana = make_advocate(db, "Ana Mitchell", company_id=harbor.id)
    agree(db, ana)
    db.commit()
    with pytest.raises(Invalid, match="without your company"):
        profile.change(db, ana.id, Wanted(company_name_shown=True), by=ana.actor)
    db.rollback()
    assert db.scalars(select(PoolEntry.company_name)).one() is None
    agree(db, ana, company_name_ok=True)
    profile.change(db, ana.id, Wanted(), by=ana.actor)
    profile.change(db, ana.id, Wanted(company_name_shown=True), by=ana.actor)
    db.commit()
    assert db.scalars(select(PoolEntry.company_name)).one() == "Harbor Freight"


def test_the_company_is_hidden_where_one_audience_was_agreed_to_without_it(db: Session) -> None:
    harbor = make_company(db, "Harbor Freight")
    ana = make_advocate(db, "Ana Mitchell", company_id=harbor.id)
    agree(db, ana, BOTH[:1])
    agree(db, ana, BOTH[1:], company_name_ok=True)
    db.commit()
    assert db.scalars(select(PoolEntry.company_name)).one() is None


def test_contact_closes_with_the_consent_also_after_the_call(db: Session) -> None:
    ana, tom = make_advocate(db, "Ana Mitchell", email="ana@example.com"), make_staff(db, "Tom Reyes", "sales")
    agree(db, ana)
    request, assignment, call = accepted(db, ana, tom)
    calls.confirm_held(db, call.id, by=tom.actor)
    db.commit()
    assert contact.of(db, assignment.id, viewer=tom.actor) is not None
    assert tracker(db, request.public_id, by=tom.actor).asked[0].contact is not None
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert contact.of(db, assignment.id, viewer=tom.actor) is None
    assert tracker(db, request.public_id, by=tom.actor).asked[0].contact is None


@pytest.mark.parametrize("how", ["suspended", "left", "without the role"])
def test_nobody_asks_who_is_not_in_the_program_any_more(db: Session, how: str) -> None:
    ana, tom = make_advocate(db, "Ana Mitchell"), make_staff(db, "Tom Reyes", "sales")
    agree(db, ana)
    db.commit()
    _leave(db, ana, how)
    db.commit()
    with pytest.raises(Conflict):
        ask(db, ana, tom, needed_by=now(db).date() + timedelta(days=5))
    db.rollback()
    assert db.scalar(text("SELECT count(*) FROM ask")) == 0


def _leave(db: Session, who: Known, how: str) -> None:
    if how == "suspended":
        people.suspend(db, who.id, by=SYSTEM)
    elif how == "left":
        people.move_advocate(db, who.id, AdvocateStatus.LEFT, by=SYSTEM)
    else:
        people.revoke_role(db, who.id, "advocate", by=SYSTEM)

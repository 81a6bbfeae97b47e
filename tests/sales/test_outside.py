"""A call that was arranged without the portal counts, once, and tells nobody who takes part."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents
from portal.database.refusal import Invalid, LimitReached, NotAllowed
from portal.points import balance
from portal.references import fatigue, outside
from portal.references.models import Ask
from tests.asking import ask
from tests.consented import Known
from tests.sales.conftest import Browse

PAGE = "/sales/outside"


def test_it_counts_once_for_a_day_and_pays_nothing(db: Session, ana: Known, rep: Known, mia: Known) -> None:
    day = now(db).date() - timedelta(days=3)
    noted = {outside.note(db, address, day, by=who.actor) for address in ("ana@harbor.example", " ANA@harbor.example")
             for who in (rep, mia)}  # fmt: skip
    db.commit()
    assert len(noted) == 1
    load = fatigue.load_of(db, ana.id)
    assert (load.asks, load.askable) == (1, False)
    assert balance.of(db, ana.id).available == 0
    with pytest.raises(LimitReached):
        ask(db, ana, rep)
    db.rollback()
    outside.note(db, "ana@harbor.example", day - timedelta(days=1), by=rep.actor)
    db.commit()
    assert fatigue.load_of(db, ana.id).asks == 2, "another day is another ask"


def test_it_is_marked_with_whether_they_agreed(db: Session, ana: Known, rep: Known) -> None:
    outside.note(db, "ana@harbor.example", now(db).date(), by=rep.actor)
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    outside.note(db, "ana@harbor.example", now(db).date() - timedelta(days=1), by=rep.actor)
    db.commit()
    assert db.scalars(select(Ask.agreed).order_by(Ask.id)).all() == [True, False]


def test_who_does_not_take_part_is_not_noted(db: Session, rep: Known, mia: Known) -> None:
    for address in ("nobody@else.example", "mia@northstar.example"):
        assert outside.note(db, address, now(db).date(), by=rep.actor) is None
    assert db.scalars(select(Ask)).all() == []


@pytest.mark.parametrize("days", [-367, 1])
def test_a_day_that_counts_for_nothing_is_refused(db: Session, ana: Known, rep: Known, days: int) -> None:
    with pytest.raises(Invalid, match="twelve months"):
        outside.note(db, "ana@harbor.example", now(db).date() + timedelta(days=days), by=rep.actor)
    with pytest.raises(NotAllowed):
        outside.note(db, "ana@harbor.example", now(db).date(), by=ana.actor)


def test_the_database_keeps_a_second_one_out(db: Session, ana: Known, rep: Known) -> None:
    outside.note(db, "ana@harbor.example", now(db).date(), by=rep.actor)
    db.commit()
    with pytest.raises(IntegrityError, match="uq_ask_outside"):
        db.execute(
            text(
                "INSERT INTO ask (person_id, activity_type_id, source, asked_at)"
                " SELECT person_id, activity_type_id, source, asked_at FROM ask"
            )
        )


def test_the_page_answers_the_same_for_known_and_unknown(db: Session, ana: Known, rep: Known, browse: Browse) -> None:
    browser, today = browse(rep), now(db).date().isoformat()
    assert "A call from outside" in browser.get("/sales/requests").text
    answers = [
        browser.post(PAGE, PAGE, email=address, day=today)
        for address in ("ana@harbor.example", "nobody@else.example", "ana@harbor.example")
    ]
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(303, "/sales/requests")] * 3
    assert db.scalars(select(Ask.person_id)).all() == [ana.id]


@pytest.mark.parametrize(
    ("email", "day"),
    [("", "2026-01-01"), ("no address", "2026-11-20"), ("a@b.example", "soon"), ("a@b.example", "9999-12-31"),
     ("a@b.example", "0001-01-01"), ("<script>@b.example", "2026-11-20"), ("x" * 255 + "@b.example", "2026-11-20")],
)  # fmt: skip
def test_bad_input_is_refused_and_kept(db: Session, rep: Known, browse: Browse, email: str, day: str) -> None:
    answer = browse(rep).post(PAGE, PAGE, email=email, day=day)
    assert answer.status_code == 422
    assert day in answer.text
    assert "<script>" not in answer.text.split("<main")[1]
    assert db.scalars(select(Ask)).all() == []

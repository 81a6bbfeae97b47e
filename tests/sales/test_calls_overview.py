"""What a manager opens in the morning: what is due, who has not answered, who was asked how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.clock import now
from portal.database.refusal import Conflict, NotAllowed
from portal.references import answers, reminders, times
from portal.references.models import CallTime
from portal.references.queries import overview
from tests.asking import accepted, ask, assignment_of, messages_to, travel
from tests.browsing import Browser
from tests.consented import Known, agree, make_advocate

Browse = Callable[[Known], Browser]
START = datetime(2026, 10, 6, 9, tzinfo=UTC)


def crowd(db: Session, size: int, *, company_id: int | None = None) -> list[Known]:
    """Advocates who agreed to calls."""
    found = [make_advocate(db, f"Number {'abcdefgh'[n].title()}.", company_id=company_id) for n in range(size)]
    for one in found:
        agree(db, one)
    db.commit()
    return found


def dated(db: Session, who: Known, rep: Known, in_hours: int) -> None:
    """A call with an agreed time."""
    _request, _assignment, call = accepted(db, who, rep)
    times.offer(db, call.id, [now(db) + timedelta(hours=in_hours)], by=who.actor)
    picked = db.query(CallTime).filter_by(call_id=call.id).one()
    times.pick(db, picked.public_id, seen=0, by=rep.actor)


def test_what_is_due_stands_by_its_agreed_time_else_by_the_day_it_is_needed(db: Session, rep: Known) -> None:
    early, late, bare, far, mail = crowd(db, 5)
    travel(db, START)
    dated(db, late, rep, 6 * 24)
    dated(db, early, rep, 5)
    accepted(db, bare, rep, needed_by=(START + timedelta(days=3)).date())
    accepted(db, far, rep)
    agree(db, mail, ["introduction:email:other_industries"])
    accepted(db, mail, rep, needed_by=(START + timedelta(days=1)).date(), activity="introduction")
    db.commit()
    travel(db, START + timedelta(hours=6))
    rows = overview.due(db).rows
    assert [row.who for row in rows] == ["N. A.", "N. E.", "N. C.", "N. B."], "whoever is needed later is not due yet"
    assert [row.over for row in rows] == [True, False, False, False]
    assert [(row.meets, row.starts_at is None) for row in rows[1:]] == [(False, True), (True, True), (True, False)]
    assert rows[2].due_at == datetime(2026, 10, 10, tzinfo=UTC)
    assert overview.numbers(db) == overview.Numbers(overdue=1, ahead=3, unanswered=0)
    first = overview.due(db, limit=2)
    again = overview.due(db, limit=2, after=first.after)
    assert [row.id for row in [*first.rows, *again.rows]] == [row.id for row in rows]
    assert again.after is None
    db.rollback()


def test_who_has_not_answered_is_listed_until_they_do(db: Session, rep: Known, mia: Known) -> None:
    first, second = crowd(db, 2)
    travel(db, START)
    ask(db, second, rep)
    db.commit()
    travel(db, START - timedelta(hours=60))
    asked = assignment_of(db, ask(db, first, rep))
    db.commit()
    travel(db, START)
    rows = overview.waiting(db).rows
    assert [(row.who, row.late, row.reminded) for row in rows] == [("N. A.", True, False), ("N. B.", False, False)]
    reminders.remind_now(db, asked.id, by=mia.actor)
    db.flush()
    assert [row.reminded for row in overview.waiting(db).rows] == [True, False]
    answers.decline(db, asked.id, by=first.actor)
    db.flush()
    assert [row.who for row in overview.waiting(db).rows] == ["N. B."]
    db.rollback()


def test_a_manager_reminds_once_and_nobody_else_does(db: Session, rep: Known, ana: Known, mia: Known) -> None:
    asked = assignment_of(db, ask(db, ana, rep))
    db.commit()
    with pytest.raises(NotAllowed):
        reminders.remind_now(db, asked.id, by=rep.actor)
    reminders.remind_now(db, asked.id, by=mia.actor)
    db.commit()
    assert messages_to(db, ana) == ["request.ask", "request.reminder"]
    with pytest.raises(Conflict, match="never a second"):
        reminders.remind_now(db, asked.id, by=mia.actor)
    assert asked.id not in reminders.due(db)
    answers.decline(db, asked.id, by=ana.actor)
    db.commit()
    with pytest.raises(Conflict, match="any more"):
        reminders.remind_now(db, asked.id, by=mia.actor)


def test_the_load_counts_asks_of_the_running_window_against_the_limit(db: Session, rep: Known, ana: Known) -> None:
    db.execute(text("UPDATE program SET person_gap_hours = 0, company_asks = 2"))
    (colleague,) = crowd(db, 1, company_id=ana.company_id)
    for days in (100, 20, 10):
        travel(db, START - timedelta(days=days))
        answers.decline(db, assignment_of(db, ask(db, ana, rep)).id, by=ana.actor)
        db.commit()
    db.execute(text("UPDATE program SET company_asks = 9"))
    db.commit()
    travel(db, START)
    answers.decline(db, assignment_of(db, ask(db, colleague, rep)).id, by=colleague.actor)
    db.commit()
    db.execute(text("UPDATE program SET company_asks = 3"))
    db.commit()
    travel(db, START + timedelta(hours=1))
    rows = overview.people(db).rows
    assert [(row.name, row.asks, row.allowed, row.full) for row in rows] == [
        ("Ana Maria Mitchell", 2, 2, True),
        ("Number A.", 1, 2, False),
    ]
    assert rows[0].until == START + timedelta(days=70)
    assert rows[0].of == "Harbor Freight Lines"
    (company,) = overview.companies(db).rows
    assert (company.name, company.asks, company.allowed, company.full) == ("Harbor Freight Lines", 3, 3, True)
    assert company.until == START + timedelta(days=70)
    first = overview.people(db, limit=1)
    assert [row.id for row in overview.people(db, limit=1, after=first.after).rows] == [colleague.id]
    db.rollback()


def test_the_page_says_what_to_do_and_where(db: Session, rep: Known, ana: Known, mia: Known, browse: Browse) -> None:
    manager = browse(mia)
    empty = manager.get("/admin/calls").text
    assert all(words in empty for words in ("Nothing is due", "All clear", "Nobody was asked of late"))
    request = ask(db, ana, rep)
    asked = assignment_of(db, request)
    where, reminder = f"/admin/requests/{request.public_id}", f"/admin/calls/{asked.public_id}/reminder"
    db.commit()
    page = manager.get("/admin/calls").text
    assert f'href="{where}"' in page
    assert f'action="{where}/withdrawal"' in page
    assert "1 of 2 asks" in page
    assert "1 of 4 asks" in page
    assert manager.post(reminder, "/admin/calls").status_code == 303
    assert f'action="{reminder}"' not in manager.get("/admin/calls?show=waiting").text
    assert manager.post(reminder, "/admin/calls").status_code == 409
    assert manager.post(f"/admin/calls/{uuid4()}/reminder", "/admin/calls").status_code == 404
    for show in ("due", "people", "companies", "nothing"):
        assert manager.get(f"/admin/calls?show={show}").status_code == 200
    answers.accept(db, asked.id, by=ana.actor)
    db.commit()
    assert "Nothing is due" in manager.get("/admin/calls").text
    db.execute(text("UPDATE reference_request SET needed_by = current_date + 1"))
    db.commit()
    assert f'href="{where}"' in manager.get("/admin/calls").text

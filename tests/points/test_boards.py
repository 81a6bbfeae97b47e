"""The leaderboard: who is on it, in which order, next to whom, and what it costs at a hundred thousand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import SYSTEM, Actor
from portal.database.refusal import NotAllowed
from portal.people import people
from portal.people.states import Role
from portal.points import awards, boards
from portal.points.boards import Span
from portal.points.models import PeriodPoints
from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import joins
from tests.conftest import Superuser
from tests.points.counting import cost
from tests.points.earning import earn, who


def crowd(db: Session, mia: Actor, *points: int) -> list[Actor]:
    """Advocates with as many points each."""
    found = []
    for number, earned in enumerate(points):
        one = joins(db, f"Advocate{number} Zed", "advocate")
        earn(db, one, earned, subject=f"trial_crowd:{number}", by=mia)
        found.append(one)
    return found


def names(board: boards.Board) -> list[tuple[int, str]]:
    """Places and names of the top ten."""
    return [(place.number, place.name) for place in board.top]


@pytest.mark.parametrize("span", Span)
def test_the_top_ten_share_places_where_they_have_as_much(db: Session, ana: Actor, mia: Actor, span: Span) -> None:
    crowd(db, mia, 50, 70, 70, *range(1, 12))
    earn(db, ana, 60, subject="trial_ana:1", by=mia)
    board = boards.board(db, who(ana), span)
    assert names(board)[:4] == [(1, "Advocate1 Z."), (1, "Advocate2 Z."), (3, "Ana M."), (4, "Advocate0 Z.")]
    assert len(board.top) == 10
    assert (board.place, board.points) == (3, 60)
    assert [place.me for place in board.top].count(True) == 1


@pytest.mark.parametrize("span", Span)
def test_the_neighbours_are_the_two_on_each_side(db: Session, ana: Actor, mia: Actor, span: Span) -> None:
    crowd(db, mia, *range(100, 120), 40, 30, 20)
    earn(db, ana, 100, subject="trial_ana:1", by=mia)
    board = boards.board(db, who(ana), span)
    around = [(one.name, one.points, one.me) for one in board.around]
    assert [points for _name, points, _me in around] == [101, 100, 100, 40, 30] or [
        points for _name, points, _me in around
    ] == [102, 101, 100, 100, 40]
    assert sum(me for _name, _points, me in around) == 1
    assert board.place == 20
    assert not board.shows_me


@pytest.mark.parametrize("span", Span)
def test_the_first_and_the_last_have_neighbours_on_one_side(db: Session, ana: Actor, mia: Actor, span: Span) -> None:
    first, *_others, last = crowd(db, mia, 90, 80, 70, 60)
    assert [one.points for one in boards.board(db, who(first), span).around] == [90, 80, 70]
    assert [one.apart for one in boards.board(db, who(last), span).around] == [20, 10, 0]
    nobody = boards.board(db, who(ana), span)
    assert (nobody.place, nobody.around, nobody.on_it) == (None, [], False)


@pytest.mark.parametrize("gone", ["absent", "suspended", "staff", "no advocate", "left"])
@pytest.mark.parametrize("span", Span)
def test_whoever_is_not_on_the_board_does_not_count(
    db: Session,
    ana: Actor,
    ben: Actor,
    mia: Actor,
    superuser: Superuser,
    breaches_expected: list[str],
    span: Span,
    gone: str,
) -> None:
    earn(db, ben, 500, subject="trial_ben:1", by=mia)
    earn(db, ana, 100, subject="trial_ana:1", by=mia)
    assert boards.board(db, who(ana), span).place == 2
    if gone == "absent":
        boards.set_listed(db, who(ben), False, by=ben)
    elif gone == "suspended":
        people.suspend(db, who(ben), by=SYSTEM)
    elif gone == "staff":
        people.grant_role(db, who(ben), Role.SALES, by=SYSTEM)
    elif gone == "no advocate":
        people.revoke_role(db, who(ben), Role.ADVOCATE, by=SYSTEM)
    else:
        superuser.plant("UPDATE person SET advocate_status = 'left' WHERE id = %s", who(ben))
        breaches_expected.append("challenges.audience_follows")
    db.commit()
    board = boards.board(db, who(ana), span)
    assert (board.place, [one.points for one in board.top], [one.points for one in board.around]) == (1, [100], [100])
    assert not boards.board(db, who(ben), span).on_it


def test_one_leaves_and_comes_back_oneself(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 10, by=mia)
    for _again in range(2):
        boards.set_listed(db, who(ana), False, by=ana)
        db.commit()
    assert boards.board(db, who(ana), Span.EVER).absent
    for _again in range(2):
        boards.set_listed(db, who(ana), True, by=ana)
        db.commit()
    assert boards.board(db, who(ana), Span.EVER).place == 1
    with pytest.raises(NotAllowed):
        boards.set_listed(db, who(ana), False, by=mia)


def test_points_count_for_the_quarter_they_were_earned_in(db: Session, ana: Actor, mia: Actor) -> None:
    for number, instant in enumerate(("2026-03-31T23:59:59", "2026-04-01T00:00:00", "2026-06-30T23:59:59")):
        with clock.pinned(datetime.fromisoformat(instant).replace(tzinfo=UTC)):
            earn(db, ana, 10, subject=f"trial_q:{number}", by=mia)
    awards.claw_back(db, "trial_q:0", reason="Twice", by=mia)
    db.commit()
    rows = {row.period.isoformat(): row.points for row in db.scalars(select(PeriodPoints))}
    assert rows == {"2026-01-01": 0, "2026-04-01": 20}
    with clock.pinned(datetime(2026, 7, 1, tzinfo=UTC)):
        db.rollback()
        assert boards.board(db, who(ana), Span.QUARTER).top == []
        assert boards.board(db, who(ana), Span.EVER).points == 20


def test_what_is_taken_back_as_a_debt_counts_no_more(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 100, by=mia)
    earn(db, ana, 30, subject="trial_award:2", by=mia)
    awards.claw_back(db, "trial_award:1", reason="Twice", by=mia)
    db.commit()
    assert db.scalars(select(PeriodPoints.points)).one() == 30


def test_quarters_change_by_transfers_alone(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 100, by=mia)
    for statement in ("UPDATE period_points SET points = 0", "DELETE FROM period_points", "TRUNCATE period_points"):
        with pytest.raises(DBAPIError, match="transfers alone"):
            db.execute(text(statement))
        db.rollback()


def plan(db: Session, statement: boards.Prepared, **values: object) -> str:
    """How PostgreSQL runs a statement."""
    statement(db, **values)
    connection = db.connection()
    asked = text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {statement._statement}")
    return "\n".join(connection.execute(asked, values).scalars())


def test_a_large_board_is_read_by_its_index(db: Session, ana: Actor, superuser: Superuser) -> None:
    fill = superuser.plant
    fill("INSERT INTO person (id, name) SELECT 1000000 + n, 'Number ' || n FROM generate_series(1, 100000) n")
    fill("INSERT INTO person_role (person_id, role) SELECT id, 'advocate' FROM person WHERE id > 1000000")
    fill(
        "INSERT INTO account (kind, person_id, may_go_negative, posted, lifetime)"
        " SELECT 'person', id, false, id %% 5003, 1 + id %% 5003 FROM person WHERE id > 1000000"
    )
    fill(
        "INSERT INTO period_points (period, person_id, points) SELECT portal_quarter(portal_now()), id, 1 + id %% 5003"
        " FROM person WHERE id > 1000000"
    )
    try:
        for table in ("person", "person_role", "account", "period_points"):
            fill(f"ANALYZE {table}")
        for span, index in (
            (Span.EVER, "ix_account_lifetime_person_id"),
            (Span.QUARTER, "ix_period_points_period_points_person_id"),
        ):
            asked = boards._ASK[span]
            for statement, values in (
                (asked.top, {}),
                (asked.around, {"me": 1_050_000, "mine": 1 + 1_050_000 % 5003}),
            ):
                shown = plan(db, statement, **values)
                assert index in shown
                for table in ("account", "period_points", "person", "person_role"):
                    assert f"Seq Scan on {table}" not in shown, shown
            board = boards.board(db, 1_050_000, span)
            assert (len(board.top), len(board.around), board.place) == (10, 5, None)
    finally:
        db.rollback()
        for table in ("period_points", "person_role"):
            fill(f"DELETE FROM {table} WHERE person_id > 1000000")
        fill("DELETE FROM account WHERE person_id > 1000000")
        fill("DELETE FROM person WHERE id > 1000000")
        for table in ("person", "person_role", "account", "period_points"):
            fill(f"ANALYZE {table}")


def test_the_pages(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    browser = Browser(app, db, ana)
    assert "Nobody yet this quarter" in browser.get("/points/board").text
    assert "Nobody yet" in browser.get("/points/board?show=ever").text
    earn(db, ana, 5, by=mia)
    alone = browser.get("/points/board").text
    assert "It is quiet here yet" in alone
    assert "Around you" not in alone
    crowd(db, mia, *range(100, 120))
    page = browser.get("/points/board?show=ever").text
    for words in ("Place 21", "Around you", "95 ahead of you", "Ana M.", "Advocate19 Z."):
        assert words in page
    assert "Zed" not in page
    for path in ("/points", "/points/levels"):
        assert 'href="/points/board"' in browser.get(path).text
    assert Browser(app, db, mia).get("/points/board").status_code == 403


def test_the_switch_on_ones_account_page(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 5, by=mia)
    browser = Browser(app, db, ana)
    assert "other advocates see Ana M. and what you earned" in browser.get("/account").text
    off = browser.post("/points/board/absence", "/account")
    assert (off.status_code, off.location) == (303, "/account#leaderboard")
    assert "You are not on the leaderboard" in browser.get("/account").text
    assert "You are not on the board" in browser.get("/points/board").text
    assert browser.post("/points/board/absence/end", "/account").status_code == 303
    assert "Place 1" in browser.get("/points/board").text
    assert "leaderboard" not in Browser(app, db, mia).get("/account").text


@pytest.mark.parametrize(("name", "shown"), [("Ana Maria Mitchell", "Ana M."), ("Cher", "Cher"), ("  ", "?")])
def test_short_names(name: str, shown: str) -> None:
    assert boards.short_name(name) == shown


def test_a_board_costs_the_same_for_one_and_for_fifty(
    app: Portal, db: Session, ana: Actor, mia: Actor, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    earn(db, ana, 5, by=mia)
    browser = Browser(app, db, ana)
    paths = ("/points/board", "/points/board?show=ever")
    few = {path: cost(count_queries, lambda p=path: browser.get(p)) for path in paths}
    crowd(db, mia, *range(1, 51))
    assert {path: cost(count_queries, lambda p=path: browser.get(p)) for path in paths} == few

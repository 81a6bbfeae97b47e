"""A page costs as many SQL statements for one row as for fifty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from flask import Flask, request
from sqlalchemy import event, text

from portal.database import db
from portal.web.policy import open_to_all
from tests.authorisation.crowd import MANY, gather
from tests.authorisation.matrix import MATRIX, Row
from tests.authorisation.stand import Stand
from tests.authorisation.test_matrix import path_of, things
from tests.authorisation.world import BROWSER
from tests.web.test_csrf import persona_of

PAGES: Final = [row for row in MATRIX if row.method == "GET" and not row.demo]
MORE: Final = (
    ("advocate", "/challenges?tab=in_progress"),
    ("advocate", "/challenges?tab=done"),
    ("advocate", "/points/board?show=ever"),
    ("advocate", "/rewards?show=affordable"),
    ("advocate", "/messages?tab=news"),
    ("manager", "/admin/approvals?kind=story&age=day&q=number&mine=1"),
    ("manager", "/admin/approvals/templates?show=archived"),
    ("manager", "/admin/challenges?state=draft"),
    ("manager", "/admin/people?q=number"),
    ("manager", "/admin/people?role=advocate"),
    ("manager", "/admin/nominations?state=decided"),
    ("manager", "/admin/people/invitations?show=open"),
    ("manager", "/admin/redemptions?show=approve"),
    ("manager", "/admin/redemptions?show=late"),
    ("manager", "/admin/redemptions?show=done"),
    ("manager", "/admin/adjustments?show=decided"),
    ("manager", "/admin/pool?show=members"),
    ("manager", "/admin/calls/exceptions?show=over"),
    ("manager", "/admin/calls?show=due"),
    ("manager", "/admin/calls?show=waiting"),
    ("manager", "/admin/calls?show=people"),
    ("manager", "/admin/calls?show=companies"),
    ("manager", "/admin/requests?show=over"),
    ("sales", "/sales?show=all"),
    ("sales", "/sales?q=brightline"),
    ("sales", "/sales/find?text=rollout"),
    ("sales", "/sales/find?industry=Logistics"),
    ("sales", "/sales/requests?show=over"),
)
_LARGEST: Final = 25
"""No page needs more; most need half of it."""


def addresses(stand: Stand) -> list[tuple[str, str]]:
    """Every page as somebody who may see it, on their own thing."""
    found = [(persona_of(row), _path(stand, row)) for row in PAGES]
    for row in PAGES:  # what advocates see is Ana's: the crowd is hers
        if persona_of(row) == "other":
            mine = things(row, "advocate")[0] if row.of else None
            found.append(("advocate", path_of(stand, row, mine)))
    return [*found, *MORE]


def _path(stand: Stand, row: Row) -> str:
    return path_of(stand, row, things(row, persona_of(row))[0] if row.of else None)


@pytest.fixture
def counted(stand: Stand) -> Iterator[Callable[[str, str], int]]:
    """Count the statements of a page, that of the visitor's session and of the program's name included."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with stand.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)

    def count(persona: str, path: str) -> int:
        seen.clear()
        answer = stand.send("GET", path, persona, cookies=f"__Host-asked={BROWSER}")
        assert answer.status_code in {200, 303}, f"{path}: {answer.status}"
        return len(seen)

    yield count
    event.remove(engine, "before_cursor_execute", note)


def test_every_page_costs_the_same_for_fifty_rows_as_for_one(stand: Stand, counted: Callable[[str, str], int]) -> None:
    pages = addresses(stand)
    for persona, path in pages[:5]:
        counted(persona, path)
    few = {page: counted(*page) for page in pages}
    try:
        with stand.app.app_context():
            gather(db.session(), stand.world)
            db.session.remove()
        stand.owner.execute("ANALYZE")
        many = {page: counted(*page) for page in pages}
        assert stand.breaches() == []
    finally:
        stand.restore()
    assert {page: (few[page], many[page]) for page in pages if few[page] != many[page]} == {}
    assert {page: count for page, count in many.items() if count > _LARGEST} == {}


def test_a_page_that_asks_for_each_row_is_noticed(stand: Stand) -> None:
    app = stand.another()
    plant(app)
    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: seen.append(statement))
    counts = []
    for rows in (1, MANY):
        seen.clear()
        assert stand.send("GET", f"/planted?rows={rows}", app=app).text == str(rows)
        counts.append(len(seen))
    assert counts[1] - counts[0] == MANY - 1


def plant(app: Flask) -> None:
    """A page with a query for each row."""

    @open_to_all(reason="planted by a test")
    def careless() -> str:
        rows = range(int(request.args["rows"]))
        return str(sum(db.session().execute(text("SELECT 1")).scalar_one() for _row in rows))

    app.add_url_rule("/planted", "planted", careless)

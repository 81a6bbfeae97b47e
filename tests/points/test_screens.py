"""The screens of points: every line says why and leads to its cause; the ladder says what comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.messages.kinds import KINDS
from portal.points import awards, causes, ledger, queries, recognition
from portal.points.causes import Named
from portal.points.models import Phase
from portal.web.app import Portal
from tests.browsing import Browser
from tests.points.counting import cost
from tests.points.earning import balance_of, earn, hold, who


@pytest.fixture
def a_named_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice above that knows what a trial is."""

    def name(_session: Session, ids: Sequence[int]) -> Mapping[int, Named]:
        return {number: (f"Trial no. {number}", f"/trials/{number}") for number in ids}

    monkeypatch.setitem(causes.CAUSES, "trial", name)


@pytest.fixture
def busy(db: Session, ana: Actor, mia: Actor, max_: Actor) -> Actor:
    """Ana, to whom everything has happened that can."""
    earn(db, ana, 700, by=mia)
    spent, returned = hold(db, ana, 100), hold(db, ana, 50, subject="trial:2")
    hold(db, ana, 25, subject="trial:3")
    ledger.post(db, spent, reason="Sent", by=mia)
    ledger.void(db, returned, reason="Not sent", by=mia)
    db.commit()
    ledger.refund(db, spent, reason="Broken", by=mia)
    ledger.adjust(db, who(ana), -10, reason="A mistake", by=mia)
    ledger.adjust(db, who(ana), 20, reason="A gift", by=mia)
    db.commit()
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    earn(db, ana, 200, subject="trial_call:1", by=mia)
    return ana


def test_the_lines_add_up_to_what_can_be_spent(db: Session, busy: Actor) -> None:
    lines = queries.statement(db, who(busy), limit=100).rows
    assert sum(line.points for line in lines) == balance_of(db, busy).available
    assert [line.phase for line in lines if line.open] == [Phase.HOLD]


def test_pages_of_the_statement_hold_every_line_once(db: Session, busy: Actor) -> None:
    whole = [line.id for line in queries.statement(db, who(busy), limit=100).rows]
    seen: list[int] = []
    after = None
    while True:
        page = queries.statement(db, who(busy), after=after, limit=3)
        seen += [line.id for line in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == whole
    assert [line.id for line in queries.newest(db, who(busy), limit=2)] == whole[:2]


def test_a_line_says_why_and_leads_to_its_cause(db: Session, busy: Actor, a_named_cause: None) -> None:
    lines = {line.title: line for line in queries.statement(db, who(busy), limit=100).rows}
    assert lines["Trial no. 3"].href == "/trials/3"
    assert lines["A gift"].href is None


def test_the_statement_page(app: Portal, db: Session, busy: Actor, a_named_cause: None) -> None:
    page = Browser(app, db, busy).get("/points")
    assert page.status_code == 200
    for words in ("Trial no. 3", 'href="/trials/3"', "A gift", "Handed in twice", "Given back", "Held", "owed"):
        assert words in page.text
    assert "Bronze" in page.text


def test_the_empty_statement_says_how_to_begin(app: Portal, db: Session, ben: Actor) -> None:
    page = Browser(app, db, ben).get("/points")
    assert "No points yet" in page.text


def test_a_statement_shows_ones_own_lines_only(app: Portal, db: Session, busy: Actor, ben: Actor) -> None:
    assert "A gift" not in Browser(app, db, ben).get("/points").text


def test_what_is_owed_is_said(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 100, by=mia)
    hold(db, ana, 100)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    assert "100 points were taken back after they were spent" in Browser(app, db, ana).get("/points").text


def test_the_ladder(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 740, by=mia)
    page = Browser(app, db, ana).get("/points/levels")
    assert page.status_code == 200
    for words in ("You are here", "Reached", "260 to go", "Platinum", "advisory board"):
        assert words in page.text


def test_the_last_level_has_no_next(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 3000, by=mia)
    standing = recognition.position(db, who(ana)).standing
    assert (standing.level.name, standing.following, standing.to_go, standing.needed) == ("Platinum", None, 0, 3000)
    assert Browser(app, db, ana).get("/points").status_code == 200


@pytest.mark.parametrize("path", ["/points", "/points/levels"])
def test_points_are_the_advocates(app: Portal, db: Session, mia: Actor, path: str) -> None:
    assert Browser(app, db, mia).get(path).status_code == 403


def test_a_broken_address_of_a_page_is_refused(app: Portal, db: Session, ana: Actor) -> None:
    assert Browser(app, db, ana).get("/points?after=x").status_code == 422


def test_the_statement_costs_the_same_for_one_line_and_for_fifty(
    app: Portal, db: Session, ana: Actor, mia: Actor, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    browser = Browser(app, db, ana)
    earn(db, ana, 10, subject="trial_call:0", by=mia)
    one = cost(count_queries, lambda: browser.get("/points"))
    for number in range(1, 50):
        awards.grant(db, who(ana), 10, subject=f"trial_call:{number}", cause="submission:1", reason="A call", by=mia)
    db.commit()
    assert cost(count_queries, lambda: browser.get("/points")) == one


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("points.level_reached", {"level": "Gold", "benefit": "The board is open to you."}, "You're Gold."),
        ("points.taken_back", {"points": 5, "reason": "Twice"}, "5 points were taken back"),
        ("points.adjusted", {"points": -1, "reason": "Oops"}, "1 point was taken from your balance"),
        ("points.adjusted", {"points": 7, "reason": "A gift"}, "7 points were added to your balance"),
    ],
)
def test_the_words_of_the_messages(app: Portal, kind: str, data: dict[str, object], words: str) -> None:
    with app.test_request_context():
        known = KINDS[kind]
        assert known.subject(data) == words
        assert known.body(data)
        assert known.action(data)


def test_causes_that_nobody_knows_are_left_out(db: Session, a_named_cause: None) -> None:
    assert causes.named(db, ["trial:1", "moon:1", "trial:x"]) == {"trial:1": ("Trial no. 1", "/trials/1")}

"""Sixty-four asks against one exception: one goes through; and a fault that lets two through is noticed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.references import exceptions

from .arena import WIDE, Arena, Grounds, Outcomes
from .cast import ask, company, consenting, somebody, who
from .test_mutants import altered, instead

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]

PROSPECT = "Brightline"


def excepted(arena: Arena) -> tuple[list[Actor], Actor]:
    """Two colleagues of a company over its limit, with one exception for it."""
    arena.do(lambda s: s.execute(text("UPDATE program SET company_asks = 1, person_open_asks = 90, person_asks = 90")))
    arena.do(lambda s: s.execute(text("UPDATE program SET person_gap_hours = 0")))
    firm, rep, manager = company(arena), somebody(arena, "sales"), somebody(arena, "manager")
    people = [consenting(arena, company_id=firm) for _ in range(2)]
    arena.do(lambda s: ask(s, people[0], rep, prospect_name=PROSPECT))

    def allow(session: Session) -> None:
        made = exceptions.ask_for(
            session,
            who(people[0]),
            reason="Nobody else has nine depots.",
            by=rep,
            key=uuid4(),
            activity="reference_call",
            prospect_name=PROSPECT,
        )
        exceptions.approve(session, made.id, by=manager)

    arena.do(allow)
    return people, rep


def contest(arena: Arena) -> Outcomes:
    """Sixty-four asks, half of them to each colleague."""
    people, rep = excepted(arena)
    return arena.at_once([lambda s, of=people[n % 2]: ask(s, of, rep, prospect_name=PROSPECT) for n in range(WIDE)])


def test_one_exception_lets_one_ask_through(arena: Arena) -> None:
    contest(arena).fair(1)
    assert arena.one("SELECT count(*) FROM limit_exception WHERE ask_id IS NOT NULL") == 1
    assert arena.one("SELECT count(*) FROM ask") == 2


def test_a_count_that_forgets_what_is_used_is_noticed(grounds: Grounds) -> None:
    forgets = altered("portal_ask_counted", "(e[.])?ask_id IS NULL", "true")
    with grounds.open(forgets, "DROP TRIGGER limit_exception_stays ON limit_exception") as arena:
        arena.rewrite(instead(r"limit_exception\.ask_id IS NULL", "true"))
        assert len(contest(arena).values) > 1
        assert "references.asks_within_company_limits" in arena.breaches()

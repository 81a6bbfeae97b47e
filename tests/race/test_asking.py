"""Asking somebody at the moment in which they take an activity back, or pause."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent import consents
from portal.consent.activities import ACTIVITIES
from portal.consent.scopes import scopes_of
from portal.references import fatigue

from .arena import WIDE, Arena
from .cast import ask, consenting, crowd_of, somebody, who
from .scenes import OPEN_WITHOUT_CONSENT

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]

ROUNDS = [WIDE // 2, pytest.param(320, marks=pytest.mark.slow)]
OF_ANOTHER_ACTIVITY = (
    "SELECT count(*) FROM assignment a JOIN reference_request r ON r.id = a.request_id"
    " JOIN activity_type t ON t.id = r.activity_type_id WHERE NOT starts_with(a.scope, t.key || ':')"
)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_nobody_is_asked_for_what_they_take_back_at_that_moment(arena: Arena, rounds: int) -> None:
    rep, pairs = somebody(arena, "sales"), WIDE // 2
    for _round in range(rounds // pairs):
        crowd = list(zip(crowd_of(arena, pairs, 0), [*ACTIVITIES] * pairs, strict=False))

        def agree(session: Session, crowd: list[tuple[Actor, str]] = crowd) -> None:
            for actor, activity in crowd:
                consents.give(session, who(actor), [scope.key for scope in scopes_of(activity)], by=actor)

        arena.do(agree)
        works = [
            work
            for actor, activity in crowd
            for work in (
                lambda s, a=actor: ("withdrawn", len(consents.withdraw(s, who(a), by=a))),
                lambda s, a=actor, of=activity: ("asked", ask(s, a, rep, activity=of)),
            )
        ]
        random.shuffle(works)
        ended = arena.at_once(works)
        assert sum(1 for kind, _count in ended.values if kind == "withdrawn") == pairs, "a withdrawal always succeeds"
        ended.fair(len(ended.values))
        assert arena.one(OPEN_WITHOUT_CONSENT) == 0
        assert arena.one(OF_ANOTHER_ACTIVITY) == 0


@pytest.mark.parametrize("rounds", ROUNDS)
def test_nobody_is_asked_in_the_pause_that_begins_at_that_moment(arena: Arena, rounds: int) -> None:
    rep, pairs = somebody(arena, "sales"), WIDE // 2
    for _round in range(rounds // pairs):
        crowd = [consenting(arena) for _ in range(pairs)]
        works = [
            work
            for actor in crowd
            for work in (
                lambda s, a=actor: ("paused", bool(fatigue.pause(s, who(a), now(s) + timedelta(days=30), by=a))),
                lambda s, a=actor: ("asked", ask(s, a, rep)),
            )
        ]
        random.shuffle(works)
        ended = arena.at_once(works)
        assert sum(1 for kind, _done in ended.values if kind == "paused") == pairs, "a pause always begins"
        ended.fair(len(ended.values))
        late = arena.at_once([lambda s, a=actor: ask(s, a, rep) for actor in crowd])
        late.fair(0)
        assert arena.one("SELECT count(*) FROM pool_entry WHERE paused_until IS NULL") == 0
        assert arena.breaches() == {}

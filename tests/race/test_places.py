"""Many advocates at the last place of a challenge: as many begin as the manager said, and not one less."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.challenges import challenges, submissions
from portal.challenges.audience import EVERYBODY
from portal.challenges.models import StageResponse

from .arena import WIDE, Arena
from .cast import advocate, crowd_of, offered, somebody

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]
BEGUN = "SELECT count(*) FROM submission WHERE state = 'in_progress'"


@pytest.mark.parametrize("places", [1, 5])
def test_the_last_places_go_to_as_many_as_there_are(arena: Arena, places: int) -> None:
    wanted, crowd = offered(arena, places=places), crowd_of(arena, WIDE)
    works = [lambda s, a=actor: submissions.start(s, wanted, by=a).id for actor in crowd]
    arena.at_once(works).fair(places, statuses=(409,))
    assert arena.one(BEGUN) == places


def test_a_place_that_is_left_is_taken_once(arena: Arena) -> None:
    wanted, crowd, ana = offered(arena, places=1), crowd_of(arena, WIDE - 1), advocate(arena)
    arena.do(lambda s: submissions.start(s, wanted, by=ana).id)
    works = [lambda s: submissions.dismiss(s, wanted, by=ana).id]
    works += [lambda s, a=actor: submissions.start(s, wanted, by=a).id for actor in crowd]
    ended = arena.at_once(works)
    assert not ended.errors
    assert arena.one(BEGUN) <= 1
    arena.do(lambda s: submissions.take_up(s, wanted, by=ana).id) if arena.one(BEGUN) == 0 else None
    assert arena.one(BEGUN) == 1


def test_places_are_never_fewer_than_those_taken(arena: Arena) -> None:
    wanted, crowd, mia = offered(arena), crowd_of(arena, WIDE - 1), somebody(arena, "manager")
    told = {"title": "Read it", "summary": "Short.", "description": "", "minutes": 5, "activity_type": None}
    works = [lambda s: challenges.change(s, wanted, by=mia, audience=EVERYBODY, places=3, **told).id]
    works += [lambda s, a=actor: submissions.start(s, wanted, by=a).id for actor in crowd]
    ended = arena.at_once(works)
    assert not ended.errors
    places, begun = arena.one("SELECT places FROM challenge"), arena.one(BEGUN)
    assert (places, begun) == (3, 3) if places else begun == WIDE - 1, "limited from then on, or too late to limit"


def test_anew_begins_once(arena: Arena) -> None:
    wanted, ana = offered(arena, pause_hours=1), advocate(arena)

    def first(session):  # type: ignore[no-untyped-def]
        begun = submissions.start(session, wanted, by=ana)
        stage = session.scalars(select(StageResponse.stage_id)).one()
        submissions.submit(session, begun.id, stage, {}, by=ana)
        return begun.id

    arena.do(first)
    arena.superuser.plant(
        "UPDATE submission SET started_at = started_at - interval '1 day', decided_at = started_at - interval '1 day'"
    )
    arena.at_once([lambda s: submissions.start(s, wanted, by=ana).id] * WIDE).fair(WIDE)
    assert arena.one("SELECT count(*) FROM submission") == 2
    assert arena.one("SELECT max(attempt) FROM submission WHERE latest") == 2

"""Many advocates at the same moment with the same review, and one with more files than fit: once, and within bounds."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.challenges import challenges, outline, submissions, uploads
from portal.challenges.models import Stage
from portal.files import store
from portal.files.intake import Taken
from tests.pictures import PDF

from .arena import WIDE, Arena
from .cast import advocate, crowd_of, somebody

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]
LINK = "https://www.g2.com/products/northstar/reviews/review-7"
SETUPS = {
    "review": {"site": "g2", "address": "https://www.g2.com/start", "disclosure": "I get points."},
    "upload": {"families": ["pdf"], "most": 3},
}


def published(arena: Arena, kind: str) -> tuple[int, int]:
    """A challenge with one step of this kind, and that step."""
    by = somebody(arena, "manager")

    def make(session):  # type: ignore[no-untyped-def]
        made = challenges.create(session, "Once", by=by, summary="Good and bad.")
        outline.add_stage(
            session, made.id, kind, title="Do it", instructions="Now.", points=5, by=by, setup=SETUPS[kind]
        )
        challenges.publish(session, made.id, by=by)
        return made.id, session.scalars(select(Stage.id).where(Stage.challenge_id == made.id)).one()

    return arena.do(make)


def test_one_review_is_handed_in_once_however_many_try(arena: Arena) -> None:
    (challenge, stage), crowd = published(arena, "review"), crowd_of(arena, WIDE)
    begun = [arena.do(lambda s, a=actor: submissions.start(s, challenge, by=a).id) for actor in crowd]
    works = [
        lambda s, a=actor, n=number: (
            submissions.submit(
                s, n, stage, {"link": LINK if n % 2 else f"{LINK}/?ref=me", "acknowledged": True}, by=a
            ).id
        )
        for actor, number in zip(crowd, begun, strict=True)
    ]
    arena.at_once(works).fair(1, statuses=(409,))
    assert arena.one("SELECT count(*) FROM review_link") == 1


def test_a_step_takes_no_more_files_than_it_asks_for(arena: Arena) -> None:
    (challenge, stage), ana = published(arena, "upload"), advocate(arena)
    begun = arena.do(lambda s: submissions.start(s, challenge, by=ana).id)
    where = store.folder(arena.app.config["PORTAL"])
    taken = Taken("a.pdf", "application/pdf", PDF)
    works = [lambda s: uploads.add(s, begun, stage, taken, where=where, by=ana).id] * WIDE
    arena.at_once(works).fair(3, statuses=(409,))
    assert arena.one("SELECT count(*) FROM upload") == 3
    assert arena.one("SELECT jsonb_array_length(response -> 'files') FROM stage_response") == 3

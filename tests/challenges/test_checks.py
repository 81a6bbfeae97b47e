"""What is looked at before a challenge is published: what blocks, what is worth a look, what the database refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, submissions
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.checks import Check, checks
from portal.challenges.models import Challenge
from portal.challenges.states import ChallengeState
from portal.clock import now
from portal.database.refusal import Invalid

from .test_challenges import TEXTS, Offer


@pytest.fixture
def draft(db: Session, mia: Actor) -> Challenge:
    """A draft that could be published."""
    challenge = challenges.create(db, "Share", by=mia, summary="Why you")
    outline.add_stage(db, challenge.id, "confirm", title="Read", instructions="Read it.", points=10, by=mia)
    db.commit()
    return challenge


def publish(db: Session) -> None:
    """As no verb does it."""
    db.connection().exec_driver_sql("UPDATE stage SET edition = 1")
    db.connection().exec_driver_sql("UPDATE challenge SET state = 'published', published_at = now(), edition = 1")


def look(db: Session, challenge: Challenge) -> list[Check]:
    db.expire_all()
    found = challenges.lock_challenge(db, challenge.id)
    made = checks(db, found)
    db.rollback()
    return made


def to_mend(db: Session, challenge: Challenge) -> list[tuple[str, str, int | None]]:
    return [(one.sentence, one.field, one.position) for one in look(db, challenge) if not one.ok and one.blocks]


def to_look_at(db: Session, challenge: Challenge) -> list[str]:
    return [one.sentence for one in look(db, challenge) if not one.ok and not one.blocks]


def test_a_sound_draft_has_nothing_to_mend(db: Session, ana: Actor, draft: Challenge) -> None:
    made = look(db, draft)
    assert all(check.ok for check in made)
    assert [check.sentence for check in made] == [
        "It says what it is for.",
        "It has 1 step.",
        "It pays 10 points in all.",
        "It says who may take it: Everybody.",
        "Each step is set up and says what to do.",
        "1 advocate may take it now.",
    ]


def test_everything_to_mend_is_said_at_once_and_where(db: Session, mia: Actor) -> None:
    empty = challenges.create(db, "Share", by=mia, audience=Audience())
    db.commit()
    assert to_mend(db, empty) == [
        ("Say in a line what it is for.", "summary", None),
        ("Add a step: so far there is nothing to do.", "", None),
        ("Choose who may take it: so far nobody is meant.", "for_everybody", None),
    ]
    for kind in ("visit", "questions", "confirm"):
        outline.add_stage(db, empty.id, kind, title=kind.title(), by=mia)
    db.commit()
    assert [said for said in to_mend(db, empty) if said[2]] == [
        ("Give a step points: so far it pays none.", "", 1),
        ("Step 1, “Visit”: say what to do.", "", 1),
        ("Step 1, “Visit”: give the address of the page to visit.", "", 1),
        ("Step 2, “Questions”: say what to do.", "", 2),
        ("Step 2, “Questions”: write at least one question.", "", 2),
        ("Step 3, “Confirm”: say what to do.", "", 3),
    ]


def test_what_is_over_is_not_published_but_may_be_closed_early(db: Session, mia: Actor, draft: Challenge) -> None:
    yesterday = now(db) - timedelta(days=1)
    over = {**TEXTS, "closes_at": yesterday}
    challenges.change(db, draft.id, by=mia, audience=EVERYBODY, **over)  # type: ignore[arg-type]
    db.commit()
    said = "Its last day is over: choose a later one, or none."
    assert to_mend(db, draft) == [(said, "closes_on", None)]
    with pytest.raises(Invalid, match="Its last day is over"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    challenges.change(db, draft.id, by=mia, audience=EVERYBODY, **TEXTS)  # type: ignore[arg-type]
    challenges.publish(db, draft.id, by=mia)
    challenges.change(db, draft.id, by=mia, audience=EVERYBODY, **over)  # type: ignore[arg-type]
    db.commit()
    assert to_mend(db, draft) == []
    assert "It has closed: nobody can begin it." in to_look_at(db, draft)


def test_what_may_be_meant_is_shown_and_let_pass(db: Session, mia: Actor, ana: Actor, draft: Challenge) -> None:
    outline.add_stage(db, draft.id, "confirm", title="Read", instructions="Again.", by=mia)
    few = {**TEXTS, "closes_at": now(db) + timedelta(hours=47)}
    challenges.change(db, draft.id, by=mia, audience=Audience(countries=["Kenya"]), **few)  # type: ignore[arg-type]
    db.commit()
    assert to_look_at(db, draft) == [
        "Nobody who is active now is meant. Whoever joins later and fits will see it.",
        "It is open for less than two days: few people will have seen it.",
        "2 steps are called “Read”: people cannot tell them apart.",
    ]
    challenges.publish(db, draft.id, by=mia)
    db.commit()


def test_a_full_challenge_is_worth_a_look(db: Session, ana: Actor, offer: Offer) -> None:
    challenge = offer(("confirm", 5), places=1)
    assert to_look_at(db, challenge) == []
    submissions.start(db, challenge.id, by=ana)
    db.commit()
    assert to_look_at(db, challenge) == ["All places of this challenge are taken."]


@pytest.mark.parametrize(
    ("spoil", "constraint"),
    [
        ("UPDATE stage SET points = 0", "challenge_pays"),
        ("UPDATE stage SET instructions = ' '", "stage_told"),
        ("UPDATE challenge SET closes_at = now() - interval '1 minute'", "challenge_over"),
    ],
)
def test_the_database_publishes_nothing_that_blocks(db: Session, draft: Challenge, spoil: str, constraint: str) -> None:
    db.connection().exec_driver_sql(spoil)
    with pytest.raises(IntegrityError) as refused:
        publish(db)
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()
    publish(db)
    db.commit()
    assert db.scalars(select(Challenge.state)).one() is ChallengeState.PUBLISHED

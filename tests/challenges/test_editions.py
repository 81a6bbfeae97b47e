"""A live challenge changes for who begins later: who has begun keeps what they were promised, and is paid it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, submissions
from portal.challenges.audience import EVERYBODY
from portal.challenges.models import Challenge, ChallengeEdition, Stage, Submission
from portal.challenges.queries import desk, offers, runs
from portal.challenges.states import State
from portal.database.refusal import Conflict, Invalid, NotAllowed

from .conftest import STORY
from .test_submissions import available, hand_in, stages

Offer = Callable[..., Challenge]
TEXTS = {"summary": "Why you", "description": "", "minutes": 5, "activity_type": "story", "audience": EVERYBODY}


def revise(db: Session, challenge: Challenge, by: Actor, *, points: int = 40) -> None:
    """Offer the first step for other points, and a new one instead of the second."""
    outline.begin_edition(db, challenge.id, by=by)
    outline.change_stage(db, challenge.id, 1, title="Read on", instructions="Read more.", points=points, by=by)
    outline.remove_stage(db, challenge.id, 2, by=by)
    outline.add_stage(db, challenge.id, "confirm", title="Nod", instructions="Nod.", points=1, by=by)
    outline.move_stage(db, challenge.id, 2, up=True, by=by)
    challenges.publish(db, challenge.id, by=by)
    db.commit()


def seen_by(db: Session, who: Actor, challenge: Challenge) -> list[tuple[str, int]]:
    """The steps that somebody sees, and what each pays them."""
    assert who.person_id is not None
    run = runs.run_of(db, who.person_id, challenge.public_id)
    db.rollback()
    return [(step.title, step.points) for step in run.steps]


OLD, NEW = [("Step 1", 10), ("Step 2", 150)], [("Nod", 1), ("Read on", 40)]


def test_who_has_begun_keeps_their_steps_and_points_to_the_end(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, story: Challenge
) -> None:
    submission = submissions.start(db, story.id, by=ana)
    db.commit()
    revise(db, story, mia)
    assert (seen_by(db, ana, story), seen_by(db, kofi, story)) == (OLD, NEW)
    for response in stages(db, submission):
        submissions.submit(db, submission.id, response.stage_id, {"text": STORY}, by=ana)
    assert submissions.approve(db, submission.id, by=mia).state is State.APPROVED
    db.commit()
    assert hand_in(db, story, kofi).state is State.APPROVED
    assert (available(db, ana), available(db, kofi)) == (160, 41)
    assert seen_by(db, ana, story) == OLD
    with pytest.raises(NotAllowed):
        outline.begin_edition(db, story.id, by=ana)


def test_nobody_sees_what_is_not_offered_yet(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, story: Challenge
) -> None:
    outline.begin_edition(db, story.id, by=mia)
    outline.change_stage(db, story.id, 1, title="Secret", instructions="Hush.", points=999, by=mia)
    db.commit()
    assert seen_by(db, ana, story) == OLD
    assert [one.points for one in stages(db, submissions.start(db, story.id, by=kofi))] == [10, 150]
    db.commit()
    assert [step.title for step in runs.preview_of(db, story.public_id).steps] == ["Secret", "Step 2"]
    assert [row.points for row in desk.challenges(db, story.state).rows] == [160]
    outline.drop_edition(db, story.id, by=mia)
    db.commit()
    assert [step.title for step in runs.preview_of(db, story.public_id).steps] == ["Step 1", "Step 2"]


def test_words_are_a_part_of_what_was_promised(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, story: Challenge
) -> None:
    submissions.start(db, story.id, by=ana)
    db.commit()
    challenges.change(db, story.id, by=mia, title="Another name", **TEXTS)  # type: ignore[arg-type]
    db.commit()

    def titles(who: Actor, tab: offers.Tab) -> list[tuple[str, int]]:
        assert who.person_id is not None
        return [(row.title, row.points) for row in offers.offers(db, who.person_id, tab).rows]

    assert titles(ana, offers.Tab.IN_PROGRESS) == [("Tell your story", 160)]
    assert titles(kofi, offers.Tab.OPEN) == [("Another name", 160)]
    assert [(one.edition, one.running, one.is_offered) for one in desk.editions(db, story)] == [
        (2, 0, True),
        (1, 1, False),
    ]
    challenges.change(db, story.id, by=mia, title="Another name", places=50, **TEXTS)  # type: ignore[arg-type]
    db.commit()
    assert db.scalar(select(func.count()).select_from(ChallengeEdition)) == 2, "places are no promise"


def test_who_begins_again_gets_what_is_offered_now(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, offer: Offer
) -> None:
    challenge = offer(("confirm", 10), ("story", 150), pause_hours=1)
    put_away = submissions.dismiss(db, challenge.id, by=kofi)
    assert put_away.edition is None
    db.commit()
    first = hand_in(db, challenge, ana)
    submissions.approve(db, first.id, by=mia)
    db.connection().exec_driver_sql("UPDATE submission SET decided_at = decided_at - interval '2 hours'")
    db.commit()
    revise(db, challenge, mia)
    assert submissions.start(db, challenge.id, by=ana).edition == 2
    assert submissions.take_up(db, challenge.id, by=kofi).edition == 2
    db.commit()
    assert available(db, ana) == 160


def test_who_put_away_what_they_had_begun_comes_back_to_theirs(
    db: Session, mia: Actor, ana: Actor, story: Challenge
) -> None:
    submissions.start(db, story.id, by=ana)
    submissions.dismiss(db, story.id, by=ana)
    db.commit()
    revise(db, story, mia)
    assert submissions.start(db, story.id, by=ana).edition == 1
    db.commit()
    assert seen_by(db, ana, story) == OLD


def test_a_version_that_could_not_be_published_is_not_offered(db: Session, mia: Actor, story: Challenge) -> None:
    outline.begin_edition(db, story.id, by=mia)
    outline.remove_stage(db, story.id, 2, by=mia)
    with pytest.raises(Conflict, match="needs at least one step"):
        outline.remove_stage(db, story.id, 1, by=mia)
    outline.change_stage(db, story.id, 1, title="Read", instructions="Read.", points=0, by=mia)
    with pytest.raises(Invalid, match="Give a step points"):
        challenges.publish(db, story.id, by=mia)
    db.rollback()
    draft = challenges.create(db, "Draft", by=mia)
    with pytest.raises(Conflict, match="a draft is changed as it is"):
        outline.begin_edition(db, draft.id, by=mia)


NOTHING = ("UPDATE stage SET points = 0 WHERE edition IS NULL", "UPDATE stage SET edition = 2 WHERE edition IS NULL")
OFFER = ("UPDATE stage SET edition = 2 WHERE edition IS NULL", "UPDATE challenge SET edition = 2")
ANOTHER = (
    "INSERT INTO submission (challenge_id, person_id, edition, state)"
    " SELECT challenge_id, (SELECT created_by FROM challenge), 1, 'in_progress' FROM submission LIMIT 1"
)
FOREIGN = (
    "INSERT INTO stage_response (submission_id, stage_id, points, verification)"
    " SELECT s.id, g.id, {points}, g.verification FROM submission s, stage g WHERE g.edition {edition}"
    " AND g.position = 1"
)


@pytest.mark.parametrize(
    ("statements", "constraint"),
    [
        ([*NOTHING, "UPDATE challenge SET edition = 2"], "challenge_pays"),
        (["UPDATE stage SET edition = 3 WHERE edition IS NULL"], "stage_frozen"),
        (["UPDATE stage SET edition = 1 WHERE edition IS NULL"], "stage_frozen"),
        ([*OFFER, "UPDATE challenge SET edition = 1"], "challenge_editions"),
        ([*OFFER, "UPDATE submission SET edition = 2"], "submission_edition"),
        (["UPDATE submission SET edition = NULL"], "submission_edition"),
        ([*OFFER, ANOTHER], "submission_edition"),
        ([*OFFER, FOREIGN.format(points="g.points", edition="= 2")], "response_edition"),
        (["DELETE FROM stage_response", FOREIGN.format(points="999", edition="= 1")], "response_edition"),
    ],
)
def test_the_database_keeps_what_was_promised(
    db: Session, mia: Actor, ana: Actor, story: Challenge, statements: list[str], constraint: str
) -> None:
    submissions.start(db, story.id, by=ana)
    outline.begin_edition(db, story.id, by=mia)
    db.commit()
    for statement in statements[:-1]:
        db.connection().exec_driver_sql(statement)
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(statements[-1])
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()
    assert db.scalars(select(Submission.edition)).one() == 1
    assert db.scalars(select(Stage.edition).order_by(Stage.id)).all() == [1, 1, None, None]

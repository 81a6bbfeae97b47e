"""Making, changing, publishing and archiving challenges, and whom they reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import audience, challenges, outline, submissions
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.models import Challenge, Stage
from portal.challenges.queries import audiences
from portal.challenges.states import ChallengeState, ResponseState, Verification
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.people import people

from .conftest import make
from .test_submissions import hand_in, stages

Offer = Callable[..., Challenge]
NINTH_STAGE = (
    "INSERT INTO stage (challenge_id, edition, position, kind, title, points, verification)"
    " SELECT challenge_id, edition, 9, kind, title, points, verification FROM stage LIMIT 1"
)
WITHOUT_STAGES = (
    "INSERT INTO challenge (title, minutes, created_by, state, published_at, edition, summary, for_everybody)"
    " SELECT 'x', 5, created_by, 'published', now(), 1, 'y', true FROM challenge"
)
TEXTS = {"title": "Share", "summary": "Why you", "description": "", "minutes": 5, "activity_type": "story"}


@pytest.fixture
def draft(db: Session, mia: Actor) -> Challenge:
    """A draft with two steps."""
    challenge = challenges.create(db, "Share", by=mia, summary="Why you")
    outline.add_stage(db, challenge.id, "confirm", title="Read", instructions="Read it.", points=10, by=mia)
    outline.add_stage(db, challenge.id, "story", title="Tell", instructions="Tell it.", points=50, by=mia)
    db.commit()
    return challenge


def order(db: Session, challenge: Challenge) -> list[str]:
    wanted = select(Stage.title).where(Stage.challenge_id == challenge.id).order_by(Stage.position)
    return list(db.scalars(wanted))


def test_a_draft_becomes_published_and_archived(db: Session, mia: Actor, draft: Challenge) -> None:
    for _click in range(2):
        assert challenges.publish(db, draft.id, by=mia).state is ChallengeState.PUBLISHED
    db.commit()
    for _click in range(2):
        assert challenges.archive(db, draft.id, by=mia).state is ChallengeState.ARCHIVED
    db.commit()
    with pytest.raises(Conflict):
        challenges.publish(db, draft.id, by=mia)
    with pytest.raises(Conflict):
        challenges.change(db, draft.id, by=mia, audience=EVERYBODY, **TEXTS)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        outline.change_stage(db, draft.id, 1, title="T", instructions="I", by=mia)


def test_the_kind_says_who_verifies(db: Session, mia: Actor, draft: Challenge) -> None:
    found = db.scalars(select(Stage.verification).order_by(Stage.position)).all()
    assert found == [Verification.HONOUR, Verification.MANAGER]


def test_only_managers_make_and_change(db: Session, ana: Actor, draft: Challenge) -> None:
    for attempt in (
        lambda: challenges.create(db, "Mine", by=ana),
        lambda: challenges.publish(db, draft.id, by=ana),
        lambda: challenges.archive(db, draft.id, by=ana),
        lambda: challenges.change(db, draft.id, by=ana, audience=EVERYBODY, **TEXTS),  # type: ignore[arg-type]
        lambda: outline.add_stage(db, draft.id, "story", title="T", by=ana),
        lambda: outline.change_stage(db, draft.id, 1, title="T", instructions="", by=ana),
        lambda: outline.move_stage(db, draft.id, 1, up=False, by=ana),
        lambda: outline.remove_stage(db, draft.id, 1, by=ana),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_what_does_not_exist_is_not_found(db: Session, mia: Actor, draft: Challenge) -> None:
    with pytest.raises(NotFound):
        challenges.publish(db, draft.id + 1, by=mia)
    with pytest.raises(NotFound):
        outline.remove_stage(db, draft.id, 3, by=mia)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 61}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"summary": "x" * 111}, "summary"),
        ({"description": "x" * 4001}, "description"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 601}, "minutes"),
        ({"activity_type": "bribe"}, "activity_type"),
    ],
)
def test_texts_and_numbers_out_of_bounds_are_refused(
    db: Session, mia: Actor, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        challenges.create(db, **{"title": "Share", **more}, by=mia)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_it_closes_after_it_opens(db: Session, mia: Actor) -> None:
    with pytest.raises(Invalid):
        challenges.create(db, "Share", by=mia, opens_at=now(db), closes_at=now(db))


def test_publishing_is_refused_until_every_check_passes(db: Session, mia: Actor) -> None:
    challenge = challenges.create(db, "Share", by=mia, audience=Audience())
    with pytest.raises(Invalid, match="It cannot be published yet"):
        challenges.publish(db, challenge.id, by=mia)
    challenges.change(db, challenge.id, by=mia, audience=Audience(), **TEXTS)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="Add a step"):
        challenges.publish(db, challenge.id, by=mia)
    outline.add_stage(db, challenge.id, "confirm", title="Read", by=mia)
    with pytest.raises(Invalid, match="Give a step points"):
        challenges.publish(db, challenge.id, by=mia)
    outline.change_stage(db, challenge.id, 1, title="Read", instructions="", points=5, by=mia)
    with pytest.raises(Invalid, match="Step 1, “Read”: say what to do"):
        challenges.publish(db, challenge.id, by=mia)
    outline.change_stage(db, challenge.id, 1, title="Read", instructions="Read it.", by=mia)
    with pytest.raises(Invalid, match="Choose who may take it"):
        challenges.publish(db, challenge.id, by=mia)
    challenges.change(db, challenge.id, by=mia, audience=Audience(countries=["Kenya"]), **TEXTS)  # type: ignore[arg-type]
    assert challenges.publish(db, challenge.id, by=mia).points == 5
    db.commit()


def test_stages_are_added_moved_and_removed_in_a_draft(db: Session, mia: Actor, draft: Challenge) -> None:
    outline.add_stage(db, draft.id, "confirm", title="Check", by=mia)
    outline.move_stage(db, draft.id, 3, up=True, by=mia)
    outline.move_stage(db, draft.id, 1, up=True, by=mia)
    db.commit()
    assert order(db, draft) == ["Read", "Check", "Tell"]
    outline.move_stage(db, draft.id, 1, up=False, by=mia)
    outline.remove_stage(db, draft.id, 2, by=mia)
    db.commit()
    assert order(db, draft) == ["Check", "Tell"]
    assert db.scalars(select(Stage.position).order_by(Stage.position)).all() == [1, 2]


def test_a_step_out_of_bounds_is_refused(db: Session, mia: Actor, draft: Challenge) -> None:
    for kind, points, instructions in (
        ("quiz", 5, ""),
        ("story", -1, ""),
        ("story", 100_001, ""),
        ("story", 5, "x" * 2001),
    ):
        with pytest.raises(Invalid):
            outline.add_stage(db, draft.id, kind, title="T", points=points, instructions=instructions, by=mia)
    db.rollback()
    for _number in range(10):
        outline.add_stage(db, draft.id, "confirm", title="T", by=mia)
    with pytest.raises(LimitReached):
        outline.add_stage(db, draft.id, "confirm", title="T", by=mia)


def test_what_is_offered_keeps_its_steps(db: Session, mia: Actor, draft: Challenge) -> None:
    challenges.publish(db, draft.id, by=mia)
    db.commit()
    for attempt in (
        lambda: outline.add_stage(db, draft.id, "story", title="T", by=mia),
        lambda: outline.move_stage(db, draft.id, 1, up=False, by=mia),
        lambda: outline.remove_stage(db, draft.id, 1, by=mia),
        lambda: outline.change_stage(db, draft.id, 1, title="Read on", instructions="Do.", by=mia),
    ):
        with pytest.raises(Conflict, match="What is offered does not change"):
            attempt()
    challenges.change(db, draft.id, by=mia, audience=EVERYBODY, **{**TEXTS, "title": "Share it"})  # type: ignore[arg-type]
    db.commit()
    assert (draft.title, draft.edition) == ("Share it", 2)
    with pytest.raises(Invalid):
        challenges.change(db, draft.id, by=mia, audience=Audience(), **TEXTS)  # type: ignore[arg-type]


def test_a_change_touches_nothing_that_people_did(db: Session, mia: Actor, ana: Actor, draft: Challenge) -> None:
    challenges.publish(db, draft.id, by=mia)
    db.commit()
    submission = hand_in(db, draft, ana)
    challenges.change(db, draft.id, by=mia, audience=Audience(countries=["Kenya"]), **TEXTS)  # type: ignore[arg-type]
    db.commit()
    assert [(one.points, one.state) for one in stages(db, submission)] == [
        (10, ResponseState.ACCEPTED),
        (50, ResponseState.HANDED_IN),
    ]
    assert submissions.approve(db, submission.id, by=mia).state == "approved"
    db.commit()


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE stage SET points = 1", "stage_frozen"),
        ("UPDATE stage SET kind = 'story', verification = 'manager'", "stage_frozen"),
        ("DELETE FROM stage", "stage_frozen"),
        ("UPDATE stage SET instructions = 'Do more for it.'", "stage_frozen"),
        (NINTH_STAGE, "stage_frozen"),
        ("UPDATE challenge SET title = 'Another'", "challenge_words"),
        ("UPDATE challenge SET minutes = 90", "challenge_words"),
        ("UPDATE challenge SET edition = 2", "challenge_has_stages"),
        ("UPDATE challenge_edition SET title = 'Another'", "edition_kept"),
        ("DELETE FROM challenge_edition", "edition_kept"),
        (WITHOUT_STAGES, "challenge_has_stages"),
        ("UPDATE challenge SET summary = ''", "ck_challenge_published"),
        ("UPDATE challenge SET for_everybody = false", "ck_challenge_published"),
        ("UPDATE challenge SET state = 'draft'", "ck_challenge_draft"),
        ("UPDATE challenge SET state = 'archived'", "ck_challenge_archived"),
        ("UPDATE challenge SET opens_at = now(), closes_at = now()", "ck_challenge_window"),
        ("UPDATE challenge SET title = repeat('x', 61)", "ck_challenge_title"),
        ("UPDATE challenge SET minutes = 0", "ck_challenge_minutes"),
    ],
)
def test_the_database_refuses_it_too(
    db: Session, mia: Actor, draft: Challenge, statement: str, constraint: str
) -> None:
    challenges.publish(db, draft.id, by=mia)
    db.commit()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(statement)
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_an_audience_reaches_companies_of_its_industries_and_countries(db: Session, ana: Actor, kofi: Actor) -> None:
    retail = people.add_company(db, "Shop", by=SYSTEM, industry="Retail", country="Germany")
    make(db, "Rita Shop", "advocate", company_id=retail.id)
    db.commit()
    reached = {
        Audience(): 0,
        EVERYBODY: 3,
        Audience(industries=("Logistics",)): 1,
        Audience(countries=("Germany",)): 2,
        Audience(industries=("Logistics", "Retail"), countries=("Germany",)): 2,
        Audience(industries=("Logistics",), countries=("Kenya",)): 0,
    }
    assert {chosen: audience.size(db, chosen) for chosen in reached} == reached
    known = audiences.choices(db)
    assert (known.industries, known.countries, known.products) == (["Logistics", "Retail"], ["Germany"], [])
    assert [name for _number, name in known.levels][:1] == ["Bronze"]


def test_a_window_opens_and_closes(db: Session, mia: Actor, ana: Actor, offer: Offer) -> None:
    moment = now(db)
    db.rollback()
    past = offer(("confirm", 5), closes_at=moment + timedelta(hours=1))
    moved = {**TEXTS, "closes_at": moment - timedelta(hours=1)}
    challenges.change(db, past.id, by=mia, audience=EVERYBODY, **moved)  # type: ignore[arg-type]
    db.commit()
    coming = offer(("confirm", 5), opens_at=moment + timedelta(hours=1))
    running = offer(("confirm", 5), opens_at=moment - timedelta(hours=1), closes_at=moment + timedelta(hours=1))
    for challenge in (past, coming):
        with pytest.raises(NotFound):
            submissions.start(db, challenge.id, by=ana)
    assert submissions.start(db, running.id, by=ana)
    db.commit()

"""Handing in, being paid, being sent back: what the verbs do and refuse."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, submissions
from portal.challenges.audience import Audience
from portal.challenges.models import Challenge, StageResponse, Submission
from portal.challenges.states import Reason, ResponseState, State
from portal.clock import now
from portal.database.refusal import Conflict, Gone, Invalid, NotAllowed, NotFound
from portal.messages.models import Message
from portal.points import balance
from portal.points.models import Transfer
from portal.references.models.pool import PoolProposal

from .conftest import STORY


def available(db: Session, who: Actor) -> int:
    assert who.person_id is not None
    return balance.of(db, who.person_id).available


def stages(db: Session, submission: Submission) -> list[StageResponse]:
    wanted = select(StageResponse).where(StageResponse.submission_id == submission.id).order_by(StageResponse.id)
    return list(db.scalars(wanted))


def hand_in(db: Session, challenge: Challenge, who: Actor, text: str = STORY) -> Submission:
    """Hand in all steps of a challenge."""
    submission = submissions.start(db, challenge.id, by=who)
    for response in stages(db, submission):
        submissions.submit(db, submission.id, response.stage_id, {"text": text}, by=who)
    db.commit()
    return submission


def test_starting_promises_the_points_of_each_stage(db: Session, ana: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    db.commit()
    assert submission.state is State.IN_PROGRESS
    assert [(one.points, one.state) for one in stages(db, submission)] == [
        (10, ResponseState.OPEN),
        (150, ResponseState.OPEN),
    ]


def test_starting_twice_is_one_submission(db: Session, ana: Actor, story: Challenge) -> None:
    first = submissions.start(db, story.id, by=ana)
    assert submissions.start(db, story.id, by=ana).id == first.id
    db.commit()


def test_only_advocates_start(db: Session, mia: Actor, story: Challenge) -> None:
    for who in (mia, SYSTEM):
        with pytest.raises(NotAllowed):
            submissions.start(db, story.id, by=who)


def test_a_challenge_for_others_is_not_there(db: Session, ana: Actor, kofi: Actor, offer) -> None:  # type: ignore[no-untyped-def]
    logistics = offer(("confirm", 5), audience=Audience(industries=["Logistics"], countries=["Germany", "France"]))
    retail = offer(("confirm", 5), audience=Audience(industries=["Retail"]))
    assert submissions.start(db, logistics.id, by=ana).state is State.IN_PROGRESS
    for challenge, who in ((retail, ana), (logistics, kofi)):
        with pytest.raises(NotFound):
            submissions.start(db, challenge.id, by=who)
        with pytest.raises(NotFound):
            submissions.dismiss(db, challenge.id, by=who)


def test_honour_is_paid_at_once_and_only_once(db: Session, ana: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    confirm = stages(db, submission)[0]
    for _click in range(2):
        submissions.submit(db, submission.id, confirm.stage_id, {}, by=ana)
        db.commit()
    assert available(db, ana) == 10
    assert submission.state is State.IN_PROGRESS
    assert db.scalars(select(Transfer.subject)).all() == [f"stage_response:{confirm.id}"]
    assert db.scalars(select(Transfer.cause)).all() == [f"submission:{submission.id}"]


def test_honour_alone_is_approved_without_a_manager(db: Session, ana: Actor, offer) -> None:  # type: ignore[no-untyped-def]
    submission = hand_in(db, offer(("confirm", 5), ("confirm", 0)), ana)
    assert submission.state is State.APPROVED
    assert submission.decided_by is None
    assert available(db, ana) == 5
    assert db.scalars(select(PoolProposal)).all() == []


def test_the_last_open_step_hands_it_to_the_managers(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    assert submission.state is State.SUBMITTED
    assert available(db, ana) == 10
    told = db.execute(select(Message.person_id, Message.kind).where(Message.kind == "challenges.handed_in")).all()
    assert told == [(mia.person_id, "challenges.handed_in")]


def test_managers_are_told_once_until_they_read_it(db: Session, ana: Actor, kofi: Actor, story: Challenge) -> None:
    hand_in(db, story, ana)
    hand_in(db, story, kofi)
    assert len(db.scalars(select(Message).where(Message.kind == "challenges.handed_in")).all()) == 1


def test_approval_pays_what_was_promised(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    submissions.approve(db, submission.id, by=mia, comment="Lovely.")
    db.commit()
    assert submission.state is State.APPROVED
    assert (submission.decided_by, submission.comment) == (mia.person_id, "Lovely.")
    assert available(db, ana) == 160
    message = db.scalars(select(Message).where(Message.kind == "challenges.approved")).one()
    assert message.data["points"] == 160
    assert message.link_path == f"/challenges/{story.public_id}"
    assert db.scalars(select(PoolProposal.because)).all() == [f"submission:{submission.id}"]


def test_a_second_approval_changes_nothing(db: Session, ana: Actor, mia: Actor, pia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    submissions.approve(db, submission.id, by=mia)
    db.commit()
    again = submissions.approve(db, submission.id, by=pia)
    db.commit()
    assert again.decided_by == mia.person_id
    assert available(db, ana) == 160
    assert len(db.scalars(select(Message).where(Message.kind == "challenges.approved")).all()) == 1


def test_nobody_verifies_their_own(db: Session, pia: Actor, ana: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, pia)
    with pytest.raises(NotAllowed, match="Somebody else"):
        submissions.approve(db, submission.id, by=pia)
    with pytest.raises(NotAllowed):
        submissions.approve(db, submission.id, by=ana)
    with pytest.raises(NotAllowed):
        submissions.approve(db, submission.id, by=SYSTEM)
    with pytest.raises(NotAllowed):
        submissions.reject(db, submission.id, reason=Reason.NOT_DONE, by=pia)
    assert submission.state is State.SUBMITTED


def test_redo_names_stages_and_keeps_what_was_accepted(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    confirm, told = stages(db, submission)
    submissions.request_redo(db, submission.id, stage_ids=[told.stage_id], comment="Add a number.", by=mia)
    db.commit()
    assert submission.state is State.REDO_REQUESTED
    assert (confirm.state, told.state, told.redo_note) == (
        ResponseState.ACCEPTED,
        ResponseState.REDO_REQUESTED,
        "Add a number.",
    )
    assert available(db, ana) == 10
    submissions.submit(db, submission.id, told.stage_id, {"text": STORY + " 31 calls."}, by=ana)
    db.commit()
    assert submission.state is State.SUBMITTED
    assert submission.decided_at is None
    submissions.approve(db, submission.id, by=mia)
    db.commit()
    assert available(db, ana) == 160


def test_redo_refuses_no_reason_and_wrong_stages(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    confirm, told = stages(db, submission)
    for stage_ids, comment in (
        ([], "Why"),
        ([confirm.stage_id], "Why"),
        ([told.stage_id, 0], "W"),
        ([told.stage_id], " "),
    ):
        with pytest.raises(Invalid):
            submissions.request_redo(db, submission.id, stage_ids=stage_ids, comment=comment, by=mia)
    assert submission.state is State.SUBMITTED


def test_rejection_keeps_the_points_of_accepted_stages(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    submissions.reject(db, submission.id, reason=Reason.OFF_TOPIC, comment="It is about another product.", by=mia)
    db.commit()
    assert submission.state is State.REJECTED
    assert available(db, ana) == 10
    for decide in (
        lambda: submissions.approve(db, submission.id, by=mia),
        lambda: submissions.reject(db, submission.id, reason=Reason.NOT_DONE, by=mia),
        lambda: submissions.dismiss(db, story.id, by=ana),
    ):
        with pytest.raises(Conflict):
            decide()


def test_what_is_not_handed_in_cannot_be_decided(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    db.commit()
    with pytest.raises(Conflict):
        submissions.approve(db, submission.id, by=mia)
    with pytest.raises(NotFound):
        submissions.approve(db, submission.id + 1, by=mia)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": "Short"},
        {"text": "x" * 4001},
        {"text": STORY, "quote": "q" * 301},
        {"text": "a\x00" * 40},
        {"text": 7},
    ],
)
def test_a_story_of_the_wrong_size_is_refused(
    db: Session, ana: Actor, story: Challenge, given: dict[str, object]
) -> None:
    submission = submissions.start(db, story.id, by=ana)
    told = stages(db, submission)[1]
    with pytest.raises(Invalid):
        submissions.submit(db, submission.id, told.stage_id, given, by=ana)
    assert told.state is ResponseState.OPEN


@pytest.mark.parametrize("length", [40, 4000])
def test_a_story_of_the_right_size_is_kept(db: Session, ana: Actor, story: Challenge, length: int) -> None:
    submission = submissions.start(db, story.id, by=ana)
    told = stages(db, submission)[1]
    submissions.submit(db, submission.id, told.stage_id, {"text": "é" * length, "quote": "q" * 300}, by=ana)
    db.commit()
    assert told.response == {"text": "é" * length, "quote": "q" * 300}


def test_a_draft_is_saved_and_refused_only_when_too_long(db: Session, ana: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    told = stages(db, submission)[1]
    submissions.save(db, submission.id, told.stage_id, {"text": "Ni"}, by=ana)
    db.commit()
    assert told.response == {"text": "Ni", "quote": ""}
    assert told.state is ResponseState.OPEN
    for given in ({"text": "x" * 4001}, {"quote": "q" * 301}):
        with pytest.raises(Invalid):
            submissions.save(db, submission.id, told.stage_id, given, by=ana)


def test_handed_in_once_other_words_are_refused(db: Session, ana: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    told = stages(db, submission)[1]
    submissions.submit(db, submission.id, told.stage_id, {"text": STORY}, by=ana)
    with pytest.raises(Conflict):
        submissions.submit(db, submission.id, told.stage_id, {"text": STORY + " More."}, by=ana)
    with pytest.raises(Conflict):
        submissions.save(db, submission.id, told.stage_id, {"text": "Ni"}, by=ana)


def test_foreign_submissions_and_stages_are_not_there(
    db: Session,
    ana: Actor,
    kofi: Actor,
    story: Challenge,
    offer,  # type: ignore[no-untyped-def]
) -> None:
    submission = submissions.start(db, story.id, by=ana)
    other = submissions.start(db, offer(("confirm", 1)).id, by=ana)
    stage = stages(db, submission)[0].stage_id
    db.commit()
    for number, stage_id, who in ((submission.id, stage, kofi), (other.id, stage, ana), (0, stage, ana)):
        with pytest.raises(NotFound):
            submissions.submit(db, number, stage_id, {}, by=who)


def test_not_for_me_and_back(db: Session, ana: Actor, story: Challenge) -> None:
    assert submissions.dismiss(db, story.id, by=ana).state is State.DISMISSED
    assert submissions.dismiss(db, story.id, by=ana).state is State.DISMISSED
    db.commit()
    submission = submissions.take_up(db, story.id, by=ana)
    db.commit()
    assert submission.state is State.IN_PROGRESS
    assert [one.points for one in stages(db, submission)] == [10, 150]
    assert submissions.take_up(db, story.id, by=ana).state is State.IN_PROGRESS


def test_what_was_done_before_not_for_me_is_kept(db: Session, ana: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    submissions.submit(db, submission.id, stages(db, submission)[0].stage_id, {}, by=ana)
    submissions.dismiss(db, story.id, by=ana)
    db.commit()
    with pytest.raises(Conflict):
        submissions.submit(db, submission.id, stages(db, submission)[1].stage_id, {"text": STORY}, by=ana)
    assert submissions.start(db, story.id, by=ana).state is State.IN_PROGRESS
    db.commit()
    assert available(db, ana) == 10


def test_nothing_put_away_cannot_be_taken_up(db: Session, ana: Actor, story: Challenge) -> None:
    with pytest.raises(NotFound):
        submissions.take_up(db, story.id, by=ana)


def test_who_began_finishes_after_it_was_archived(
    db: Session, ana: Actor, mia: Actor, kofi: Actor, story: Challenge
) -> None:
    begun = submissions.start(db, story.id, by=ana)
    submissions.dismiss(db, story.id, by=kofi)
    challenges.archive(db, story.id, by=mia)
    db.commit()
    submissions.submit(db, begun.id, stages(db, begun)[0].stage_id, {}, by=ana)
    db.commit()
    assert available(db, ana) == 10
    with pytest.raises(Gone):
        submissions.take_up(db, story.id, by=kofi)


def test_after_closing_nothing_is_handed_in_and_it_expires(
    db: Session, ana: Actor, mia: Actor, kofi: Actor, offer, at
) -> None:  # type: ignore[no-untyped-def]
    closes = now(db) + timedelta(days=2)
    db.rollback()
    challenge = offer(("confirm", 10), ("story", 20), closes_at=closes)
    begun = submissions.start(db, challenge.id, by=ana)
    sent_back = hand_in(db, challenge, kofi)
    told = stages(db, sent_back)[1]
    submissions.request_redo(db, sent_back.id, stage_ids=[told.stage_id], comment="More.", by=mia)
    db.commit()
    _later(at, closes, 1)
    with pytest.raises(Gone):
        submissions.submit(db, begun.id, stages(db, begun)[1].stage_id, {"text": STORY}, by=ana)
    assert submissions.expire_due(db) == 1
    assert begun.state is State.EXPIRED
    assert sent_back.state is State.REDO_REQUESTED
    db.commit()
    _later(at, closes, 337)
    assert submissions.expire_due(db) == 1
    assert submissions.expire_due(db) == 0
    db.commit()
    assert sent_back.state is State.EXPIRED


def test_changes_that_were_asked_for_may_be_made_after_closing(db: Session, ana: Actor, mia: Actor, offer, at) -> None:  # type: ignore[no-untyped-def]
    closes = now(db) + timedelta(days=2)
    db.rollback()
    submission = hand_in(db, offer(("story", 20), closes_at=closes), ana)
    told = stages(db, submission)[0]
    submissions.request_redo(db, submission.id, stage_ids=[told.stage_id], comment="More.", by=mia)
    db.commit()
    _later(at, closes, 1)
    submissions.submit(db, submission.id, told.stage_id, {"text": STORY + " More."}, by=ana)
    db.commit()
    assert submission.state is State.SUBMITTED


def _later(at, moment: datetime, hours: int) -> None:  # type: ignore[no-untyped-def]
    at((moment + timedelta(hours=hours)).isoformat())


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE submission SET state = 'approved', decided_at = now(), decided_by = person_id", "not_by_oneself"),
        ("UPDATE submission SET state = 'approved'", "decided"),
        ("UPDATE submission SET state = 'rejected', decided_at = now(), decided_by = {mia}", "rejected"),
        ("UPDATE submission SET state = 'redo_requested', decided_at = now()", "by_somebody"),
        ("UPDATE submission SET submitted_at = NULL", "submitted"),
        ("UPDATE submission SET state = 'lost'", "state"),
        ("UPDATE stage_response SET points = 1000", "kept"),
        ("UPDATE stage_response SET verification = 'honour'", "kept"),
        ("UPDATE stage_response SET state = 'open', accepted_at = NULL WHERE state = 'accepted'", "kept"),
        ("UPDATE stage_response SET state = 'accepted' WHERE state = 'handed_in'", "accepted"),
        ("UPDATE stage_response SET state = 'redo_requested' WHERE state = 'handed_in'", "redo"),
        ("UPDATE stage_response SET handed_in_at = NULL WHERE state = 'handed_in'", "handed_in"),
        (
            (
                "INSERT INTO submission (challenge_id, person_id, state)"
                " SELECT challenge_id, person_id, 'dismissed' FROM submission"
            ),
            "attempt",
        ),
    ],
)
def test_the_database_refuses_it_too(
    db: Session, ana: Actor, mia: Actor, story: Challenge, statement: str, constraint: str
) -> None:
    hand_in(db, story, ana)
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(statement.format(mia=mia.person_id))
    assert constraint in str(refused.value.orig.diag.constraint_name)  # type: ignore[union-attr]
    db.rollback()

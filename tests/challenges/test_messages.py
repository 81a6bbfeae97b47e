"""What people are told, when it may still go, and what their points are called."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import jobs, submissions
from portal.challenges.models import Challenge
from portal.challenges.states import Reason, State
from portal.messages.kinds import kind_of
from portal.messages.models import Message
from portal.messages.states import Reason as Held
from portal.points import causes
from portal.web.app import Portal
from tests.browsing import Browser

from .test_submissions import hand_in, stages


def told(db: Session, kind: str) -> Message:
    return db.scalars(select(Message).where(Message.kind == f"challenges.{kind}")).one()


def words(message: Message) -> str:
    kind = kind_of(message.kind)
    return "\n".join([kind.subject(message.data), *kind.body(message.data), kind.action(message.data) or ""])


def test_an_approval_says_what_it_brought_and_the_managers_words(
    db: Session, ana: Actor, mia: Actor, story: Challenge
) -> None:
    submissions.approve(db, hand_in(db, story, ana).id, by=mia, comment="Read it twice.")
    db.commit()
    assert words(told(db, "approved")) == "+160 for “Tell your story”\nRead it twice.\nSee the challenge"


def test_an_approval_without_points_or_note_is_a_thank_you(db: Session, ana: Actor, mia: Actor, offer) -> None:  # type: ignore[no-untyped-def]
    submissions.approve(db, hand_in(db, offer(("story", 0), ("confirm", 5)), ana).id, by=mia)
    db.commit()
    message = told(db, "approved")
    assert "Your work was looked at and accepted." in words(message)
    assert kind_of(message.kind).subject({**message.data, "points": 0}) == "Approved: Tell your story"


def test_changes_asked_names_steps_and_goes_only_while_they_are_asked(
    db: Session, ana: Actor, mia: Actor, story: Challenge
) -> None:
    submission = hand_in(db, story, ana)
    step = stages(db, submission)[1]
    submissions.request_redo(db, submission.id, stage_ids=[step.stage_id], comment="A number.", by=mia)
    db.commit()
    message = told(db, "changes_asked")
    assert words(message).startswith("Almost there: Tell your story\nA number.\nThe step to change: Step 2.")
    assert kind_of(message.kind).may_send(db, message) is None
    submissions.dismiss(db, story.id, by=ana)
    db.commit()
    assert kind_of(message.kind).may_send(db, message) is Held.SUPERSEDED


def test_a_rejection_gives_the_reason_and_what_stays(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    submissions.reject(db, hand_in(db, story, ana).id, reason=Reason.NOT_OWN, comment="See the link.", by=mia)
    db.commit()
    said = words(told(db, "rejected"))
    for part in ("Not accepted: Tell your story", "not the person's own work", "See the link.", "keep their points"):
        assert part in said


def test_managers_read_what_waits(db: Session, ana: Actor, mia: Actor, story: Challenge) -> None:
    hand_in(db, story, ana)
    message = told(db, "handed_in")
    assert words(message) == "Waiting for your decision: Tell your story\nOpen the queue"
    assert message.link_path == "/admin/approvals"


def test_the_statement_names_the_challenge(db: Session, app: Portal, ana: Actor, story: Challenge) -> None:
    submission = hand_in(db, story, ana)
    cause = f"submission:{submission.id}"
    assert causes.named(db, [cause]) == {cause: ("Tell your story", f"/challenges/{story.public_id}")}
    db.rollback()
    page = Browser(app, db, ana).get("/points").text
    assert "Tell your story" in page
    assert f'href="/challenges/{story.public_id}"' in page


def test_the_job_leaves_alone_what_is_open(db: Session, ana: Actor, story: Challenge) -> None:
    submission = submissions.start(db, story.id, by=ana)
    jobs.expire(db)
    db.commit()
    assert submission.state is State.IN_PROGRESS

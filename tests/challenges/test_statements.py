"""What handing in and approving cost: so many statements and no more, however many steps and managers there are.

The queue's statement goes past the engine and is not counted: it is one for all jobs of a transaction. The points are
few, so that no level is reached, which is told by a question and a message of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions, verdicts
from portal.challenges.models import Challenge
from portal.challenges.states import Decision, State
from portal.messages.models import Message
from portal.web.app import Portal
from tests.browsing import Browser

from .conftest import STORY, make
from .test_submissions import hand_in, stages

Count = Callable[[Callable[[], object]], int]
Offer = Callable[..., Challenge]
STORY_HANDED_IN = 8
CONFIRMED = 8
APPROVED = 10
APPLIED = 14


@pytest.fixture
def managers(db: Session, mia: Actor, pia: Actor) -> list[Actor]:
    """Four managers, so that what is done for each of them shows."""
    more = [make(db, name, "manager") for name in ("Nils Berg", "Olga Sand")]
    db.commit()
    return [mia, pia, *more]


def post(browser: Browser, home: str, step: int, count: Count, **words: str) -> int:
    """Hand in one step; the statements that the request sends."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{home}/steps/{step}").text)
    assert found
    data = {"csrf_token": found[1], **words}
    answers = []
    sent = count(lambda: answers.append(browser.client.post(f"{home}/steps/{step}", data=data)))
    assert [answer.status_code for answer in answers] == [303]
    return sent


def test_a_story_is_handed_in_with_few_statements(
    app: Portal, db: Session, ana: Actor, offer: Offer, managers: list[Actor], count_queries: Count
) -> None:
    challenge = offer(("story", 150))
    submissions.start(db, challenge.id, by=ana)
    db.commit()
    sent = post(Browser(app, db, ana), f"/challenges/{challenge.public_id}", 1, count_queries, text=STORY, quote="")
    assert sent <= STORY_HANDED_IN
    told = select(func.count()).where(Message.kind == "challenges.handed_in")
    assert db.scalar(told) == len(managers)


def test_a_step_is_confirmed_and_paid_with_few_statements(
    app: Portal, db: Session, ana: Actor, story: Challenge, count_queries: Count
) -> None:
    submissions.start(db, story.id, by=ana)
    db.commit()
    sent = post(Browser(app, db, ana), f"/challenges/{story.public_id}", 1, count_queries)
    assert sent <= CONFIRMED


def approve(db: Session, submission_id: int, by: Actor) -> None:
    """Approve and commit, as a request does."""
    assert submissions.approve(db, submission_id, by=by, comment="Thank you.").state is State.APPROVED
    db.commit()


def test_work_is_approved_with_few_statements(
    db: Session, ana: Actor, mia: Actor, offer: Offer, count_queries: Count
) -> None:
    waiting = hand_in(db, offer(("confirm", 1), ("story", 5)), ana).id
    db.expunge_all()
    assert count_queries(lambda: approve(db, waiting, mia)) <= APPROVED
    jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'messages.send'")
    assert db.scalar(jobs) == db.scalar(select(func.count()).where(Message.person_id == ana.person_id)) == 2


def test_each_step_that_is_paid_adds_the_question_what_was_paid_before(
    db: Session, ana: Actor, mia: Actor, offer: Offer, count_queries: Count
) -> None:
    waiting = hand_in(db, offer(("story", 5), ("story", 2), ("story", 3)), ana)
    assert len(stages(db, waiting)) == 3
    db.expunge_all()
    assert count_queries(lambda: approve(db, waiting.id, mia)) <= APPROVED + 2


def test_a_verdict_is_applied_with_few_statements(
    db: Session, ana: Actor, mia: Actor, offer: Offer, count_queries: Count
) -> None:
    waiting = hand_in(db, offer(("confirm", 1), ("story", 5)), ana)
    verdict = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia).id
    db.commit()
    db.expunge_all()

    def apply() -> None:
        verdicts.apply(db, verdict)
        db.commit()

    assert count_queries(apply) <= APPLIED

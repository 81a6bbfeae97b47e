"""Several at the same moment, over real connections: one result, and nobody sees an error of the machine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, submissions, verdicts
from portal.challenges.models import Challenge, StageResponse, Submission, Verdict
from portal.challenges.states import Decision, Reason
from portal.database import db as database
from portal.database import run
from portal.database.refusal import Refusal
from portal.points.models import Transfer
from portal.web.app import Portal

from .conftest import make
from .test_submissions import available, hand_in, stages

pytestmark = pytest.mark.race
WIDE = 12


def at_once(app: Portal, works: list[Callable[[Session], Any]]) -> Counter[str]:
    """Do all works at the same moment, each on its own connection; how often each ended how."""
    barrier = threading.Barrier(len(works))

    def one(work: Callable[[Session], Any]) -> str:
        with app.app_context():
            barrier.wait()
            try:
                run(work)
            except Refusal as refusal:
                return type(refusal).__name__
            finally:
                database.session.remove()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return Counter(pool.map(one, works))


def test_many_approvals_pay_once(
    app: Portal, db: Session, ana: Actor, mia: Actor, pia: Actor, story: Challenge
) -> None:
    number = hand_in(db, story, ana).id
    works = [lambda s, by=by: submissions.approve(s, number, by=by) for by in (mia, pia) for _copy in range(WIDE // 2)]
    db.rollback()
    assert at_once(app, works) == {"done": WIDE}
    assert available(db, ana) == 160
    assert db.scalar(select(func.count()).select_from(Transfer)) == 2


def test_many_starts_and_clicks_are_one(app: Portal, db: Session, ana: Actor, story: Challenge) -> None:
    challenge = story.id
    db.rollback()
    assert at_once(app, [lambda s: submissions.start(s, challenge, by=ana)] * WIDE) == {"done": WIDE}
    submission = db.scalars(select(Submission)).one()
    number, stage = submission.id, stages(db, submission)[0].stage_id
    db.rollback()
    assert at_once(app, [lambda s: submissions.submit(s, number, stage, {}, by=ana)] * WIDE) == {"done": WIDE}
    assert available(db, ana) == 10


def test_of_two_managers_one_decides(
    app: Portal, db: Session, ana: Actor, mia: Actor, pia: Actor, story: Challenge
) -> None:
    number = hand_in(db, story, ana).id
    db.rollback()
    works = [
        lambda s: verdicts.record(s, number, Decision.APPROVE, by=mia),
        lambda s: verdicts.record(s, number, Decision.REJECT, by=pia, reason=Reason.NOT_DONE),
    ] * (WIDE // 2)
    assert at_once(app, works) == {"done": WIDE // 2, "Conflict": WIDE // 2}
    assert db.scalar(select(func.count()).select_from(Verdict)) == 1


def test_undoing_and_applying_end_in_one_of_the_two(
    app: Portal, db: Session, ana: Actor, mia: Actor, story: Challenge
) -> None:
    number = hand_in(db, story, ana).id
    verdict = verdicts.record(db, number, Decision.APPROVE, by=mia).id
    db.commit()
    works = [lambda s: verdicts.undo(s, verdict, by=mia), lambda s: verdicts.apply(s, verdict)] * (WIDE // 2)
    ended = at_once(app, works)
    assert set(ended) <= {"done", "Conflict"}
    db.expire_all()
    paid = available(db, ana) == 160
    assert db.scalars(select(Verdict.state)).one() == ("applied" if paid else "undone")


def test_a_managers_elapsed_decisions_do_not_deadlock(
    app: Portal, db: Session, mia: Actor, pia: Actor, story: Challenge
) -> None:
    waiting = [hand_in(db, story, make(db, f"Advocate{number} X", "advocate")).id for number in range(WIDE)]
    for number in waiting[: WIDE // 2]:
        verdict = verdicts.record(db, number, Decision.APPROVE, by=mia)
        verdict.apply_at = verdict.created_at
    db.commit()
    open_ones = list(db.scalars(select(Verdict.id)))
    db.rollback()
    works: list[Callable[[Session], Any]] = [
        lambda s, n=number: verdicts.record(s, n, Decision.APPROVE, by=mia) for number in waiting[WIDE // 2 :]
    ]
    works += [lambda s, n=number: verdicts.apply(s, n) for number in open_ones]
    assert at_once(app, works) == {"done": WIDE}
    assert db.scalar(select(func.count()).select_from(Transfer)) == WIDE + WIDE // 2


def test_whoever_begins_while_a_version_is_offered_gets_one_of_them_whole(
    app: Portal, db: Session, mia: Actor, pia: Actor, story: Challenge
) -> None:
    outline.begin_edition(db, story.id, by=mia)
    outline.change_stage(db, story.id, 1, title="Read on", instructions="Read more.", points=40, by=mia)
    starters = [make(db, f"A{number} Ames", "advocate") for number in range(WIDE - 2)]
    db.commit()
    challenge = story.id
    db.rollback()
    offering = [lambda s, by=by: challenges.publish(s, challenge, by=by) for by in (mia, pia)]
    starting = [lambda s, by=by: submissions.start(s, challenge, by=by) for by in starters]
    assert at_once(app, [*offering, *starting]) == {"done": WIDE}
    promised = select(Submission.edition, func.sum(StageResponse.points)).join(Submission.responses)
    found = db.execute(promised.group_by(Submission.id, Submission.edition)).all()
    assert len(found) == len(starters)
    assert {tuple(row) for row in found} <= {(1, 160), (2, 190)}

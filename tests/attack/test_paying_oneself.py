"""Ways to pay oneself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, outline, submissions
from portal.challenges.models import Challenge, Stage
from portal.challenges.states import State
from portal.database.refusal import NotAllowed
from portal.points import awards, balance, ledger
from tests.challenges.conftest import ana, harbor, in_english, kofi, mia, offer, pia

__all__ = ["ana", "harbor", "in_english", "kofi", "mia", "offer", "pia"]


def test_who_runs_the_program_is_not_paid_on_their_own_word(db: Session, pia: Actor, mia: Actor) -> None:
    own = challenges.create(db, "Easy money", by=pia, summary="For me.")
    step = outline.add_stage(db, own.id, "confirm", title="Say so", instructions="Say it.", points=1000, by=pia)
    challenges.publish(db, own.id, by=pia)
    begun = submissions.start(db, own.id, by=pia)
    submissions.submit(db, begun.id, step.id, {}, by=pia)
    db.commit()
    assert pia.person_id is not None
    assert (begun.state, balance.of(db, pia.person_id).lifetime) == (State.SUBMITTED, 0)
    with pytest.raises(NotAllowed):
        submissions.approve(db, begun.id, by=pia)
    db.rollback()
    submissions.approve(db, begun.id, by=mia)
    db.commit()
    assert balance.of(db, pia.person_id).lifetime == 1000


def test_other_advocates_are_paid_on_their_word(db: Session, ana: Actor, offer: Callable[..., Challenge]) -> None:
    challenge = offer(("confirm", 10))
    begun = submissions.start(db, challenge.id, by=ana)
    step = db.scalars(select(Stage).where(Stage.challenge_id == challenge.id)).one()
    submissions.submit(db, begun.id, step.id, {}, by=ana)
    db.commit()
    assert ana.person_id is not None
    assert (begun.state, balance.of(db, ana.person_id).lifetime) == (State.APPROVED, 10)


@pytest.mark.parametrize("way", ["cancelled", "refunded"])
def test_points_that_were_taken_back_cannot_be_saved_by_holding_them_meanwhile(
    db: Session, ana: Actor, mia: Actor, way: str, breaches_expected: list[str]
) -> None:
    breaches_expected += ["references.paid_calls_were_held", "rewards.hold_is_the_price"]  # points without their things
    breaches_expected += ["rewards.refund_agrees"] if way == "refunded" else []
    who = ana.person_id
    assert who is not None
    awards.grant(db, who, 100, subject="call:1", cause="call:1", reason="Call", by=SYSTEM)
    db.commit()
    held = ledger.hold(db, who, 60, subject="redemption:1", cause="redemption:1", reason="Mug", by=ana)
    db.commit()
    if way == "refunded":
        ledger.post(db, held, reason="Sent", by=mia)
        db.commit()
    awards.claw_back(db, "call:1", reason="It was not held", by=mia)
    db.commit()
    assert balance.of(db, who).owed == 60
    give_back = ledger.void if way == "cancelled" else ledger.refund
    for _twice in range(2):
        give_back(db, held, reason="Back", by=mia)
        db.commit()
    now = balance.of(db, who)
    assert (now.available, now.owed, now.lifetime) == (0, 0, 0)

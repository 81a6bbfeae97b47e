"""Awards: paid once, told when they bring a level, taken back whole, repaid from what is earned later."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.database.refusal import Invalid, NotAllowed, NotFound
from portal.messages.models import Message
from portal.people import people
from portal.points import awards, balance
from portal.points.balance import Balance
from portal.points.models import Account, Kind, Transfer
from tests.points.earning import balance_of, earn, hold, who


def messages_of(db: Session, person: Actor, kind: str) -> list[Message]:
    return list(db.scalars(select(Message).where(Message.person_id == who(person), Message.kind == kind)))


def kinds_of(db: Session, subject: str) -> dict[Kind, int]:
    rows = db.execute(select(Transfer.kind, Transfer.amount).where(Transfer.subject == subject)).all()
    return {row.kind: row.amount for row in rows}


def test_an_award_can_be_spent_and_counts_for_life(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    assert balance_of(db, ana) == Balance(available=150, held=0, lifetime=150)


def test_an_award_names_its_cause_its_actor_and_its_reason(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    award = db.scalars(select(Transfer)).one()
    assert (award.cause, award.created_by, award.reason) == ("submission:1", mia.person_id, "Tell your story")


def test_a_second_award_of_the_same_subject_changes_nothing(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    earn(db, ana, 150, by=mia)
    assert balance_of(db, ana).available == 150


def test_awarding_twice_in_one_transaction_pays_once(db: Session, ana: Actor, mia: Actor) -> None:
    words = {"subject": "trial_call:1", "cause": "trial_call:1", "reason": "A call", "by": mia}
    first = awards.grant(db, who(ana), 100, **words)
    assert awards.grant(db, who(ana), 100, **words) is first
    db.commit()
    assert balance_of(db, ana).available == 100


def test_no_points_are_no_award(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 0, by=mia)
    assert db.scalars(select(Transfer)).all() == []


@pytest.mark.parametrize("points", [-1, 1_000_000_001])
def test_an_award_adds_points_up_to_a_billion(db: Session, ana: Actor, mia: Actor, points: int) -> None:
    with pytest.raises(Invalid):
        earn(db, ana, points, by=mia)


def test_an_award_says_why(db: Session, ana: Actor, mia: Actor) -> None:
    with pytest.raises(Invalid):
        awards.grant(db, who(ana), 5, subject="trial_call:1", cause="trial_call:1", reason="  ", by=mia)


def test_the_balance_knows_what_the_transaction_has_noted(db: Session, ana: Actor, mia: Actor) -> None:
    awards.grant(db, who(ana), 70, subject="trial_call:1", cause="trial_call:1", reason="A call", by=mia)
    assert balance.of(db, who(ana)).available == 70
    db.rollback()
    assert balance.of(db, who(ana)).available == 0


def test_an_award_inside_a_savepoint_is_a_mistake(db: Session, ana: Actor, mia: Actor) -> None:
    with db.begin_nested(), pytest.raises(RuntimeError):
        awards.grant(db, who(ana), 70, subject="trial_call:1", cause="trial_call:1", reason="A call", by=mia)


def test_somebody_without_accounts_has_nothing_and_gets_them_with_the_first_award(db: Session, mia: Actor) -> None:
    person = people.add_person(db, "Nina Roth", by=SYSTEM)
    assert balance.of(db, person.id) == Balance(0, 0, 0)
    nina = Actor(person.id)
    earn(db, nina, 20, by=mia)
    assert balance_of(db, nina).available == 20


def test_the_role_opens_the_accounts(db: Session, ana: Actor, mia: Actor) -> None:
    opened = db.scalars(select(Account.kind).where(Account.person_id == ana.person_id)).all()
    assert sorted(opened) == ["clawback", "person"]
    assert db.scalars(select(Account).where(Account.person_id == mia.person_id)).all() == []


def test_a_level_is_told_when_it_is_reached(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 499, subject="trial_call:1", by=mia)
    assert messages_of(db, ana, "points.level_reached") == []
    earn(db, ana, 1, subject="trial_call:2", by=mia)
    assert [message.data["level"] for message in messages_of(db, ana, "points.level_reached")] == ["Silver"]


def test_several_levels_at_once_are_told_as_the_highest(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 2600, by=mia)
    assert [message.data["level"] for message in messages_of(db, ana, "points.level_reached")] == ["Platinum"]


def test_awards_of_one_transaction_reach_a_level_together(db: Session, ana: Actor, mia: Actor) -> None:
    for number in (1, 2):
        awards.grant(db, who(ana), 250, subject=f"trial_call:{number}", cause="trial_call:1", reason="A call", by=mia)
    db.commit()
    assert len(messages_of(db, ana, "points.level_reached")) == 1


def test_an_unspent_award_is_taken_back_at_once(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    assert balance_of(db, ana) == Balance(0, 0, 0, owed=0)
    assert kinds_of(db, "trial_award:1") == {Kind.AWARD: 150, Kind.REVERSAL: 150}
    assert [message.data["points"] for message in messages_of(db, ana, "points.taken_back")] == [150]


def test_what_is_spent_becomes_a_debt_and_the_balance_stays_above_zero(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    hold(db, ana, 100)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    assert balance_of(db, ana) == Balance(available=0, held=100, lifetime=0, owed=100)
    assert kinds_of(db, "trial_award:1") == {Kind.AWARD: 150, Kind.REVERSAL: 50, Kind.CLAWBACK: 100}


def test_an_award_that_is_all_spent_becomes_all_debt(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    hold(db, ana, 150)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    assert balance_of(db, ana) == Balance(available=0, held=150, lifetime=0, owed=150)
    assert kinds_of(db, "trial_award:1") == {Kind.AWARD: 150, Kind.CLAWBACK: 150}


def test_later_awards_repay_the_debt_and_count_for_life_in_full(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    hold(db, ana, 150)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    earn(db, ana, 60, subject="trial_call:1", by=mia)
    assert balance_of(db, ana) == Balance(available=0, held=150, lifetime=60, owed=90)
    earn(db, ana, 100, subject="trial_call:2", by=mia)
    assert balance_of(db, ana) == Balance(available=10, held=150, lifetime=160, owed=0)
    assert kinds_of(db, "trial_call:2") == {Kind.AWARD: 100, Kind.RECOVERY: 90}


def test_a_debt_is_repaid_once_by_several_awards_of_one_transaction(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    hold(db, ana, 150)
    awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    for number in (1, 2):
        awards.grant(db, who(ana), 100, subject=f"trial_call:{number}", cause="trial_call:1", reason="A call", by=mia)
    db.commit()
    assert balance_of(db, ana) == Balance(available=50, held=150, lifetime=200, owed=0)


def test_a_second_claw_back_changes_nothing(db: Session, ana: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    hold(db, ana, 100)
    first = awards.claw_back(db, "trial_award:1", reason="Handed in twice", by=mia)
    db.commit()
    again = awards.claw_back(db, "trial_award:1", reason="Once more", by=mia)
    db.commit()
    assert [(row.kind, row.amount) for row in again] == [(row.kind, row.amount) for row in first]
    assert balance_of(db, ana).owed == 100


def test_only_managers_take_back(db: Session, ana: Actor, ben: Actor, mia: Actor) -> None:
    earn(db, ana, 150, by=mia)
    with pytest.raises(NotAllowed):
        awards.claw_back(db, "trial_award:1", reason="Envy", by=ben)


def test_what_was_not_awarded_cannot_be_taken_back(db: Session, mia: Actor) -> None:
    with pytest.raises(NotFound):
        awards.claw_back(db, "trial_award:9", reason="Nothing", by=mia)


def test_an_award_is_not_taken_back_in_the_moment_it_is_made(db: Session, ana: Actor, mia: Actor) -> None:
    awards.grant(db, who(ana), 100, subject="trial_call:1", cause="trial_call:1", reason="A call", by=mia)
    with pytest.raises(Invalid):
        awards.claw_back(db, "trial_call:1", reason="Wrong", by=mia)

"""Before a consent runs out its person is asked once whether to renew it, and nothing happens without them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents, jobs, renewals
from portal.consent.models import ConsentReminder
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.people import people
from portal.people.states import AdvocateStatus
from tests.consent.expiring import expire_due
from tests.consented import Known, agree

On = Callable[[float], None]


@pytest.fixture
def on(db: Session, at: Callable[[str], None]) -> On:
    """Let the rest of the transaction live so many days after the test began."""
    began = now(db)
    return lambda days: at((began + timedelta(days=days)).isoformat())


def reminders(db: Session, who: Known) -> list[Message]:
    wanted = select(Message).where(Message.person_id == who.id, Message.kind == renewals.KIND).order_by(Message.id)
    return list(db.scalars(wanted))


def test_one_reminder_thirty_days_before_and_never_a_second(db: Session, ana: Known, on: On) -> None:
    agree(db, ana)
    db.commit()
    on(334)
    assert renewals.due(db) == []
    assert not renewals.remind(db, ana.id)
    on(336)
    assert renewals.due(db) == [ana.id]
    assert renewals.remind(db, ana.id)
    db.commit()
    on(337)
    assert renewals.due(db) == []
    assert not renewals.remind(db, ana.id)
    on(356)
    assert not renewals.remind(db, ana.id)
    (message,) = reminders(db, ana)
    assert message.data["scopes"] == sorted([SAME_INDUSTRY, OTHER_INDUSTRIES])
    assert KINDS[message.kind].may_send(db, message) is None


def test_what_was_given_on_different_days_is_reminded_of_together_or_each_once(db: Session, ana: Known, on: On) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    on(10)
    agree(db, ana, [OTHER_INDUSTRIES])
    on(110)
    agree(db, ana, ["quote:written:prospects"])
    db.commit()
    on(346)
    assert renewals.remind(db, ana.id)
    db.commit()
    on(450)
    assert expire_due(db) == 1
    assert renewals.remind(db, ana.id)
    assert [len(message.data["scopes"]) for message in reminders(db, ana)] == [2, 1]
    db.commit()


def test_a_renewal_keeps_the_reminder_from_going_out_and_brings_a_new_one_next_year(
    db: Session, ana: Known, on: On
) -> None:
    agree(db, ana)
    db.commit()
    on(340)
    renewals.remind(db, ana.id)
    db.commit()
    (message,) = reminders(db, ana)
    on(341)
    agree(db, ana)
    db.commit()
    assert KINDS[message.kind].may_send(db, message) == "superseded"
    on(690)
    assert renewals.remind(db, ana.id)
    assert len(reminders(db, ana)) == 2
    db.commit()


def test_doing_nothing_lets_it_end(db: Session, ana: Known, on: On) -> None:
    agree(db, ana)
    db.commit()
    on(340)
    renewals.remind(db, ana.id)
    db.commit()
    (message,) = reminders(db, ana)
    on(366)
    assert KINDS[message.kind].may_send(db, message) == "superseded"
    assert expire_due(db) == 1
    db.commit()
    assert consents.live_scopes(db, ana.id) == []


@pytest.mark.parametrize("change", ["withdrawn", "suspended", "left"])
def test_who_is_out_is_not_reminded(db: Session, ana: Known, on: On, change: str) -> None:
    agree(db, ana)
    if change == "withdrawn":
        consents.withdraw(db, ana.id, by=ana.actor)
    elif change == "suspended":
        people.suspend(db, ana.id, by=SYSTEM)
    else:
        people.move_advocate(db, ana.id, AdvocateStatus.LEFT, by=SYSTEM)
    db.commit()
    on(340)
    assert renewals.due(db) == []


def test_the_job_gives_each_person_a_job_of_their_own(db: Session, ana: Known, sol: Known, on: On) -> None:
    for who in (ana, sol):
        agree(db, who)
    db.commit()
    on(340)
    jobs.remind(db)
    db.commit()
    waiting = db.scalars(
        text("SELECT args ->> 'person_id' FROM procrastinate_jobs WHERE task_name = 'consent.remind_person'")
    ).all()
    assert sorted(map(int, waiting)) == sorted([ana.id, sol.id])
    on(340)
    for who in (ana, sol):
        jobs.remind_person(db, who.id)
        jobs.remind_person(db, who.id)
    assert [len(reminders(db, who)) for who in (ana, sol)] == [1, 1]
    db.commit()


def test_a_second_reminder_of_one_consent_cannot_be_stored(db: Session, ana: Known, sol: Known, on: On) -> None:
    agree(db, ana)
    db.commit()
    on(340)
    renewals.remind(db, ana.id)
    db.commit()
    again = "INSERT INTO consent_reminder (event_id, person_id) SELECT event_id, {who} FROM consent_reminder"
    with pytest.raises(IntegrityError, match="pk_consent_reminder"):
        db.execute(text(again.format(who=ana.id)))
    db.rollback()
    with pytest.raises(IntegrityError, match="fk_consent_reminder_event"):
        db.execute(
            text("INSERT INTO consent_reminder (event_id, person_id) SELECT max(id) + 1000, :who FROM consent_event"),
            {"who": sol.id},
        )
    db.rollback()
    assert len(db.scalars(select(ConsentReminder)).all()) == 2

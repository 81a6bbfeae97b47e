"""Quiet hours: a mail that falls into them waits, by the clock of its reader, and goes when they are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import pinned
from portal.database.refusal import Invalid
from portal.jobs import run_due
from portal.messages import jobs, messages, preferences, queries
from portal.messages.models import Message, QuietHours
from portal.messages.quiet import quiet_until, zone_named
from portal.messages.states import MessageState, Reason
from portal.people import people
from portal.people.models import Person
from tests.messages.conftest import Standing

Mails = Callable[[], list[EmailMessage]]
EVENING, MORNING = time(22), time(7)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "starts", "ends", "now", "until"),
    [
        # two zones, one instant: night in Berlin, afternoon in New York
        ("Europe/Berlin", EVENING, MORNING, "2026-01-14T22:30+00:00", "2026-01-15T07:00+01:00"),
        ("America/New_York", EVENING, MORNING, "2026-01-14T22:30+00:00", None),
        ("Asia/Kolkata", EVENING, MORNING, "2026-01-14T22:30+00:00", "2026-01-15T07:00+05:30"),
        # the edges: the first minute is quiet, the last one is not
        ("Europe/Berlin", EVENING, MORNING, "2026-01-14T22:00+01:00", "2026-01-15T07:00+01:00"),
        ("Europe/Berlin", EVENING, MORNING, "2026-01-15T07:00+01:00", None),
        ("Europe/Berlin", time(12), time(13), "2026-01-15T12:59+01:00", "2026-01-15T13:00+01:00"),
        ("Europe/Berlin", time(12), time(13), "2026-01-15T11:59+01:00", None),
        # the clock is moved in the night: they end at seven by the new time
        ("Europe/Berlin", EVENING, MORNING, "2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("Europe/Berlin", EVENING, MORNING, "2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
        ("America/New_York", EVENING, MORNING, "2026-03-07T23:00-05:00", "2026-03-08T07:00-04:00"),
        # an end that does not occur (02:30 on 29 March) comes late, one that occurs twice counts the second time
        ("Europe/Berlin", EVENING, time(2, 30), "2026-03-29T01:59+01:00", "2026-03-29T03:30+02:00"),
        ("Europe/Berlin", EVENING, time(2, 30), "2026-10-25T02:45+02:00", "2026-10-25T02:30+01:00"),
        ("Europe/Berlin", EVENING, time(2, 30), "2026-10-25T02:30+01:00", None),
        # a beginning that occurs twice counts the first time
        ("Europe/Berlin", time(2, 30), MORNING, "2026-10-25T02:10+01:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_when_quiet_hours_end(zone: str, starts: time, ends: time, now: str, until: str | None) -> None:
    assert quiet_until(starts, ends, ZoneInfo(zone), at(now)) == (at(until) if until else None)


def test_a_zone_that_means_nothing_is_utc() -> None:
    assert zone_named("Mars/Base") == ZoneInfo("UTC")


def living_in(db: Session, person: Person, zone: str) -> None:
    people.change_person(db, person.id, by=SYSTEM, name=person.name, title=None, time_zone=zone)
    preferences.keep_quiet(db, person.id, EVENING, MORNING)
    db.commit()


def test_a_mail_waits_for_the_morning_of_its_reader(
    db: Session, ana: Person, sent: Mails, standing: Callable[[Message], Standing]
) -> None:
    bea = people.add_person(db, "Bea", by=SYSTEM, email="bea@example.com", verified=True)
    living_in(db, ana, "Europe/Berlin")
    living_in(db, bea, "America/New_York")
    with pinned(at("2026-03-28T23:30+01:00")):
        told = [messages.notify(db, person.id, "test.wished") for person in (ana, bea)]
        urgent = messages.notify(db, ana.id, "security.test")
        db.commit()
        assert messages.unread(db, ana.id) == 2, "in the portal at once"
        db.commit()
        run_due(db)
        assert standing(told[0]) == (MessageState.HELD, Reason.QUIET_HOURS)
        assert standing(told[1]) == (MessageState.SENT, None)
        assert standing(urgent) == (MessageState.SENT, None), "what is essential does not wait"
        held = queries.explained(db, ana.id, told[0].public_id)
        assert held.held_until == at("2026-03-29T07:00+02:00")
        db.commit()
    with pinned(at("2026-03-29T06:59+02:00")):
        run_due(db)
        assert standing(told[0])[0] is MessageState.HELD
        jobs.send(told[0].id)
        assert standing(told[0])[0] is MessageState.HELD, "asked again, and still quiet"
    with pinned(at("2026-03-29T07:00+02:00")):
        run_due(db)
        assert standing(told[0]) == (MessageState.SENT, None)
    assert len(sent()) == 3


def test_what_is_switched_off_meanwhile_does_not_go_in_the_morning(
    db: Session, ana: Person, sent: Mails, standing: Callable[[Message], Standing]
) -> None:
    living_in(db, ana, "Europe/Berlin")
    with pinned(at("2026-01-14T23:30+01:00")):
        message = messages.notify(db, ana.id, "test.wished", subject_ref="thing:1")
        superseded = messages.notify(db, ana.id, "test.wished", subject_ref="thing:2")
        db.commit()
        run_due(db)
        preferences.switch(db, ana.id, "test.wished", wanted=False)
        messages.supersede(db, "thing:2")
        db.commit()
    with pinned(at("2026-01-15T07:00+01:00")):
        run_due(db)
    assert standing(message) == (MessageState.DROPPED, Reason.UNSUBSCRIBED)
    assert standing(superseded) == (MessageState.DROPPED, Reason.SUPERSEDED)
    assert sent() == []


@pytest.mark.parametrize("change", ["ended", "shorter"])
def test_what_is_held_goes_as_soon_as_the_hours_no_longer_hold_it(
    db: Session, ana: Person, sent: Mails, change: str
) -> None:
    living_in(db, ana, "Europe/Berlin")
    with pinned(at("2026-01-15T05:30+01:00")):
        messages.notify(db, ana.id, "test.wished")
        db.commit()
        run_due(db)
        assert sent() == []
        if change == "ended":
            preferences.end_quiet(db, ana.id)
        else:
            preferences.keep_quiet(db, ana.id, EVENING, time(5))
        db.commit()
        run_due(db)
    assert len(sent()) == 1


def test_the_tidying_job_leaves_quiet_hours_alone(db: Session, ana: Person) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    preferences.keep_quiet(db, ana.id, *_around(hour_ago))
    message = messages.notify(db, ana.id, "test.wished")
    message.created_at = hour_ago
    db.commit()
    jobs.send(message.id)
    assert messages.try_again(db) == 0
    db.execute(text("UPDATE message SET held_until = now() - interval '1 minute'"))
    assert messages.try_again(db) == 1, "a job that was lost is made up for"
    db.commit()


def _around(moment: datetime) -> tuple[time, time]:
    begin = (moment - timedelta(hours=1)).replace(second=0, microsecond=0)
    return begin.time(), (begin + timedelta(hours=8)).time()


def test_quiet_hours_need_two_times(db: Session, ana: Person) -> None:
    with pytest.raises(Invalid):
        preferences.keep_quiet(db, ana.id, EVENING, EVENING)
    preferences.end_quiet(db, ana.id)
    preferences.keep_quiet(db, ana.id, EVENING, MORNING)
    preferences.keep_quiet(db, ana.id, time(20), MORNING)
    assert queries.quiet_hours(db, ana.id) == (time(20), MORNING)
    assert len(db.scalars(select(QuietHours)).all()) == 1
    db.commit()


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO quiet_hours VALUES (:id, '22:00', '22:00')", "ck_quiet_hours_some"),
        ("INSERT INTO quiet_hours VALUES (:id, '22:00', '24:00')", "ck_quiet_hours_minutes"),
        (
            "INSERT INTO quiet_hours VALUES (:id, '22:00:01', '01:00')",
            "ck_quiet_hours_minutes",
        ),
        ("UPDATE message SET state = 'held', reason = 'quiet_hours' WHERE person_id = :id", "ck_message_held_until"),
        ("UPDATE message SET held_until = now() WHERE person_id = :id", "ck_message_held_until"),
    ],
)
def test_the_database_refuses(db: Session, ana: Person, statement: str, constraint: str) -> None:
    messages.notify(db, ana.id, "test.wished")
    db.commit()
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(text(statement), {"id": ana.id})
    db.rollback()

"""What calendars read: two other parsers take every file, whatever the zone, the season and the names."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import jobs
from portal.clock import now, pinned
from portal.consent import consents
from portal.messages import mail
from portal.messages.models import Message
from portal.people.models import Person
from portal.references import answers, calendars, invites, requests, times
from portal.references.calendars import CallEvent, Method, Side
from portal.references.models import Assignment, CallTime, ReferenceCall, ReferenceRequest
from portal.settings import Settings
from portal.web.app import Portal
from tests.asking import accepted
from tests.browsing import Browser
from tests.consented import Known, agree

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ics
    import vobject

SETTINGS = Settings(env="test", base_url="https://portal.example.com", mail_from="Northstar <portal@northstar.example>")
ANA, TOM = Side("Ana \"Ani\" Mitchell; VP, 'Ops'", "ana@harbor.example"), Side("Tom Alvarez", "tom@northstar.example")
STARTS = {
    "winter in Berlin": datetime(2026, 1, 15, 17, tzinfo=ZoneInfo("Europe/Berlin")),
    "the night before summer time": datetime(2026, 3, 28, 23, 45, tzinfo=ZoneInfo("Europe/Berlin")),
    "the first hour of summer time": datetime(2026, 3, 29, 3, 0, tzinfo=ZoneInfo("Europe/Berlin")),
    "the hour that occurs twice, first": datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    "the hour that occurs twice, then": datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    "between the changes of two continents": datetime(2026, 3, 15, 9, tzinfo=ZoneInfo("America/New_York")),
    "half an hour off": datetime(2026, 7, 1, 9, 15, tzinfo=ZoneInfo("Asia/Kolkata")),
    "over new year": datetime(2026, 12, 31, 23, 50, tzinfo=ZoneInfo("Pacific/Kiritimati")),
    "leap day": datetime(2028, 2, 29, 12, tzinfo=ZoneInfo("Pacific/Niue")),
}
PLACES = (None, "https://meet.example/a,b;c?d=1", "+49 30 1234, " + "Zimmer Übergröße 東京 " * 8)


def event(start: datetime, place: str | None = None, sequence: int = 3) -> CallEvent:
    return CallEvent(
        call=UUID(int=7),
        sequence=sequence,
        starts_at=start,
        stamp=datetime(2026, 1, 1, tzinfo=UTC),
        summary='Reference call with Bright; line, "Ltd"',
        path="/asks/7",
        place=place,
        rep=TOM,
        advocate=ANA,
    )


@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL, Method.PUBLISH])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("season", STARTS)
def test_two_other_parsers_read_the_same(season: str, place: str | None, method: Method) -> None:
    start = STARTS[season]
    written = calendars.write(event(start, place), method, SETTINGS)
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = vobject.readOne(written.decode())
        (other,) = ics.Calendar(written.decode()).events
    found = one.vevent
    assert one.method.value == method.value
    assert found.uid.value == other.uid == "call-00000000-0000-0000-0000-000000000007@portal.example.com"
    assert found.sequence.value == "3"
    assert found.dtstart.value.astimezone(UTC) == other.begin.datetime.astimezone(UTC) == start.astimezone(UTC)
    assert found.dtend.value - found.dtstart.value == other.duration == timedelta(minutes=30)
    assert found.summary.value == other.name == event(start).summary
    assert found.status.value == other.status == ("CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    assert found.organizer.value == "mailto:tom@northstar.example"
    if place is not None:
        assert found.location.value == other.location == place
    invited = [] if method is Method.PUBLISH else ["mailto:tom@northstar.example", "mailto:ana@harbor.example"]
    assert [one.value for one in found.contents.get("attendee", [])] == invited
    assert {one.email for one in other.attendees} == {address.removeprefix("mailto:") for address in invited}


def test_a_side_without_an_address_is_left_out_and_the_portal_invites() -> None:
    lonely = CallEvent(**{**{n: getattr(event(STARTS["leap day"]), n) for n in CallEvent.__slots__}, "rep": None})
    found = Calendar.from_ical(calendars.write(lonely, Method.REQUEST, SETTINGS)).walk("VEVENT")[0]
    assert str(found["organizer"]) == "mailto:portal@northstar.example"
    assert str(found["attendee"]) == "mailto:ana@harbor.example"
    assert found["attendee"].params["RSVP"] == "TRUE"


Dated = tuple[ReferenceRequest, Assignment, ReferenceCall]


@pytest.fixture
def letters(app: Portal, db: Session) -> Callable[[], dict[str, list[EmailMessage]]]:
    """The mails with an invite that were sent, by address, the oldest first."""
    folder: Path = mail.folder(app.config["PORTAL"])
    for file in folder.glob("*"):
        file.unlink()

    def read() -> dict[str, list[EmailMessage]]:
        db.commit()
        jobs.run_due(db)
        db.rollback()
        found: dict[str, list[EmailMessage]] = {}
        for file in sorted(folder.glob("[0-9]*.eml")):
            letter = message_from_bytes(file.read_bytes(), policy=policy.default)
            if any(part.get_content_type() == "text/calendar" for part in letter.walk()):
                found.setdefault(letter["To"].addresses[0].addr_spec, []).append(letter)
        return found

    return read


@pytest.fixture
def dated(db: Session, ana: Known, rep: Known) -> Dated:
    db.get_one(Person, ana.id).time_zone = "America/New_York"
    agree(db, ana)
    found = accepted(db, ana, rep)
    start = now(db).replace(minute=0, second=0, microsecond=0) + timedelta(hours=60)
    times.offer(db, found[2].id, [start, start + timedelta(hours=5)], by=ana.actor)
    take(db, found[2], 1, rep, place="https://meet.example/1")
    db.commit()
    return found


def take(db: Session, call: ReferenceCall, position: int, by: Known, **more: str) -> None:
    time = select(CallTime).where(CallTime.call_id == call.id, CallTime.position == position)
    picked = db.scalars(time.execution_options(populate_existing=True)).one()
    times.pick(db, picked.public_id, seen=call.sequence, by=by.actor, **more)


def told(letter: EmailMessage) -> tuple[str, str, int, str]:
    """The method of the part, that of the calendar in it, its number and status."""
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert b"\r\n" in raw
    calendar = Calendar.from_ical(raw)
    inside = calendar.walk("VEVENT")[0]
    return str(part.get_param("method")), str(calendar["method"]), int(inside["sequence"]), str(inside["status"])


def body(letter: EmailMessage) -> bytes:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.replace(b"\r\n ", b"")


def uids(found: list[EmailMessage]) -> set[str]:
    return {str(Calendar.from_ical(body(letter)).walk("VEVENT")[0]["uid"]) for letter in found}


def test_both_get_an_invite_an_update_and_a_cancellation(
    db: Session, dated: Dated, ana: Known, rep: Known, letters: Callable[[], dict[str, list[EmailMessage]]]
) -> None:
    letters()
    take(db, dated[2], 2, rep)
    letters()
    answers.step_back(db, dated[1].id, by=ana.actor)
    found = letters()
    assert set(found) == {"ana@harbor.example", "tom@northstar.example"}
    for theirs in found.values():
        assert [told(letter) for letter in theirs] == [
            ("REQUEST", "REQUEST", 1, "CONFIRMED"),
            ("REQUEST", "REQUEST", 2, "CONFIRMED"),
            ("CANCEL", "CANCEL", 3, "CANCELLED"),
        ]
        assert len(uids(theirs)) == 1
    last = body(found["tom@northstar.example"][-1])
    assert b"ana@harbor" not in last
    assert b"Ana" not in last, "contact data have closed: the rep's cancellation names nobody else"
    assert "EST" in str(found["ana@harbor.example"][0]["Subject"]) or "EDT" in str(
        found["ana@harbor.example"][0]["Subject"]
    )
    assert "UTC" in str(found["tom@northstar.example"][0]["Subject"])


def test_nothing_of_the_other_side_is_told_once_consent_has_ended(
    db: Session, dated: Dated, ana: Known, letters: Callable[[], dict[str, list[EmailMessage]]]
) -> None:
    consents.withdraw(db, ana.id, by=ana.actor)
    found = letters()
    assert [told(letter)[0] for letter in found["tom@northstar.example"]] == ["CANCEL"], "the invite waited too long"
    assert b"ana@harbor" not in body(found["tom@northstar.example"][0])


def test_who_switched_invites_off_gets_neither_those_nor_their_cancellation(
    db: Session, dated: Dated, ana: Known, rep: Known, letters: Callable[[], dict[str, list[EmailMessage]]]
) -> None:
    db.execute(
        text("INSERT INTO mail_preference (person_id, kind, wanted) VALUES (:who, 'call.invite', false)"),
        {"who": rep.id},
    )
    db.commit()
    requests.withdraw(db, dated[0].id, by=rep.actor)
    assert set(letters()) == {"ana@harbor.example"}
    assert db.scalar(select(Message.reason).where(Message.person_id == rep.id, Message.kind == "call.invite").limit(1))


@pytest.mark.parametrize(("hours", "waits"), [(20, False), (60, True)])
def test_quiet_hours_hold_an_invite_only_where_it_still_comes_in_time(
    db: Session, ana: Known, rep: Known, letters: Callable[[], dict[str, list[EmailMessage]]], hours: int, waits: bool
) -> None:
    evening = datetime(2026, 6, 15, 22, tzinfo=UTC)
    with pinned(evening):
        db.rollback()
        db.execute(
            text("INSERT INTO quiet_hours (person_id, starts, ends) VALUES (:who, '00:00', '23:59')"), {"who": ana.id}
        )
        agree(db, ana)
        _request, _assignment, call = accepted(db, ana, rep)
        times.offer(db, call.id, [evening + timedelta(hours=hours / 20 + (24 if waits else 0))], by=ana.actor)
        take(db, call, 1, rep)
        found = letters()
        assert "tom@northstar.example" in found
        assert ("ana@harbor.example" in found) is not waits


@pytest.mark.parametrize("face", ["advocate", "sales"])
def test_the_page_has_it_as_a_file(db: Session, app: Portal, dated: Dated, ana: Known, rep: Known, face: str) -> None:
    who, page = (
        (ana, f"/asks/{dated[1].public_id}") if face == "advocate" else (rep, f"/sales/requests/{dated[0].public_id}")
    )
    browser = Browser(app, db, who.actor)
    assert "call.ics" in browser.get(page).text
    answer = browser.get(f"{page}/call.ics")
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    found = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert found["dtstart"].dt == dated[2].starts_at
    assert "attendee" not in found
    db.rollback()
    times.want_others(db, dated[2].id, by=rep.actor)
    db.commit()
    assert browser.get(f"{page}/call.ics").status_code == 404


def test_the_sender_reads_consent_again_for_an_invite(db: Session, dated: Dated) -> None:
    assert invites.stands(db, dated[2].id, 1)
    assert not invites.stands(db, dated[2].id, 2)
    assert not invites.stands(db, 999_999, 1)

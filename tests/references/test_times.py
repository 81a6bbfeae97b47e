"""A call gets a time: the advocate offers some, the rep picks one, either side moves it; calendars are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents
from portal.consent.models import Disclosure
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.people import people
from portal.references import answers, calls, feedback, requests, times
from portal.references.models import Assignment, CallState, CallTime, ReferenceCall, ReferenceRequest
from tests.asking import accepted, history_of, messages_to, travel
from tests.consented import Known, agree, make_staff

Accepted = tuple[ReferenceRequest, Assignment, ReferenceCall]


@pytest.fixture
def open_call(db: Session, ana: Known, rep: Known) -> Accepted:
    agree(db, ana)
    found = accepted(db, ana, rep)
    db.commit()
    return found


def ahead(db: Session, *hours: float) -> list[datetime]:
    return [now(db).replace(minute=0, second=0, microsecond=0) + timedelta(hours=one) for one in hours]


def on_offer(db: Session, call: ReferenceCall) -> list[CallTime]:
    wanted = select(CallTime).where(CallTime.call_id == call.id, CallTime.withdrawn_at.is_(None))
    return list(db.scalars(wanted.order_by(CallTime.starts_at).execution_options(populate_existing=True)))


def pick(db: Session, call: ReferenceCall, nth: int, by: Known, **more: Any) -> ReferenceCall:
    return times.pick(db, on_offer(db, call)[nth].public_id, seen=call.sequence, by=by.actor, **more)


def told(db: Session, who: Known) -> list[tuple[str, int]]:
    wanted = select(Message).where(Message.person_id == who.id, Message.kind == "call.invite").order_by(Message.id)
    return [(one.data["told"], one.data["sequence"]) for one in db.scalars(wanted)]


@pytest.fixture
def dated(db: Session, open_call: Accepted, ana: Known, rep: Known) -> Accepted:
    call = open_call[2]
    times.offer(db, call.id, ahead(db, 30, 50, 70), by=ana.actor)
    pick(db, call, 0, rep, place="https://meet.example/1")
    db.commit()
    return open_call


def test_acceptance_opens_a_call_without_a_time(db: Session, open_call: Accepted) -> None:
    assert (open_call[2].state, open_call[2].starts_at, open_call[2].sequence) == (CallState.PROPOSED, None, 0)


def test_the_advocate_offers_and_the_rep_picks(db: Session, open_call: Accepted, ana: Known, rep: Known) -> None:
    request, _assignment, call = open_call
    for _click in range(2):
        times.offer(db, call.id, ahead(db, 50, 30, 50), by=ana.actor)
        db.commit()
    assert [one.position for one in on_offer(db, call)] == [1, 2]
    assert messages_to(db, rep)[-1] == "call.times_offered"
    for _click in range(2):
        picked = on_offer(db, call)[1]
        times.pick(db, picked.public_id, seen=0, by=rep.actor, place="  +49 30 1234 ")
        db.commit()
    assert (call.state, call.starts_at, call.place) == (CallState.SCHEDULED, picked.starts_at, "+49 30 1234")
    assert told(db, ana) == told(db, rep) == [("invited", 1)]
    assert history_of(db, request)[-2:] == ["times_offered", "time_picked"]
    assert db.scalars(select(Disclosure.subject).order_by(Disclosure.id)).all()[-1] == f"call:{call.id}"


def test_another_pick_moves_the_call_to_the_next_number(db: Session, dated: Accepted, ana: Known, rep: Known) -> None:
    pick(db, dated[2], 2, rep)
    db.commit()
    assert told(db, ana) == told(db, rep) == [("invited", 1), ("moved", 2)]


def test_a_page_that_is_out_of_date_picks_nothing(db: Session, dated: Accepted, rep: Known) -> None:
    with pytest.raises(Conflict, match="already"):
        times.pick(db, on_offer(db, dated[2])[1].public_id, seen=0, by=rep.actor)


def test_other_times_take_the_agreed_one_away(db: Session, dated: Accepted, ana: Known, rep: Known) -> None:
    call = dated[2]
    for _click in range(2):
        times.offer(db, call.id, ahead(db, 90), by=ana.actor)
        db.commit()
    assert (call.state, call.starts_at) == (CallState.PROPOSED, None)
    assert told(db, ana) == told(db, rep) == [("invited", 1), ("cancelled", 2)]
    pick(db, call, 0, rep)
    db.commit()
    assert told(db, rep)[-1] == ("invited", 3)


def test_more_times_beside_the_agreed_one_change_nothing_about_it(db: Session, dated: Accepted, ana: Known) -> None:
    assert dated[2].starts_at is not None
    times.offer(db, dated[2].id, [dated[2].starts_at, *ahead(db, 90)], by=ana.actor)
    db.commit()
    assert (dated[2].state, dated[2].sequence) == (CallState.SCHEDULED, 1)


@pytest.mark.parametrize("scheduled", [False, True])
def test_the_rep_asks_for_others(db: Session, open_call: Accepted, ana: Known, rep: Known, scheduled: bool) -> None:
    request, _assignment, call = open_call
    times.offer(db, call.id, ahead(db, 30, 50), by=ana.actor)
    if scheduled:
        pick(db, call, 0, rep)
    for _click in range(2):
        times.want_others(db, call.id, by=rep.actor)
        db.commit()
    assert on_offer(db, call) == []
    assert call.state is CallState.PROPOSED
    assert messages_to(db, ana).count("call.times_wanted") == 1
    assert history_of(db, request).count("times_wanted") == 1
    assert told(db, ana) == ([("invited", 1), ("cancelled", 2)] if scheduled else [])
    times.offer(db, call.id, ahead(db, 30), by=ana.actor)
    db.commit()
    assert call.times_wanted_at is None


ENDS = {
    "stepped back": lambda db, found, ana, rep: answers.step_back(db, found[1].id, by=ana.actor),
    "taken back": lambda db, found, ana, rep: requests.withdraw(db, found[0].id, by=rep.actor),
    "consent withdrawn": lambda db, found, ana, rep: consents.withdraw(db, ana.id, by=ana.actor),
}


@pytest.mark.parametrize("how", ENDS)
def test_whatever_ends_a_call_that_has_a_time_tells_the_calendars(
    db: Session, dated: Accepted, ana: Known, rep: Known, how: str
) -> None:
    ENDS[how](db, dated, ana, rep)
    db.commit()
    assert dated[2].state is CallState.CANCELLED
    assert told(db, ana) == told(db, rep) == [("invited", 1), ("cancelled", 2)]
    for verb in (lambda: times.offer(db, dated[2].id, ahead(db, 99), by=ana.actor), lambda: pick(db, dated[2], 1, rep)):
        with pytest.raises(Conflict):
            verb()
        db.rollback()


def test_a_call_without_a_time_ends_without_a_word_to_calendars(db: Session, open_call: Accepted, ana: Known) -> None:
    answers.step_back(db, open_call[1].id, by=ana.actor)
    db.commit()
    assert told(db, ana) == []


def test_how_it_went_is_said_after_it_began(db: Session, dated: Accepted, rep: Known) -> None:
    for verb in (calls.confirm_held, calls.did_not_happen):
        with pytest.raises(Conflict, match="agreed for later"):
            verb(db, dated[2].id, by=rep.actor)
        db.rollback()
    travel(db, now(db) + timedelta(hours=31))
    calls.confirm_held(db, dated[2].id, by=rep.actor)
    db.commit()
    travel(db, now(db) + timedelta(hours=31))
    feedback.close(db, dated[0].id, by=rep.actor)
    db.commit()


def test_the_rep_is_asked_after_the_agreed_time_not_the_day_it_was_needed(
    db: Session, dated: Accepted, rep: Known
) -> None:
    assert dated[2].starts_at is not None
    travel(db, dated[2].starts_at + timedelta(minutes=29))
    assert calls.remind_due(db) == 0
    travel(db, dated[2].starts_at + timedelta(minutes=30))
    assert calls.remind_due(db) == 1
    assert calls.remind_due(db) == 0


def test_a_call_agreed_for_later_was_not_given_before(db: Session, dated: Accepted, ana: Known, rep: Known) -> None:
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    with pytest.raises(Conflict, match="cancelled"):
        calls.confirm_held(db, dated[2].id, by=rep.actor)
    with pytest.raises(IntegrityError, match="given_before"):
        db.execute(
            text("UPDATE reference_call SET state = 'held', held_at = starts_at, confirmed_by = :rep"), {"rep": rep.id}
        )


@pytest.mark.parametrize(
    ("hours", "words"),
    [((), "at least one"), ((30, 40, 50, 60, 70, 80), "at most 5"), ((0.5,), "an hour ahead"), ((9999,), "before")],
)
def test_times_that_help_nobody_are_refused(
    db: Session, open_call: Accepted, ana: Known, hours: tuple[float, ...], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        times.offer(db, open_call[2].id, [now(db) + timedelta(hours=one) for one in hours], by=ana.actor)


def test_each_side_does_its_own_part(db: Session, dated: Accepted, ana: Known, rep: Known, sol: Known) -> None:
    call, other = dated[2], make_staff(db, "Other Rep", "sales")
    for stranger in (rep, sol, other):
        with pytest.raises(NotFound):
            times.offer(db, call.id, ahead(db, 30), by=stranger.actor)
    for stranger in (sol, other, ana):
        with pytest.raises(NotFound):
            pick(db, call, 1, stranger)
        with pytest.raises(NotFound):
            times.want_others(db, call.id, by=stranger.actor)
    people.grant_role(db, ana.id, "manager", by=SYSTEM)
    with pytest.raises(NotAllowed):
        pick(db, call, 1, Known(ana.id, type(ana.actor)(ana.id, frozenset({"advocate", "manager"})), None))
    with pytest.raises(NotFound):
        times.want_others(db, 999_999, by=rep.actor)
    with pytest.raises(NotFound):
        times.pick(db, dated[0].public_id, seen=0, by=rep.actor)
    with pytest.raises(Invalid):
        pick(db, call, 1, rep, place="x" * 301)
    db.rollback()


def test_a_time_that_is_over_is_not_picked(db: Session, open_call: Accepted, ana: Known, rep: Known) -> None:
    times.offer(db, open_call[2].id, ahead(db, 30), by=ana.actor)
    db.commit()
    travel(db, now(db) + timedelta(hours=31))
    with pytest.raises(Conflict, match="over"):
        pick(db, open_call[2], 0, rep)


def test_a_manager_picks_for_the_rep(db: Session, open_call: Accepted, ana: Known, rep: Known, mia: Known) -> None:
    times.offer(db, open_call[2].id, ahead(db, 30), by=ana.actor)
    pick(db, open_call[2], 0, mia)
    db.commit()
    assert told(db, rep) == [("invited", 1)]
    assert told(db, mia) == []


BERLIN = ZoneInfo("Europe/Berlin")
wall = datetime.fromisoformat


def test_times_mean_what_the_wall_shows_on_both_sides_of_a_change_of_the_clock() -> None:
    assert times.local(wall("2026-10-24 17:00"), BERLIN) == datetime(2026, 10, 24, 15, tzinfo=UTC)
    assert times.local(wall("2026-10-26 17:00"), BERLIN) == datetime(2026, 10, 26, 16, tzinfo=UTC)
    assert times.local(wall("2026-11-01 09:00"), ZoneInfo("America/New_York")) == datetime(2026, 11, 1, 14, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2026-03-29 02:30", "2026-10-25 02:30"])
def test_an_hour_that_the_clock_skips_or_shows_twice_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="clocks change"):
        times.local(wall(typed), BERLIN, field="first")


@pytest.mark.parametrize("year", [1, 1999, 2101, 9999])
def test_a_year_of_nobody_s_life_is_refused(year: int) -> None:
    with pytest.raises(Invalid):
        times.local(wall(f"{year:04}-01-01"), BERLIN)


EXTRA = (
    "INSERT INTO call_time (call_id, starts_at, position)"
    " SELECT call_id, max(starts_at) + interval '1 h', {} FROM call_time GROUP BY 1"
)
CHANGES = {
    "a time that nobody offers": (
        "UPDATE reference_call SET starts_at = starts_at + interval '1 hour', sequence = sequence + 1",
        "fk_reference_call_time",
    ),
    "a time that is off the table": (
        "UPDATE call_time SET withdrawn_at = now() WHERE position = 1",
        "fk_reference_call_time",
    ),
    "a time without a number": (
        "UPDATE reference_call SET starts_at = (SELECT max(starts_at) FROM call_time)",
        "told under a higher number",
    ),
    "an earlier number": ("UPDATE reference_call SET sequence = 0", "told under a higher number"),
    "a call off without a word": ("UPDATE reference_call SET state = 'cancelled'", "told under a higher number"),
    "a call of nobody who accepted": (
        "UPDATE assignment SET state = 'withdrawn', ended_at = now()",
        "fk_reference_call_acceptance",
    ),
    "a sixth time": (
        EXTRA.format(6),
        "ck_call_time_position",
    ),
    "two times in one place": (
        EXTRA.format(1),
        "uq_call_time_position",
    ),
    "a scheduled call without a time": (
        "UPDATE reference_call SET starts_at = NULL, sequence = 9",
        "ck_reference_call_dated",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_database_itself_refuses(db: Session, dated: Accepted, what: str) -> None:
    change, constraint = CHANGES[what]

    def keep() -> None:
        db.execute(text(change))
        db.commit()

    with pytest.raises(IntegrityError, match=constraint):
        keep()


def test_what_waits_is_asked_again_before_it_goes(db: Session, dated: Accepted, ana: Known, rep: Known) -> None:
    invite = db.scalars(select(Message).where(Message.kind == "call.invite", Message.person_id == rep.id)).one()
    offered = db.scalars(select(Message).where(Message.kind == "call.times_offered")).one()
    kind = KINDS["call.invite"]
    assert kind.may_send(db, invite) is None
    assert KINDS["call.times_offered"].may_send(db, offered) == "superseded"
    times.want_others(db, dated[2].id, by=rep.actor)
    db.flush()
    wanted = db.scalars(select(Message).where(Message.kind == "call.times_wanted")).one()
    assert KINDS["call.times_wanted"].may_send(db, wanted) is None
    assert kind.may_send(db, invite) == "superseded"
    times.offer(db, dated[2].id, ahead(db, 60), by=ana.actor)
    assert KINDS["call.times_wanted"].may_send(db, wanted) == "superseded"
    assert KINDS["call.times_offered"].may_send(db, offered) is None
    db.commit()
    travel(db, now(db) + timedelta(hours=200))
    assert kind.may_send(db, invite) == "expired"
    assert KINDS["call.times_offered"].may_send(db, offered) is None


def test_an_invite_waits_only_where_it_still_comes_before_the_call(db: Session, dated: Accepted, rep: Known) -> None:
    invite = db.scalars(select(Message).where(Message.kind == "call.invite", Message.person_id == rep.id)).one()
    start = datetime.fromisoformat(invite.data["starts_at"])
    kind = KINDS["call.invite"]
    assert kind.may_wait(invite.data, start - timedelta(hours=1))
    assert not kind.may_wait(invite.data, start - timedelta(minutes=59))


BREACHES = {
    "references.calls_are_at_times_on_offer": ("UPDATE call_time SET withdrawn_at = now()", ()),
    "references.picked_times_are_disclosed": ("DELETE FROM disclosure WHERE subject LIKE 'call:%'", ()),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_planted_breach_is_reported(dated: Accepted, superuser: Any, breaches_expected: list[str], name: str) -> None:
    statement, also = BREACHES[name]
    superuser.connection.execute(statement)
    breaches_expected += [name, *also]


def test_a_call_that_outlives_consent_is_reported(
    dated: Accepted, superuser: Any, breaches_expected: list[str]
) -> None:
    superuser.plant("UPDATE consent_current SET live = false, valid_until = NULL")
    found = "references.calls_are_at_times_on_offer"
    breaches_expected += [
        found,
        "pool.entry_needs_live_consent",
        "pool.audiences_are_live_scopes",
        "consent.current_is_the_last_event",
    ]

"""Giving, withdrawing, running out (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import SYSTEM, Actor
from portal.clock import now
from portal.consent import consents, jobs
from portal.consent.models import Channel, ConsentCurrent, ConsentEvent, Kind
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.database import run
from portal.database.refusal import Conflict, Invalid, NotAllowed
from portal.jobs import run_due
from portal.messages.models import Message
from portal.people import people
from portal.people.states import AdvocateStatus
from tests.conftest import Superuser
from tests.consent.expiring import expire_due
from tests.consented import BOTH, Known, agree


def current(db: Session, who: Known) -> dict[str, bool]:
    rows = db.execute(select(ConsentCurrent.scope, ConsentCurrent.live).where(ConsentCurrent.person_id == who.id))
    return {row.scope: row.live for row in rows}


def events(db: Session, who: Known) -> int:
    return db.scalar(select(func.count()).where(ConsentEvent.person_id == who.id)) or 0


def messages(db: Session, who: Known) -> list[str]:
    return list(db.scalars(select(Message.kind).where(Message.person_id == who.id).order_by(Message.id)))


@pytest.fixture
def closed() -> Iterator[list[tuple[int, frozenset[str]]]]:
    seen: list[tuple[int, frozenset[str]]] = []

    def close(session: Session, person_id: int, scopes: frozenset[str]) -> None:
        assert session.scalar(select(func.count()).where(ConsentCurrent.person_id == person_id, ConsentCurrent.live)), (
            "dependants are closed before consent ends"
        )
        seen.append((person_id, scopes))

    consents.ON_WITHDRAWAL.append(close)
    yield seen
    consents.ON_WITHDRAWAL.remove(close)


def test_giving_holds_for_365_days_and_is_said_in_a_message(db: Session, ana: Known) -> None:
    given = consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    db.commit()
    assert current(db, ana) == {SAME_INDUSTRY: True}
    assert given[0].valid_until == given[0].at + timedelta(days=365)
    assert messages(db, ana) == ["consent.given"]
    assert consents.is_live(db, ana.id, SAME_INDUSTRY)
    assert not consents.is_live(db, ana.id, OTHER_INDUSTRIES)


def test_no_points_are_given_and_none_are_taken(db: Session, ana: Known) -> None:
    agree(db, ana)
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert db.scalar(text("SELECT count(*) FROM transfer")) == 0


def test_a_second_click_finds_the_first_ones_events(db: Session, ana: Known) -> None:
    first = consents.give(db, ana.id, BOTH, by=ana.actor)
    second = consents.give(db, ana.id, BOTH, by=ana.actor)
    assert [event.id for event in first] == [event.id for event in second]
    assert events(db, ana) == 2


def test_saying_something_else_a_moment_later_is_no_second_click(db: Session, ana: Known) -> None:
    agree(db, ana)
    agree(db, ana, company_name_ok=True)
    assert events(db, ana) == 4


def test_agreeing_again_renews(db: Session, ana: Known, at: Callable[[str], None]) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    began = now(db)
    at((began + timedelta(days=200)).isoformat())
    renewed = consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    assert renewed[0].valid_until == began + timedelta(days=565)
    assert current(db, ana) == {SAME_INDUSTRY: True}


def test_nobody_agrees_for_another(db: Session, ana: Known, sol: Known, mia: Known) -> None:
    for actor in (sol.actor, mia.actor, SYSTEM):
        with pytest.raises(NotAllowed):
            consents.give(db, ana.id, BOTH, by=actor)


def test_the_database_lets_nobody_agree_for_another(db: Session, ana: Known, sol: Known) -> None:
    for actor in ("NULL", str(sol.id)):
        with pytest.raises(IntegrityError, match="ck_consent_event_own"):
            db.execute(
                text(
                    "INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id, valid_until)"
                    f" SELECT :person, 'given', :scope, min(id), 'portal', {actor}, now() + interval '1 day'"
                    " FROM notice"
                ),
                {"person": ana.id, "scope": SAME_INDUSTRY},
            )
        db.rollback()


@pytest.mark.parametrize("scopes", [[], ["reference_call:live:everybody"], [SAME_INDUSTRY, "quote"]])
def test_only_known_scopes_can_be_agreed_to(db: Session, ana: Known, scopes: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        consents.give(db, ana.id, scopes, by=ana.actor)
    assert refusal.value.field == "scopes"


def test_who_is_not_in_the_program_cannot_agree(db: Session, ana: Known, sol: Known) -> None:
    people.move_advocate(db, ana.id, AdvocateStatus.LEFT, by=SYSTEM)
    people.suspend(db, sol.id, by=SYSTEM)
    for who in (ana, sol):
        with pytest.raises(Conflict):
            agree(db, who)


def test_withdrawing_works_at_once_and_closes_what_stands_on_it_first(
    db: Session, ana: Known, closed: list[tuple[int, frozenset[str]]]
) -> None:
    agree(db, ana)
    db.commit()
    ended = consents.withdraw(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    db.commit()
    assert closed == [(ana.id, frozenset({SAME_INDUSTRY}))]
    assert [(event.kind, event.scope) for event in ended] == [(Kind.WITHDRAWN, SAME_INDUSTRY)]
    assert current(db, ana) == {SAME_INDUSTRY: False, OTHER_INDUSTRIES: True}
    assert messages(db, ana) == ["consent.given", "consent.withdrawn"]


def test_withdrawing_twice_or_what_was_never_given_changes_nothing(
    db: Session, ana: Known, closed: list[tuple[int, frozenset[str]]]
) -> None:
    assert consents.withdraw(db, ana.id, by=ana.actor) == []
    agree(db, ana)
    consents.withdraw(db, ana.id, by=ana.actor)
    assert consents.withdraw(db, ana.id, ["nonsense", SAME_INDUSTRY], by=ana.actor) == []
    assert len(closed) == 1
    assert events(db, ana) == 4


@pytest.mark.parametrize("change", ["left", "paused", "suspended"])
def test_withdrawing_succeeds_whatever_became_of_the_person(db: Session, ana: Known, change: str) -> None:
    agree(db, ana)
    if change == "suspended":
        people.suspend(db, ana.id, by=SYSTEM)
    else:
        people.move_advocate(db, ana.id, AdvocateStatus(change), by=SYSTEM)
    db.commit()
    assert len(consents.withdraw(db, ana.id, by=ana.actor, channel=Channel.MAIL)) == 2
    db.commit()
    assert not any(current(db, ana).values())


def test_the_program_team_may_withdraw_on_behalf_but_no_other_person(
    db: Session, ana: Known, sol: Known, rep: Known, mia: Known
) -> None:
    agree(db, ana)
    for stranger in (sol, rep):
        with pytest.raises(NotAllowed):
            consents.withdraw(db, ana.id, by=stranger.actor)
    (event, _) = consents.withdraw(db, ana.id, by=mia.actor)
    assert event.actor_id == mia.id


def test_a_withdrawal_that_forgets_its_dependants_cannot_commit(
    db: Session, ana: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(db, ana)
    db.commit()
    monkeypatch.setattr(consents, "ON_WITHDRAWAL", [])
    with pytest.raises(IntegrityError, match="fk_pool_entry_consent"):
        consents.withdraw(db, ana.id, by=ana.actor)


def test_consent_runs_out_by_the_job_and_closes_what_stands_on_it(
    db: Session, ana: Known, sol: Known, at: Callable[[str], None], closed: list[tuple[int, frozenset[str]]]
) -> None:
    agree(db, ana)
    began = now(db)
    db.commit()
    at((began + timedelta(days=10)).isoformat())
    agree(db, sol)
    db.commit()
    at((began + timedelta(days=365, seconds=1)).isoformat())
    assert not consents.is_live(db, ana.id, SAME_INDUSTRY)
    assert expire_due(db) == 1
    db.commit()
    assert closed == [(ana.id, frozenset(BOTH))]
    assert current(db, ana) == dict.fromkeys(BOTH, False)
    assert current(db, sol) == dict.fromkeys(BOTH, True)
    ended = db.scalars(select(ConsentEvent).where(ConsentEvent.kind == Kind.EXPIRED)).all()
    assert {(event.channel, event.actor_id) for event in ended} == {(Channel.JOB, None)}
    assert messages(db, ana)[-1] == "consent.expired"
    assert expire_due(db) == 0


def test_the_job_gives_each_person_to_a_job_of_their_own(db: Session, ana: Known, sol: Known) -> None:
    agree(db, ana)
    agree(db, sol)
    later = now(db) + timedelta(days=366)
    db.commit()
    with clock.pinned(later):
        run_due(db)
        run(jobs.expire)
        assert db.scalars(text("SELECT args ->> 'person_id' FROM procrastinate_jobs ORDER BY id")).all() == [
            str(ana.id),
            str(sol.id),
        ]
        run_due(db)
    assert current(db, ana) == current(db, sol) == dict.fromkeys(BOTH, False)


def test_every_event_leaves_a_line_in_the_record(db: Session, ana: Known) -> None:
    agree(db, ana)
    consents.withdraw(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    db.commit()
    lines = db.execute(text("SELECT action, actor_id FROM audit_entry WHERE action LIKE 'consent.%' ORDER BY id")).all()
    assert [tuple(line) for line in lines] == [
        ("consent.given", ana.id),
        ("consent.given", ana.id),
        ("consent.withdrawn", ana.id),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_event SET company_name_ok = true",
        "DELETE FROM consent_event",
        "TRUNCATE consent_event CASCADE",
        "UPDATE notice SET text = 'Anything goes.'",
        "DELETE FROM notice",
        "UPDATE consent_current SET live = false, valid_until = NULL",
        "DELETE FROM consent_current",
        (
            "INSERT INTO consent_current SELECT person_id, 'a:b:c', true, event_id, valid_until FROM consent_current"
            " LIMIT 1"
        ),
    ],
)
def test_what_was_agreed_to_cannot_be_rewritten(db: Session, ana: Known, statement: str) -> None:
    agree(db, ana)
    db.commit()
    with pytest.raises(Exception, match=r"append-only|never written by hand") as refused:
        db.execute(text(statement))
    assert isinstance(refused.value.__cause__, psycopg.Error)


@pytest.mark.parametrize(
    ("kind", "channel", "valid", "constraint"),
    [
        ("given", "portal", "NULL", "ck_consent_event_validity"),
        ("given", "portal", "portal_now() - interval '1 day'", "ck_consent_event_validity"),
        ("withdrawn", "portal", "portal_now() + interval '1 day'", "ck_consent_event_validity"),
        ("withdrawn", "job", "NULL", "ck_consent_event_run_out"),
        ("expired", "portal", "NULL", "ck_consent_event_run_out"),
    ],
)
def test_the_database_refuses_events_that_contradict_themselves(
    db: Session, ana: Known, kind: str, channel: str, valid: str, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(
            text(
                "INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id, valid_until)"
                f" SELECT :person, :kind, :scope, min(id), :channel, :person, {valid} FROM notice"
            ),
            {"person": ana.id, "kind": kind, "scope": SAME_INDUSTRY, "channel": channel},
        )


def test_a_planted_difference_between_current_and_events_is_noticed(
    db: Session, ana: Known, superuser: Superuser, breaches_expected: list[str]
) -> None:
    agree(db, ana)
    db.commit()
    superuser.plant("UPDATE consent_current SET live = false, valid_until = NULL WHERE scope = %s", SAME_INDUSTRY)
    breaches_expected += ["consent.current_is_the_last_event", "pool.audiences_are_live_scopes"]


def test_a_planted_withdrawal_of_what_was_never_given_is_noticed(
    db: Session, ana: Known, superuser: Superuser, breaches_expected: list[str]
) -> None:
    superuser.plant(
        "INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id)"
        " SELECT %s, 'withdrawn', %s, min(id), 'portal', %s FROM notice",
        ana.id,
        SAME_INDUSTRY,
        ana.id,
    )
    breaches_expected += ["consent.ends_after_it_began", "consent.current_is_the_last_event"]


def test_the_mail_link_acts_as_the_person_and_only_withdraws(db: Session, ana: Known) -> None:
    agree(db, ana)
    assert consents.withdraw(db, ana.id, [OTHER_INDUSTRIES], by=Actor(ana.id), channel=Channel.MAIL)

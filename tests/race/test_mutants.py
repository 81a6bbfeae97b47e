"""Each race notices a planted fault: a guard is taken away in a database of its own, and the breach must show.

Where a lock and a constraint hold the same rule, either of them alone must hold it (`test_one_guard_is_enough`), and
without both it must break (`test_without_its_guards_a_race_is_lost`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents
from portal.points import drafts

from . import scenes
from .arena import Arena, Grounds
from .scenes import Scene

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]


def without_locks(statement: str) -> str:
    """Read where the application would lock."""
    return re.sub(r" FOR NO KEY UPDATE( OF \w+)?( SKIP LOCKED)?", "", statement)


def without_memory(statement: str) -> str:
    """Neither lock nor look whether it was done before."""
    return re.sub(r"(FROM transfer\s+WHERE )(?!transfer\.id = )", r"\1false AND ", without_locks(statement))


def with_stronger_locks(statement: str) -> str:
    """Lock against foreign keys, too."""
    return statement.replace(" FOR NO KEY UPDATE", " FOR UPDATE")


def unchanged(statement: str) -> str:
    """Send what the application means to."""
    return statement


def instead(pattern: str, replacement: str, *, only: str = "") -> Callable[[str], str]:
    """Send statements that begin with `only` with something replaced."""

    def changed(statement: str) -> str:
        return re.sub(pattern, replacement, statement) if statement.lstrip().startswith(only) else statement

    return changed


def altered(function: str, pattern: str, replacement: str) -> str:
    """SQL that replaces something in the body of a function, and fails where it is not there."""
    return f"""DO $do$
    DECLARE before text := pg_get_functiondef('{function}'::regproc); after text;
    BEGIN
      after := regexp_replace(before, '{pattern}', '{replacement}', 'g');
      IF after = before THEN RAISE 'nothing to alter'; END IF;
      EXECUTE after;
    END $do$"""


@dataclass(frozen=True)
class Mutant:
    """A race, what is dropped in its database, how its statements are changed, and the breaches that may show."""

    scene: Scene
    drop: tuple[str, ...]
    rewrite: Callable[[str], str]
    shows: frozenset[str]


NO_CHECK = ("ALTER TABLE account DROP CONSTRAINT ck_account_covered",)
NO_STOCK_CHECK = ("ALTER TABLE reward DROP CONSTRAINT ck_reward_stock",)
NO_SUBJECT = ("ALTER TABLE transfer DROP CONSTRAINT uq_transfer_kind_subject CASCADE",)
NO_REVERSES = (*NO_SUBJECT, "ALTER TABLE transfer DROP CONSTRAINT uq_transfer_reverses")
NO_HOLD = (
    *NO_SUBJECT,
    "ALTER TABLE transfer DROP CONSTRAINT uq_transfer_hold_id",
    "ALTER TABLE redemption DROP CONSTRAINT ck_redemption_decided, DROP CONSTRAINT ck_redemption_other_hands",
)
NO_DECISION = (
    "ALTER TABLE redemption DROP CONSTRAINT ck_redemption_decided, DROP CONSTRAINT ck_redemption_approved",
    "ALTER TABLE redemption DROP CONSTRAINT ck_redemption_other_hands",
)
NO_CODE_KEPT = (
    "DROP TRIGGER reward_code_stays ON reward_code",
    "ALTER TABLE redemption DROP CONSTRAINT fk_redemption_coded_reward_code",
    "ALTER TABLE reward_code DROP CONSTRAINT ck_reward_code_showings",
)
NO_SHOWING_CHECK = (*NO_HOLD, *NO_CODE_KEPT)
NO_RESPONSE_KEPT = (
    *NO_SUBJECT,
    "DROP TRIGGER kept ON stage_response",
    "DROP INDEX uq_pool_proposal_open",  # the second of two approvals stumbles over its proposal, too
)
NO_REQUEST_KEY = ("ALTER TABLE redemption DROP CONSTRAINT uq_redemption_person_id_request_key",)
NO_OPEN_VERDICT = ("DROP INDEX uq_verdict_open",)
NO_COUNT = ("DROP TRIGGER ask_counted ON ask",)
TURNS_UNLOCKED = (altered("portal_redemption_allowed", " FOR NO KEY UPDATE", ""),)
COUNT_UNLOCKED = (altered("portal_ask_counted", " FOR NO KEY UPDATE", ""),)
NO_CONSENT_KEY = ("ALTER TABLE assignment DROP CONSTRAINT fk_assignment_consent",)
NO_ADDRESS_KEY = ("DROP INDEX uq_person_email_address",)
NO_PLACES = ("DROP TRIGGER place_on_insert ON submission",)
ANY_ORDER = (altered("portal_transfer_moves", "ORDER BY id", "ORDER BY md5(id::text || pg_backend_pid()::text)"),)

USED_AGAIN = instead(r"invitation\.accepted_at IS NULL", "true", only="UPDATE invitation")
FOLLOWED_AGAIN = instead(r"sign_in_link\.used_at IS NULL", "true", only="UPDATE sign_in_link")
COUNTED_TOO_LATE = instead(r"WHERE tried\.hits \+[^<]*< %\(limit\)s\S*", "", only="WITH stretch")


def mutant(scene: Scene, drop: tuple[str, ...], rewrite: Callable[[str], str], *shows: str) -> Mutant:
    """A mutant, in one line."""
    return Mutant(scene, drop, rewrite, frozenset(shows))


MUTANTS = {
    "no check on the balance": mutant(scenes.last_points, NO_CHECK, without_locks, "overspent"),
    "no check on the stock": mutant(scenes.last_stock, NO_STOCK_CHECK, without_locks, "oversold"),
    "no count of the places": mutant(scenes.last_place, NO_PLACES, without_locks, "overbooked"),
    "no key on the form": mutant(scenes.one_form, NO_REQUEST_KEY, without_locks, "ordered_twice"),
    "no key on the hold": mutant(scenes.settlement, NO_HOLD, without_memory, "settled_twice"),
    "no key on what is refunded": mutant(scenes.refund, NO_REVERSES, without_locks, "refunded_twice"),
    "no key on what is taken back": mutant(scenes.claw_back, NO_REVERSES, without_locks, "taken_twice"),
    "no key on an award": mutant(scenes.award, NO_SUBJECT, without_memory, "paid_twice"),
    "no key on the award of a stage": mutant(scenes.approval, NO_RESPONSE_KEPT, without_memory, "paid_twice"),
    "no key on the award of a call": mutant(scenes.call, NO_SUBJECT, without_memory, "paid_twice"),
    "no key on the open verdict": mutant(scenes.verdict, NO_OPEN_VERDICT, without_locks, "decided_twice"),
    "asks are not counted": mutant(scenes.last_ask_of_person, NO_COUNT, without_locks, "asked_too_often"),
    "asks are counted without a lock": mutant(
        scenes.last_ask_of_person, COUNT_UNLOCKED, without_locks, "asked_too_often"
    ),
    "a code does not stay with its redemption": mutant(scenes.same_code, NO_CODE_KEPT, without_locks, "shown_twice"),
    "no check on the showings of a code": mutant(scenes.one_showing, NO_SHOWING_CHECK, without_locks, "shown_twice"),
    "no check on a decision about a redemption": mutant(scenes.decision, NO_DECISION, without_locks, "decided_twice"),
    "a person's turns are counted without a lock": mutant(
        scenes.last_turn, TURNS_UNLOCKED, without_locks, "too_often", "rewards.within_limits"
    ),
    "a company's asks are counted without a lock": mutant(
        scenes.last_ask_of_company, COUNT_UNLOCKED, without_locks, "asked_too_often"
    ),
    "no key into consent": mutant(scenes.withdrawal, NO_CONSENT_KEY, without_locks, "asked_without_consent"),
    "no lock on administrators": mutant(scenes.administrators, (), without_locks, "nobody_left"),
    "no key on addresses": mutant(scenes.address, NO_ADDRESS_KEY, unchanged, "two_owners"),
    "an invitation may be used again": mutant(scenes.invitation, (), USED_AGAIN, "accepted_twice"),
    "a link may be used again": mutant(scenes.link, (), FOLLOWED_AGAIN, "used_twice"),
    "tries are counted too late": mutant(scenes.code, (), COUNTED_TOO_LATE, "tried_too_often"),
    "accounts are locked in any order": mutant(scenes.shards, ANY_ORDER, unchanged, "deadlock"),
    "locks that collide with foreign keys": mutant(scenes.colleagues, (), with_stronger_locks, "deadlock"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_without_its_guards_a_race_is_lost(grounds: Grounds, name: str) -> None:
    planted, wrong = MUTANTS[name], []
    for _again in range(3):  # a race that may be lost is not lost every time
        with grounds.open(*planted.drop) as broken:
            broken.rewrite(planted.rewrite)
            wrong = planted.scene(broken)
        if planted.shows <= set(wrong):
            return
    pytest.fail(f"the mutant lives: {wrong}")


def test_transfers_written_one_by_one_deadlock(grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drafts._write

    def one_by_one(session: Session) -> None:
        for draft in session.info.pop(drafts._KEY, ()):
            session.info[drafts._KEY] = [draft]
            whole(session)

    monkeypatch.setattr(drafts, "_write", one_by_one)
    with grounds.open() as broken:
        assert "deadlock" in scenes.shards(broken)


def test_the_record_of_consent_by_the_clock_alone(grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "_moment", lambda session, _person_id: now(session))
    with grounds.open() as broken:
        shown = [scenes.accepting_and_withdrawing(broken) for _round in range(3)]
        assert any("consent.disclosed_while_live" in wrong for wrong in shown)


ALONE = {
    "the check on the balance": (scenes.last_points, without_locks),
    "the count of a person's turns": (scenes.last_turn, without_locks),
    "the check on the stock": (scenes.last_stock, without_locks),
    "the count of the places": (scenes.last_place, without_locks),
    "the key on the form": (scenes.one_form, without_locks),
    "the keys between codes and redemptions": (scenes.same_code, without_locks),
    "the check on the showings of a code": (scenes.one_showing, without_locks),
    "the check on a decision about a redemption": (scenes.decision, without_locks),
    "the key on the hold": (scenes.settlement, without_locks),
    "the key on what is refunded": (scenes.refund, without_locks),
    "the key on what is taken back": (scenes.claw_back, without_locks),
    "the key on an award": (scenes.award, without_locks),
    "the key on the award of a stage": (scenes.approval, without_locks),
    "the key on the award of a call": (scenes.call, without_locks),
    "the key on the open verdict": (scenes.verdict, without_locks),
    "the count of a person's asks": (scenes.last_ask_of_person, without_locks),
    "the count of a company's asks": (scenes.last_ask_of_company, without_locks),
    "the key into consent": (scenes.withdrawal, without_locks),
}
_LIVENESS = {"unspent", "unsold", "unfilled", "deadlock", "error"}
"""What locks are for: without them a rule holds, but people wait in circles or are sent away too early."""


@pytest.mark.parametrize("name", ALONE)
def test_one_guard_is_enough(standing: Arena, grounds: Grounds, name: str) -> None:
    scene, rewrite = ALONE[name]
    with grounds.open() as unlocked:
        unlocked.rewrite(rewrite)
        assert set(scene(unlocked)) <= _LIVENESS


ELSEWHERE = {planted.scene for planted in MUTANTS.values()} - {scenes.shards, scenes.colleagues, scenes.award}
"""Races that are run with all their guards on every push, in more ways than one, by the tests beside this file."""


@pytest.mark.parametrize(
    "scene",
    [
        scenes.shards,
        scenes.colleagues,
        scenes.award,
        *(pytest.param(scene, marks=pytest.mark.slow) for scene in sorted(ELSEWHERE, key=lambda scene: scene.__name__)),
    ],
)
def test_with_its_guards_it_is_won(arena: Arena, scene: Scene) -> None:
    assert scene(arena) == []

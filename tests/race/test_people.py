"""Many hands on the same people: decisions, asks, answers, consent; nobody is asked too often or without consent."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions, verdicts
from portal.challenges.states import Decision, Reason
from portal.clock import now, set_now
from portal.consent import consents
from portal.database.refusal import Conflict
from portal.messages import messages
from portal.people import people
from portal.points import awards, ledger
from portal.references import answers, calls, fatigue, requests, times
from portal.references.models import CallTime

from . import scenes
from .arena import WIDE, Arena
from .cast import (
    accepted,
    advocate,
    ask,
    asked,
    company,
    consenting,
    crowd_of,
    handed_in,
    points_of,
    somebody,
    who,
    wish,
)
from .scenes import OPEN_WITHOUT_CONSENT

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]
OWN_VERDICT = (
    "INSERT INTO verdict (submission_id, decision, decided_by, apply_at)"
    " VALUES (:submission, 'approve', :own, portal_now())"
)


def test_many_approvals_pay_once(arena: Arena) -> None:
    ana, managers = advocate(arena), [somebody(arena, "manager") for _ in range(8)]
    number = handed_in(arena, ana, managers[0], 150)
    works = [lambda s, m=manager: submissions.approve(s, number, by=m).id for manager in managers]
    arena.at_once(works * 8).fair(WIDE)
    assert points_of(arena, ana).available == 150


def test_of_eight_managers_one_decides(arena: Arena) -> None:
    ana, managers = advocate(arena), [somebody(arena, "manager") for _ in range(8)]
    number = handed_in(arena, ana, managers[0])
    works = [
        lambda s, m=manager, d=decision: verdicts.record(s, number, d, by=m, reason=Reason.NOT_DONE).decided_by
        for manager, decision in zip(managers, [Decision.APPROVE, Decision.REJECT] * 4, strict=True)
    ]
    ended = arena.at_once(works * 8)
    ended.fair(8)
    assert len(set(ended.values)) == 1, "each of the winner's eight clicks found the one verdict"


def test_nobody_decides_on_their_own_however_they_hurry(arena: Arena) -> None:
    own, other = advocate(arena, also=("manager",)), somebody(arena, "manager")
    number = handed_in(arena, own, other, 150)
    by_verb = [lambda s, m=m: verdicts.record(s, number, Decision.APPROVE, by=m).decided_by for m in (own, own, other)]

    def by_hand(session: Session) -> None:
        session.execute(text(OWN_VERDICT), {"submission": number, "own": who(own)})

    ended = arena.at_once([*by_verb, by_hand] * (WIDE // 4))
    assert set(ended.values) == {who(other)}
    assert len(ended.refusals) + sum("verdict_not_by_oneself" in str(error) for error in ended.errors) == 48
    assert arena.one("SELECT count(*) FROM verdict") == 1


def test_a_verdict_is_carried_out_or_undone(arena: Arena) -> None:
    ana, mia = advocate(arena), somebody(arena, "manager")
    number = handed_in(arena, ana, mia, 150)
    verdict = int(arena.do(lambda s: verdicts.record(s, number, Decision.APPROVE, by=mia).id))
    works = [lambda s: verdicts.undo(s, verdict, by=mia).state, lambda s: verdicts.apply(s, verdict).state]
    ended = arena.at_once(works * (WIDE // 2))
    assert not ended.errors
    assert set(ended.statuses()) <= {409}
    final = arena.one("SELECT state FROM verdict")
    assert points_of(arena, ana).available == (150 if final == "applied" else 0)


@pytest.mark.parametrize(("most", "gap", "open_asks"), [(2, 336, 1), (3, 0, 9)])
def test_the_last_asks_of_a_person(arena: Arena, most: int, gap: int, open_asks: int) -> None:
    limits = "UPDATE program SET person_asks = %s, person_gap_hours = %s, person_open_asks = %s"
    arena.superuser.plant(limits, most, gap, open_asks)
    ana, reps = consenting(arena, company_id=company(arena)), [somebody(arena, "sales") for _ in range(8)]
    works = [lambda s, r=rep: ask(s, ana, r) for rep in reps] * 8
    allowed = 1 if gap else min(most, open_asks)
    arena.at_once(works).fair(allowed)
    assert arena.one("SELECT count(*) FROM ask") == allowed


def test_the_last_asks_of_a_company(arena: Arena) -> None:
    firm, rep = company(arena), somebody(arena, "sales")
    crowd = [consenting(arena, company_id=firm) for _ in range(WIDE // 2)]
    works = [lambda s, a=actor: ask(s, a, rep) for actor in crowd] * 2
    arena.at_once(works).fair(4)
    assert arena.one("SELECT count(*) FROM ask") == 4


def test_asks_outside_the_tool_count_at_the_same_moment(arena: Arena) -> None:
    ana, rep = consenting(arena), somebody(arena, "sales")
    works = [
        lambda s: ask(s, ana, rep),
        lambda s: fatigue.log_outside(s, who(ana), now(s), by=rep).id,
    ]
    ended = arena.at_once(works * (WIDE // 2))
    assert not ended.errors
    assert arena.one("SELECT count(*) FROM ask WHERE source = 'outside'") == 1, "once for a day"
    assert arena.one("SELECT count(*) FROM ask WHERE source = 'portal'") <= 1


@pytest.mark.parametrize("rounds", [64, pytest.param(320, marks=pytest.mark.slow)])
def test_nobody_is_asked_who_withdraws_at_that_moment(arena: Arena, rounds: int) -> None:
    rep, pairs = somebody(arena, "sales"), WIDE // 2
    for _round in range(rounds // pairs):
        crowd = [consenting(arena) for _ in range(pairs)]
        works = [
            work
            for actor in crowd
            for work in (
                lambda s, a=actor: ("withdrawn", len(consents.withdraw(s, who(a), by=a))),
                lambda s, a=actor: ("asked", ask(s, a, rep)),
            )
        ]
        random.shuffle(works)
        ended = arena.at_once(works)
        withdrawn = sum(1 for kind, _count in ended.values if kind == "withdrawn")
        assert withdrawn == pairs, "a withdrawal always succeeds"
        ended.fair(len(ended.values))
        assert arena.one(OPEN_WITHOUT_CONSENT) == 0


@pytest.mark.parametrize("scene", [scenes.accepting_and_withdrawing, scenes.accepting_and_renewing])
def test_contact_data_is_shown_under_the_consent_of_that_moment(arena: Arena, scene: scenes.Scene) -> None:
    assert scene(arena) == []


def test_reading_all_while_a_message_is_written(arena: Arena) -> None:
    ana, mia = advocate(arena), somebody(arena, "manager")
    works = [
        lambda s: messages.mark_read(s, who(ana)),
        lambda s: ledger.adjust(s, who(ana), 5, reason="Thanks", by=mia).amount,
    ]
    arena.at_once(works * (WIDE // 2)).fair(WIDE)


def test_one_click_of_many_asks(arena: Arena) -> None:
    ana, rep, key = consenting(arena), somebody(arena, "sales"), uuid4()
    ended = arena.at_once([lambda s: ask(s, ana, rep, request_key=key)] * WIDE)
    ended.fair(WIDE)
    assert len(set(ended.values)) == 1


def test_one_answer_to_an_ask(arena: Arena) -> None:
    ana, rep = consenting(arena), somebody(arena, "sales")
    request_id, assignment_id = asked(arena, ana, rep)

    def expire(session):  # type: ignore[no-untyped-def]
        set_now(session, now(session) + timedelta(hours=80))
        if not answers.expire(session, assignment_id):
            raise Conflict("It was answered in the meantime.")
        return "expired"

    works = [
        lambda s: answers.accept(s, assignment_id, by=ana).state.value,
        lambda s: answers.decline(s, assignment_id, by=ana).state.value,
        expire,
        lambda s: requests.withdraw(s, request_id, by=rep).state.value,
    ]
    ended = arena.at_once(works * (WIDE // 4))
    assert not ended.errors
    assert set(ended.statuses()) <= {409}
    final = arena.one("SELECT state FROM assignment")
    ways = set(ended.values) - {"withdrawn"}
    assert len(ways) <= 1, "two of accepting, declining and expiring both succeeded"
    assert final == "withdrawn" if "withdrawn" in ended.values and ways <= {"accepted"} else {final} == ways
    assert arena.one("SELECT count(*) FROM disclosure") == (1 if "accepted" in ways else 0)


def test_a_call_is_paid_once(arena: Arena) -> None:
    ana, rep, mia = consenting(arena), somebody(arena, "sales"), somebody(arena, "manager")
    _request, _assignment, call = accepted(arena, ana, rep)
    works = [lambda s, by=by: calls.confirm_held(s, call, by=by).id for by in (rep, mia)]
    arena.at_once(works * (WIDE // 2)).fair(WIDE)
    assert points_of(arena, ana).available == 400


def test_a_call_took_place_or_did_not(arena: Arena) -> None:
    ana, rep = consenting(arena), somebody(arena, "sales")
    request_id, assignment_id, call = accepted(arena, ana, rep)
    works = [
        lambda s: calls.confirm_held(s, call, by=rep).state.value,
        lambda s: calls.did_not_happen(s, call, by=rep).state.value,
        lambda s: answers.step_back(s, assignment_id, by=ana).state.value,
        lambda s: requests.withdraw(s, request_id, by=rep).state.value,
    ]
    ended = arena.at_once(works * (WIDE // 4))
    assert not ended.errors
    assert set(ended.statuses()) <= {409}
    held = arena.one("SELECT state FROM reference_call") == "held"
    assert ("held" in ended.values) == held
    assert points_of(arena, ana).available == (400 if held else 0)


def dated(arena: Arena, ana: Actor, rep: Actor) -> tuple[int, int, int, list[UUID]]:
    """A call that waits for its time: its request, its assignment, itself, and three times on offer."""
    request_id, assignment_id, call = accepted(arena, ana, rep)
    arena.do(lambda s: times.offer(s, call, [now(s) + timedelta(hours=30 + n) for n in range(3)], by=ana).id)
    with arena.session() as session:
        offered = select(CallTime.public_id).where(CallTime.call_id == call).order_by(CallTime.starts_at)
        return request_id, assignment_id, call, list(session.scalars(offered))


def test_of_many_tabs_one_picks_the_time(arena: Arena) -> None:
    ana, rep, mia = consenting(arena), somebody(arena, "sales"), somebody(arena, "manager")
    _request, _assignment, _call, offered = dated(arena, ana, rep)
    works = [
        lambda s, t=time, by=by: times.pick(s, t, seen=0, by=by).starts_at
        for time, by in zip(offered * 2, (rep, mia) * 3, strict=True)
    ]
    ended = arena.at_once((works * 11)[:WIDE])
    assert not ended.errors
    assert len(set(ended.values)) == 1, "whoever picked the same time got the same call"
    assert set(ended.statuses()) <= {409}
    assert arena.one("SELECT sequence FROM reference_call") == 1
    assert arena.one("SELECT count(*) FROM message WHERE kind = 'call.invite'") == 2


@pytest.mark.parametrize("rounds", [64, pytest.param(320, marks=pytest.mark.slow)])
def test_no_call_is_open_whose_advocate_withdraws_while_it_gets_a_time(arena: Arena, rounds: int) -> None:
    rep, group = somebody(arena, "sales"), WIDE // 4
    for _round in range(rounds // WIDE):
        crowd = [consenting(arena) for _ in range(group)]
        called = [(actor, *dated(arena, actor, rep)) for actor in crowd]
        works = []
        for actor, _request, assignment, call, offered in called:
            works += [
                lambda s, a=actor: ("withdrawn", len(consents.withdraw(s, who(a), by=a))),
                lambda s, t=offered[0]: ("picked", times.pick(s, t, seen=0, by=rep).sequence),
                lambda s, c=call, a=actor: (
                    "offered",
                    times.offer(s, c, [now(s) + timedelta(hours=50)], by=a).sequence,
                ),
                lambda s, n=assignment, a=actor: ("stepped back", answers.step_back(s, n, by=a).id),
            ]
        random.shuffle(works)
        ended = arena.at_once(works)
        assert not ended.errors
        assert sum(1 for kind, _what in ended.values if kind == "withdrawn") == group, "a withdrawal always succeeds"
        assert set(ended.statuses()) <= {409}
        assert arena.one(OPEN_WITHOUT_CONSENT) == 0
        assert arena.one("SELECT count(*) FROM reference_call WHERE state IN ('proposed', 'scheduled')") == 0
        untold = (
            "SELECT count(*) FROM reference_call c WHERE c.sequence > 0 AND NOT EXISTS ("
            " SELECT FROM message m WHERE m.subject_ref = 'call:' || c.id AND m.data ->> 'told' = 'cancelled'"
            " AND (m.data ->> 'sequence')::int = c.sequence)"
        )
        assert arena.one(untold) == 0, "each calendar that got a time is told that it is off"


def test_several_people_in_one_request(arena: Arena) -> None:
    arena.superuser.plant("UPDATE program SET company_asks = 100")
    firms = [company(arena, f"Firm {number}") for number in range(3)]
    crowd = [consenting(arena, company_id=firms[number % 3]) for number in range(12)]
    rep, chance = somebody(arena, "sales"), random.Random(7)

    def several(session, chosen):  # type: ignore[no-untyped-def]
        return requests.ask_all(session, person_ids=chosen, by=rep, **wish(session)).id

    groups = [[who(actor) for actor in chance.sample(crowd, 3)] for _ in range(WIDE)]
    ended = arena.at_once([lambda s, g=group: several(s, g) for group in groups])
    ended.fair(len(ended.values))
    assert 1 <= len(ended.values) <= 4, "each of the twelve can be asked once"
    assert arena.one("SELECT count(*) FROM assignment") == 3 * len(ended.values)


def test_neighbours_of_one_company_do_not_wait_for_each_other_in_a_circle(arena: Arena) -> None:
    arena.superuser.plant("UPDATE program SET company_asks = 100")
    firm, rep, pairs = company(arena), somebody(arena, "sales"), WIDE // 4
    waiting = [consenting(arena, company_id=firm) for _ in range(2 * pairs)]
    open_asks = [asked(arena, actor, rep) for actor in waiting]
    free = [consenting(arena, company_id=firm) for _ in range(2 * pairs)]
    works = [lambda s, r=request: requests.withdraw(s, r, by=rep).id for request, _one in open_asks[:pairs]]
    works += [lambda s, a=actor: len(consents.withdraw(s, who(a), by=a)) for actor in waiting[pairs:]]
    works += [lambda s, a=actor: ask(s, a, rep) for actor in free[:pairs]]
    works += [lambda s, a=actor: len(consents.withdraw(s, who(a), by=a)) for actor in free[pairs:]]
    random.shuffle(works)
    arena.at_once(works).fair(WIDE)


def test_bulk_awards_in_opposite_orders(arena: Arena) -> None:
    crowd, mia = crowd_of(arena, 24), somebody(arena, "manager")
    chance = random.Random(11)

    def pay(session, number, group):  # type: ignore[no-untyped-def]
        people.lock_people(session, group)
        for person_id in group:
            subject = f"bulk:{number}-{person_id}"
            awards.grant(session, person_id, 10, subject=subject, cause=subject, reason="Thanks", by=mia)
        return len(group)

    groups = [[who(actor) for actor in chance.sample(crowd, 6)] for _ in range(WIDE)]
    ended = arena.at_once([lambda s, n=n, g=group: pay(s, n, g) for n, group in enumerate(groups)])
    ended.fair(WIDE)
    assert sum(points_of(arena, actor).available for actor in crowd) == WIDE * 6 * 10


def test_colleagues_who_adjust_each_other(arena: Arena) -> None:
    one, other = (advocate(arena, 100, also=("manager",)) for _ in range(2))
    works = [
        lambda s: ledger.adjust(s, who(one), 5, reason="Thanks", by=other).amount,
        lambda s: ledger.adjust(s, who(other), 5, reason="Thanks", by=one).amount,
    ]
    arena.at_once(works * (WIDE // 2)).fair(WIDE)
    assert points_of(arena, one).available == points_of(arena, other).available == 100 + 5 * WIDE // 2

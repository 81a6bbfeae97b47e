"""Races that are run twice: where every guard stands, and where one was taken away. Each says what went wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from portal.access import invitations, sign_in
from portal.audit import SYSTEM, Actor
from portal.challenges import submissions, verdicts
from portal.challenges.states import Decision
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.points import awards, ledger
from portal.references import answers, calls
from portal.rewards import approval as approvals
from portal.rewards import codes, redemption
from portal.rewards.catalogue import Rules

from .arena import WIDE, Arena, Outcomes
from .cast import (
    SECRETS,
    accepted,
    advocate,
    ask,
    asked,
    coded,
    company,
    consenting,
    crowd_of,
    earn,
    handed_in,
    offered,
    order,
    points_of,
    reward,
    somebody,
    who,
)
from .doors import BROWSER, invited, mailed

Scene = Callable[[Arena], list[str]]
BOTH = (SAME_INDUSTRY, OTHER_INDUSTRIES)

OPEN_WITHOUT_CONSENT = (
    "SELECT count(*) FROM assignment a WHERE a.state IN ('proposed', 'asked', 'accepted') AND NOT EXISTS ("
    " SELECT FROM consent_current c WHERE (c.person_id, c.scope) = (a.person_id, a.scope) AND c.live)"
)
ADMINS = (
    "SELECT count(*) FROM person_role r JOIN person p ON p.id = r.person_id"
    " WHERE role = 'admin' AND p.suspended_at IS NULL"
)


def _wrong(arena: Arena, **found: bool) -> list[str]:
    """The names of what went wrong, with every broken invariant, error and deadlock."""
    names = [name for name, wrong in found.items() if wrong]
    return [*names, *arena.breaches(), *(["deadlock"] if arena.deadlocks_seen else [])]


def _errors(ended: Outcomes) -> bool:
    return bool(ended.errors)


def last_points(arena: Arena) -> list[str]:
    """Three rewards' worth of points, 64 orders."""
    ana, wanted = advocate(arena, 300), reward(arena, 100)
    ended = arena.at_once([lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id] * WIDE)
    return _wrong(arena, overspent=len(ended.values) > 3, error=_errors(ended), unspent=len(ended.values) < 3)


def last_stock(arena: Arena) -> list[str]:
    """Two pieces, 64 people."""
    wanted, crowd = reward(arena, 100, 2), crowd_of(arena, WIDE, 100)
    works = [lambda s, a=actor: redemption.redeem(s, wanted, by=a, request_key=uuid4()).id for actor in crowd]
    ended = arena.at_once(works)
    return _wrong(arena, oversold=len(ended.values) > 2, error=_errors(ended), unsold=len(ended.values) < 2)


def last_turn(arena: Arena) -> list[str]:
    """Twice for each person, 64 orders of one."""
    ana, wanted = advocate(arena, 10_000), reward(arena, 100, rules=Rules(per_person=2))
    ended = arena.at_once([lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id] * WIDE)
    return _wrong(arena, too_often=len(ended.values) > 2, error=_errors(ended), unspent=len(ended.values) < 2)


def last_place(arena: Arena) -> list[str]:
    """Two places, 64 advocates who start."""
    wanted, crowd = offered(arena, places=2), crowd_of(arena, WIDE)
    ended = arena.at_once([lambda s, a=actor: submissions.start(s, wanted, by=a).id for actor in crowd])
    begun = arena.one("SELECT count(*) FROM submission")
    return _wrong(arena, overbooked=begun > 2, error=_errors(ended), unfilled=begun < 2)


def one_form(arena: Arena) -> list[str]:
    """64 clicks on one showing of a form."""
    ana, wanted, key = advocate(arena, 10_000), reward(arena, 100, 99), uuid4()
    ended = arena.at_once([lambda s: redemption.redeem(s, wanted, by=ana, request_key=key).id] * WIDE)
    return _wrong(arena, ordered_twice=len(set(ended.values)) > 1, error=_errors(ended))


def settlement(arena: Arena) -> list[str]:
    """Delivered and cancelled at the same moment, while another order of theirs waits."""
    ana, mia, wanted = advocate(arena, 300), somebody(arena, "manager"), reward(arena, 100)
    number, _other = order(arena, ana, wanted), order(arena, ana, wanted)
    works = [
        lambda s: redemption.fulfil(s, number, by=mia, note="Sent").state,
        lambda s: redemption.cancel(s, number, by=ana).state,
    ]
    ended = arena.at_once(works * (WIDE // 2))
    return _wrong(arena, settled_twice=len(set(ended.values)) > 1, error=_errors(ended))


def same_code(arena: Arena) -> list[str]:
    """32 people open their codes of one list at the same moment, each twice."""
    wanted, crowd = coded(arena, 100, WIDE // 2), crowd_of(arena, WIDE // 2, 100)
    orders = [(actor, order(arena, actor, wanted)) for actor in crowd]
    works = [lambda s, a=a, n=n: codes.show(s, n, secrets=SECRETS, by=a) for a, n in orders for _ in range(2)]
    ended = arena.at_once(works)
    shown_twice = len(set(ended.values)) < len(ended.values) or len(ended.values) > WIDE // 2
    return _wrong(arena, shown_twice=shown_twice, error=_errors(ended), unsold=len(set(ended.values)) < WIDE // 2)


def one_showing(arena: Arena) -> list[str]:
    """64 openings of one code, while more are free."""
    ana, wanted = advocate(arena, 100), coded(arena, 100, 5)
    number = order(arena, ana, wanted)
    ended = arena.at_once([lambda s: codes.show(s, number, secrets=SECRETS, by=ana)] * WIDE)
    return _wrong(arena, shown_twice=len(ended.values) > 1, error=_errors(ended), unsold=not ended.values)


def decision(arena: Arena) -> list[str]:
    """Approved, refused and taken back at the same moment."""
    ana, managers = advocate(arena, 100), [somebody(arena, "manager") for _ in range(2)]
    number = order(arena, ana, reward(arena, 100, rules=Rules(approval=True)))
    works = [
        lambda s: approvals.approve(s, number, by=managers[0]).state,
        lambda s: approvals.decline(s, number, by=managers[1], reason="Not this time").state,
        lambda s: redemption.cancel(s, number, by=ana).state,
    ]
    ended = arena.at_once(works * (WIDE // 4))
    back = arena.one("SELECT state FROM redemption") == "cancelled"
    otherwise = points_of(arena, ana).available != (100 if back else 0)
    return _wrong(arena, decided_twice=len(set(ended.values)) > 1, settled_otherwise=otherwise, error=_errors(ended))


def refund(arena: Arena) -> list[str]:
    """64 refunds of one order, while others of theirs stay delivered."""
    ana, mia, wanted = advocate(arena, 400), somebody(arena, "manager"), reward(arena, 100)
    number, *others = (order(arena, ana, wanted) for _ in range(4))
    for one in (number, *others):
        arena.do(lambda s, n=one: redemption.fulfil(s, n, by=mia, note="Sent").id)
    ended = arena.at_once([lambda s: redemption.refund(s, number, by=mia, reason="Broken").id] * WIDE)
    return _wrong(arena, refunded_twice=points_of(arena, ana).available > 100, error=_errors(ended))


def claw_back(arena: Arena) -> list[str]:
    """64 claw-backs of one award."""
    ana, mia = advocate(arena, 9000), somebody(arena, "manager")
    subject = earn(arena, ana, 80)
    ended = arena.at_once([lambda s: len(awards.claw_back(s, subject, reason="Twice", by=mia))] * WIDE)
    return _wrong(arena, taken_twice=points_of(arena, ana).available < 9000, error=_errors(ended))


def award(arena: Arena) -> list[str]:
    """64 awards for one thing."""
    ana, mia = advocate(arena), somebody(arena, "manager")
    grant = {"subject": "trial:1", "cause": "trial:1", "reason": "Won", "by": mia}
    ended = arena.at_once([lambda s: bool(awards.grant(s, who(ana), 70, **grant))] * WIDE)
    return _wrong(arena, paid_twice=points_of(arena, ana).available > 70, error=_errors(ended))


def approval(arena: Arena) -> list[str]:
    """64 approvals of one story."""
    ana, mia = advocate(arena), somebody(arena, "manager")
    number = handed_in(arena, ana, mia, 150)
    ended = arena.at_once([lambda s: submissions.approve(s, number, by=mia).id] * WIDE)
    return _wrong(arena, paid_twice=points_of(arena, ana).available > 150, error=_errors(ended))


def verdict(arena: Arena) -> list[str]:
    """Eight managers decide on one story, each eight times."""
    ana, managers = advocate(arena), [somebody(arena, "manager") for _ in range(8)]
    number = handed_in(arena, ana, managers[0])
    works = [lambda s, m=manager: verdicts.record(s, number, Decision.APPROVE, by=m).decided_by for manager in managers]
    ended = arena.at_once(works * 8)
    return _wrong(arena, decided_twice=len(set(ended.values)) > 1, error=_errors(ended))


def call(arena: Arena) -> list[str]:
    """64 confirmations of one call."""
    ana, rep = consenting(arena), somebody(arena, "sales")
    _request, _assignment, number = accepted(arena, ana, rep)
    ended = arena.at_once([lambda s: calls.confirm_held(s, number, by=rep).id] * WIDE)
    return _wrong(arena, paid_twice=points_of(arena, ana).available > 400, error=_errors(ended))


def last_ask_of_person(arena: Arena) -> list[str]:
    """64 reps ask one advocate, who takes one ask at a time."""
    ana, rep = consenting(arena), somebody(arena, "sales")
    ended = arena.at_once([lambda s: ask(s, ana, rep)] * WIDE)
    return _wrong(arena, asked_too_often=len(ended.values) > 1, error=_errors(ended))


def last_ask_of_company(arena: Arena) -> list[str]:
    """A rep asks 16 people of a company that takes four asks."""
    firm, rep = company(arena), somebody(arena, "sales")
    crowd = [consenting(arena, company_id=firm) for _ in range(16)]
    ended = arena.at_once([lambda s, a=actor: ask(s, a, rep) for actor in crowd])
    return _wrong(arena, asked_too_often=len(ended.values) > 4, error=_errors(ended))


def withdrawal(arena: Arena) -> list[str]:
    """Each of 32 is asked in the moment in which they withdraw."""
    rep, crowd = somebody(arena, "sales"), [consenting(arena) for _ in range(WIDE // 2)]
    works: list[Callable[[Session], Any]] = [lambda s, a=a: len(consents.withdraw(s, who(a), by=a)) for a in crowd]
    works += [lambda s, a=a: ask(s, a, rep) for a in crowd]
    random.shuffle(works)
    ended = arena.at_once(works)
    return _wrong(arena, asked_without_consent=arena.one(OPEN_WITHOUT_CONSENT) > 0, error=_errors(ended))


def _accepting_and(arena: Arena, change: Callable[[Session, Actor], Any]) -> list[str]:
    """Each of 32 accepts an ask in the moment in which their consent changes."""
    rep, crowd = somebody(arena, "sales"), [consenting(arena) for _ in range(WIDE // 2)]
    assignments = {actor: asked(arena, actor, rep)[1] for actor in crowd}
    arena.superuser.plant(
        "UPDATE consent_event SET at = at - interval '2 minutes' WHERE person_id = ANY (%s)", [who(a) for a in crowd]
    )
    works = [lambda s, a=a: change(s, a) for a in crowd]
    works += [lambda s, a=a, n=n: answers.accept(s, n, by=a).state.value for a, n in assignments.items()]
    random.shuffle(works)
    ended = arena.at_once(works)
    return _wrong(arena, shown_without_consent=arena.one(OPEN_WITHOUT_CONSENT) > 0, error=_errors(ended))


def accepting_and_withdrawing(arena: Arena) -> list[str]:
    """Consent ends in that moment."""
    return _accepting_and(arena, lambda s, a: len(consents.withdraw(s, who(a), by=a)))


def accepting_and_renewing(arena: Arena) -> list[str]:
    """Consent is given anew in that moment."""
    return _accepting_and(arena, lambda s, a: len(consents.give(s, who(a), BOTH, by=a)))


def shards(arena: Arena) -> list[str]:
    """Pairs of people who share an account of the program, which their transactions reach in opposite orders."""
    crowd, mia = crowd_of(arena, 128, 10), somebody(arena, "manager")
    half = WIDE // 2

    def adjust(session: Session, actor: Any) -> None:
        ledger.adjust(session, who(actor), 5, reason="Thanks", by=mia)

    def grant(session: Session, actor: Any) -> None:
        subject = f"trial:{uuid4()}"
        awards.grant(session, who(actor), 5, subject=subject, cause=subject, reason="Won", by=mia)

    def both(session: Session, actor: Any, *ways: Callable[[Session, Any], None]) -> int:
        for way in ways:
            way(session, actor)
        return 2

    works = [lambda s, a=a: both(s, a, adjust, grant) for a in crowd[:half]]
    works += [lambda s, a=a: both(s, a, grant, adjust) for a in crowd[WIDE : WIDE + half]]
    ended = arena.at_once(works)
    return _wrong(arena, refused=bool(ended.refusals), error=_errors(ended))


def colleagues(arena: Arena) -> list[str]:
    """Two managers who are advocates too adjust each other's points."""
    one, other = (advocate(arena, 100, also=("manager",)) for _ in range(2))
    works = [
        lambda s: ledger.adjust(s, who(one), 5, reason="Thanks", by=other).amount,
        lambda s: ledger.adjust(s, who(other), 5, reason="Thanks", by=one).amount,
    ]
    ended = arena.at_once(works * 8)
    return _wrong(arena, refused=bool(ended.refusals), error=_errors(ended))


def invitation(arena: Arena) -> list[str]:
    """64 acceptances of one invitation."""
    token, versions = invited(arena)
    ended = arena.at_once([lambda s: invitations.accept(s, token, terms_versions=versions).id] * WIDE)
    return _wrong(arena, accepted_twice=len(ended.values) > 1, error=_errors(ended))


def link(arena: Arena) -> list[str]:
    """64 uses of one link."""
    token, _code = mailed(arena)
    ended = arena.at_once([lambda s: sign_in.follow(s, token, BROWSER).person_id] * WIDE)
    return _wrong(arena, used_twice=len(ended.values) > 1, error=_errors(ended))


def code(arena: Arena) -> list[str]:
    """64 tries of a wrong code."""
    _token, right = mailed(arena)
    wrong = f"{(int(right) + 1) % 100_000_000:08d}"
    ended = arena.at_once([lambda s: sign_in.by_code(s, wrong, BROWSER).person_id] * WIDE)
    return _wrong(arena, tried_too_often=ended.statuses()[422] > 5, error=_errors(ended))


def administrators(arena: Arena) -> list[str]:
    """Eight administrators remove each other."""
    admins = [somebody(arena, "admin") for _ in range(8)]
    pairs = zip(admins, [*admins[1:], admins[0]], strict=True)
    works = [lambda s, a=a, v=v: people.revoke_role(s, who(v), "admin", by=a) for a, v in pairs]
    ended = arena.at_once(works)
    return _wrong(arena, nobody_left=arena.one(ADMINS) == 0, error=_errors(ended))


def address(arena: Arena) -> list[str]:
    """64 people with one address."""
    make = lambda s: people.add_person(s, "Ana Mitchell", by=SYSTEM, email="ana@harbor.example").id  # noqa: E731
    ended = arena.at_once([make] * WIDE)
    return _wrong(arena, two_owners=len(ended.values) > 1, error=_errors(ended))

"""Many hands on the same door: a link opens once, a code is tried five times, one administrator stays."""

from __future__ import annotations

from collections import Counter

import pytest

from portal.access import invitations, sign_in
from portal.audit import SYSTEM, Actor
from portal.people import people

from .arena import WIDE, Arena
from .cast import somebody, who
from .doors import BROWSER, invited, mailed

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]


def test_an_invitation_is_accepted_once(arena: Arena) -> None:
    token, versions = invited(arena)
    ended = arena.at_once([lambda s: invitations.accept(s, token, terms_versions=versions).id] * WIDE)
    ended.fair(1, statuses=(410,))
    assert arena.one("SELECT count(*) FROM terms_acceptance") == 2


def test_accepting_and_withdrawing_an_invitation(arena: Arena) -> None:
    token, versions = invited(arena)
    number = arena.one("SELECT id FROM invitation")
    works = [
        lambda s: invitations.accept(s, token, terms_versions=versions).id,
        lambda s: invitations.withdraw(s, number, by=Actor(None, frozenset({"admin"}))),
    ]
    arena.at_once(works * (WIDE // 2)).fair(1, statuses=(409, 410))


def test_a_sign_in_link_is_used_once(arena: Arena) -> None:
    token, _code = mailed(arena)
    arena.at_once([lambda s: sign_in.follow(s, token, BROWSER).person_id] * WIDE).fair(1, statuses=(410,))


def test_a_link_and_its_code_open_once_together(arena: Arena) -> None:
    token, code = mailed(arena)
    works = [lambda s: sign_in.follow(s, token, BROWSER).person_id] * (WIDE - 4)
    works += [lambda s: sign_in.by_code(s, code, BROWSER).person_id] * 4
    arena.at_once(works).fair(1, statuses=(410, 422))


def test_a_code_is_tried_five_times(arena: Arena) -> None:
    _token, code = mailed(arena)
    wrong = f"{(int(code) + 1) % 100_000_000:08d}"
    ended = arena.at_once([lambda s: sign_in.by_code(s, wrong, BROWSER).person_id] * WIDE)
    ended.fair(0)
    assert ended.statuses() == Counter({429: WIDE - 5, 422: 5})


def test_an_address_is_asked_for_three_times(arena: Arena) -> None:
    ended = arena.at_once([lambda s: sign_in.ask(s, "nobody@harbor.example", BROWSER)] * WIDE)
    ended.fair(3, statuses=(429,))


def test_one_administrator_stays(arena: Arena) -> None:
    admins = [somebody(arena, "admin") for _ in range(8)]
    works = []
    for place, admin in enumerate(admins):
        victim = who(admins[(place + 1) % 8])
        works.append(lambda s, a=admin, v=victim: people.revoke_role(s, v, "admin", by=a))
        works.append(lambda s, a=admin, v=victim: people.suspend(s, v, by=a).id)
    ended = arena.at_once(works * (WIDE // 16))
    assert not ended.errors
    assert set(ended.statuses()) == {409}
    left = (
        "SELECT count(*) FROM person_role r JOIN person p ON p.id = r.person_id"
        " WHERE role = 'admin' AND p.suspended_at IS NULL"
    )
    assert arena.one(left) == 1


def test_one_person_for_one_address(arena: Arena) -> None:
    make = lambda s: people.add_person(s, "Ana Mitchell", by=SYSTEM, email="ana@harbor.example").id  # noqa: E731
    arena.at_once([make] * WIDE).fair(1)
    assert arena.one("SELECT count(*) FROM person") == 1

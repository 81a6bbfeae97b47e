"""Races through the whole application: 64 browsers click at one moment, and nobody sees an error of ours."""

from __future__ import annotations

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal.access import sessions
from portal.audit import Actor
from portal.web.session import hash_token

from .arena import WIDE, Arena
from .cast import advocate, crowd_of, handed_in, points_of, reward, somebody, who
from .doors import invited

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]


def browsers(arena: Arena, *people: Actor) -> list[FlaskClient]:
    """A browser for each, signed in."""
    found = []
    for place, actor in enumerate(people):
        token = f"race-{who(actor)}-{place}-".ljust(43, "x")
        arena.do(lambda s, a=actor, t=token: sessions.start(s, who(a), hash_token(t), "Firefox/140.0").id)
        client = arena.app.test_client()
        client.set_cookie("session", token)
        found.append(client)
    return found


def fields(page: str, *names: str) -> dict[str, str]:
    """What the named hidden fields of a page hold."""
    found = {}
    for name in ("csrf_token", *names):
        held = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        assert held, f"no field {name}"
        found[name] = held.group(1)
    return found


def at_once(posts: list[tuple[FlaskClient, str, dict[str, Any]]]) -> Counter[int]:
    """Send all forms at the same moment; the answers by status. Errors carry a sentence."""
    barrier = threading.Barrier(len(posts), timeout=60)

    def send(post: tuple[FlaskClient, str, dict[str, Any]]) -> int:
        client, path, form = post
        barrier.wait()
        answer = client.post(path, data=form)
        assert answer.status_code == 303 or len(answer.get_data(as_text=True)) > 200
        return answer.status_code

    with ThreadPoolExecutor(len(posts)) as pool:
        return Counter(pool.map(send, posts))


def test_the_last_points_by_64_windows_of_one_person(arena: Arena) -> None:
    ana, number = advocate(arena, 300), reward(arena, 100)
    public: UUID = arena.one("SELECT public_id FROM reward WHERE id = %(id)s", id=number)
    path, posts = f"/rewards/{public}", []
    for client in browsers(arena, *[ana] * WIDE):
        page = client.get(path).get_data(as_text=True)
        posts.append((client, path, fields(page, "request_key", "price")))
    assert at_once(posts) == Counter({303: 3, 409: WIDE - 3})
    assert points_of(arena, ana).available == 0


def test_the_last_in_stock_by_64_people(arena: Arena) -> None:
    crowd, number = crowd_of(arena, WIDE, 100), reward(arena, 100, 2)
    public: UUID = arena.one("SELECT public_id FROM reward WHERE id = %(id)s", id=number)
    path, posts = f"/rewards/{public}", []
    for client in browsers(arena, *crowd):
        page = client.get(path).get_data(as_text=True)
        posts.append((client, path, fields(page, "request_key", "price")))
    assert at_once(posts) == Counter({303: 2, 409: WIDE - 2})


def test_one_invitation_in_64_browsers(arena: Arena) -> None:
    token, versions = invited(arena)
    path, posts = f"/invitation/{token}", []
    for _ in range(WIDE):
        client = arena.app.test_client()
        form = fields(client.get(path).get_data(as_text=True))
        form |= {"name": "Ana Mitchell", "terms": ",".join(map(str, versions)), "agreed": "y"}
        posts.append((client, path, form))
    assert at_once(posts) == Counter({303: 1, 410: WIDE - 1})


def test_one_verdict_of_eight_managers(arena: Arena) -> None:
    ana, managers = advocate(arena), [somebody(arena, "manager") for _ in range(8)]
    number = handed_in(arena, ana, managers[0])
    public: UUID = arena.one("SELECT public_id FROM submission WHERE id = %(id)s", id=number)
    posts = []
    for client in browsers(arena, *managers * 8):
        page = client.get(f"/admin/approvals/{public}").get_data(as_text=True)
        posts.append(
            (client, f"/admin/approvals/{public}/verdict", {**fields(page), "decision": "approve", "comment": ""})
        )
    assert at_once(posts) == Counter({303: WIDE}), "whoever came later is told so and goes on with the next one"
    assert arena.one("SELECT count(*) FROM verdict") == 1

"""A database that goes away and comes back: the portal says so, and goes on without a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import create_app
from tests import cluster as clusters
from tests.cluster import Cluster
from tests.conftest import make_settings

from .cast import Guest, prepare
from .house import House, soon
from .load import Load
from .reckoning import reckon, unsent
from .witness import Witness

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]
SENTENCE = "The database does not answer right now. Nothing was lost."


@pytest.fixture
def own_cluster(place: Path) -> Iterator[Cluster]:
    """A PostgreSQL of somebody else: nobody of the portal starts it again."""
    running = clusters.start(directory=place / "theirs", durable=True)
    running.create_database("portal")
    yield running
    running.leave()


@pytest.fixture
def house(place: Path, own_cluster: Cluster) -> Iterator[House]:
    """An installation on it."""
    standing = House(place / "instance", own_cluster.url("portal"))
    standing.migrate()
    yield standing
    standing.clear()


@pytest.mark.parametrize("cookie", ["", f"session={'t' * 43}"])
@pytest.mark.parametrize("path", ["/terms", "/challenges", "/rewards", "/admin", "/sales"])
def test_every_page_that_needs_the_database_says_that_it_is_away(path: str, cookie: str, tmp_path: Path) -> None:
    """Nobody listens there. A stranger is sent to sign in before anything is asked."""
    app = create_app(make_settings("postgresql://portal:secret@127.0.0.1:1/portal", tmp_path))
    answer = app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie})
    if not cookie and path != "/terms":
        assert answer.status_code == 303
    else:
        assert answer.status_code == 503
        assert SENTENCE in answer.text
        assert "secret" not in answer.text


@pytest.mark.parametrize("csrf", [True, False], ids=["refused first", "asked first"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/messages/read"), ("POST", "/rewards/nowhere"), ("GET", "/nowhere")]
)
def test_so_do_errors_that_are_met_meanwhile(method: str, path: str, csrf: bool, tmp_path: Path) -> None:
    """Who is spoken to, and in which language, is asked of the database too."""
    app = create_app(make_settings("postgresql://portal:secret@127.0.0.1:1/portal", tmp_path))
    app.config["WTF_CSRF_ENABLED"] = csrf
    answer = app.test_client(use_cookies=False).open(path, method=method, headers={"Cookie": f"session={'t' * 43}"})
    assert answer.status_code == 503
    assert SENTENCE in answer.text


@pytest.mark.parametrize("seconds", [15, pytest.param(90, marks=pytest.mark.slow)])
def test_the_portal_says_so_and_recovers_without_a_restart(
    seconds: int, place: Path, own_cluster: Cluster, house: House
) -> None:
    scene = prepare(house)
    witness = Witness(place / "witness")
    house.start()
    assert soon(lambda: house.is_whole() and house.is_ready()), house.tail()
    load = Load(house.port, scene, witness)
    load.go()
    assert soon(lambda: load.acknowledged > 5), house.tail()
    before = house.parts()
    own_cluster.server.halt("immediate")

    anybody = Guest(0, "t" * 43)
    for path, guest in (("/terms", None), ("/challenges", anybody), ("/rewards", scene.guests[0])):
        status, body = house.ask(path, guest.token if guest else None)
        assert (path, status) == (path, 503)
        assert SENTENCE in body
    assert house.ask("/healthz")[0] == 200
    assert house.ask("/readyz")[0] == 503
    time.sleep(seconds)
    assert house.parts() == before, f"they wait, they do not die: {house.tail()}"

    own_cluster.server.start()
    at, began = time.time(), time.monotonic()
    assert soon(house.is_ready), house.tail()
    told = load.acknowledged
    assert soon(lambda: load.acknowledged > told + 5), house.tail()
    answered = time.monotonic() - began
    assert soon(lambda: house.worker_was_seen_after(at)), house.tail()
    assert house.parts() == before
    load.rest()
    assert load.refused == []
    assert soon(lambda: not unsent(house.url)), unsent(house.url)
    found = reckon(house.url, witness.deeds(), load.tries)
    assert (found.lost, found.doubled, found.wrong) == ([], [], [])
    assert house.breaches() == {}
    print(f"{found.acknowledged} acknowledged, none lost; answered {answered:.1f} s after the database was back")
    load.end()
    witness.close()
    assert house.interrupt() == 0

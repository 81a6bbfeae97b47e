"""A database that goes away and comes back: the portal says so, and goes on without a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster as clusters
from tests.cluster import Cluster

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
    for path, guest in (("/sign-in", None), ("/challenges", anybody), ("/rewards", scene.guests[0])):
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

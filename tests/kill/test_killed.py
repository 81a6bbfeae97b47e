"""kill -9 of each part, under load: nothing that was acknowledged is lost, nothing is there twice (trust.md, proof).

What was acknowledged is known from a file outside of the database. Twenty rounds of each only with --full.
"""

from __future__ import annotations

import psycopg
import pytest

from .cast import Scene
from .house import House, soon
from .killing import VICTIMS, Killing
from .load import Load
from .reckoning import mails, reckon
from .witness import Witness

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]
ROUNDS = [3, pytest.param(20, marks=pytest.mark.slow)]


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("part", VICTIMS)
def test_nothing_acknowledged_is_lost_or_doubled(
    part: str, rounds: int, serving: House, load: Load, witness: Witness
) -> None:
    killing = Killing(serving, load, witness, part)
    print(f"seed {killing.seed}")
    for _ in range(rounds):
        killing.round()
    settled = killing.settle()
    found = reckon(serving.url, witness.deeds(), load.tries)
    killing.well(found)
    assert mails(serving.instance / "mail").keys() >= _sent(serving), "a message was marked as sent and was not"
    seconds = sorted(killing.recoveries)
    print(
        f"{part}: {rounds} kills, {found.acknowledged} acknowledged so far, {len(found.lost)} lost,"
        f" {len(found.doubled)} doubled, answered again after {seconds[len(seconds) // 2]:.1f} s"
        f" (slowest {seconds[-1]:.1f} s), all messages sent {settled:.1f} s after the last"
    )


def _sent(house: House) -> set[str]:
    with psycopg.connect(house.url) as connection:
        return {what for (what,) in connection.execute("SELECT public_id::text FROM message WHERE state = 'sent'")}


def test_portal_check_agrees(serving: House) -> None:
    ended = serving.command("check")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "rules hold" in ended.stdout


def test_a_new_key_for_each_try_is_found_out(serving: House, scene: Scene) -> None:
    """A planted fault: browsers that lose an answer and ask again as if they never had."""
    seeing = Witness(serving.instance.parent / "witness-of-new-keys")
    careless = Load(serving.port, scene, seeing, new_key_each_time=True)
    try:
        careless.go()
        assert soon(lambda: careless.acknowledged > 6), serving.tail()
        careless.rest()
        assert reckon(serving.url, seeing.deeds(), careless.tries).doubled
    finally:
        careless.end()
        seeing.close()


def test_a_database_that_forgets_is_found_out(serving: House, scene: Scene) -> None:
    """A planted fault: synchronous_commit = off, and a server that dies before it has written what it promised."""
    forgetful(serving)
    seeing = Witness(serving.instance.parent / "witness-of-forgetting")
    load = Load(serving.port, scene, seeing)
    try:
        lost = 0
        for _ in range(3):
            load.go()
            told = load.acknowledged
            assert soon(lambda: load.acknowledged > told + 20), serving.tail()  # noqa: B023
            before = serving.postmaster()
            before.kill()
            load.rest()
            assert soon(serving.is_ready), serving.tail()
            lost = len(reckon(serving.url, seeing.deeds(), load.tries).lost)
            if lost:
                break
        print(f"{lost} of {len(seeing.deeds())} acknowledged deeds were lost")
        assert lost
        assert load.refused == []
    finally:
        load.end()
        seeing.close()
        careful(serving)


def forgetful(house: House) -> None:
    """Let PostgreSQL answer before it has written, and write late."""
    with psycopg.connect(house.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE portal SET synchronous_commit = off")
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(_NEW_CONNECTIONS)


def careful(house: House) -> None:
    """As it was."""
    with psycopg.connect(house.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE portal RESET synchronous_commit")
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(_NEW_CONNECTIONS)


_NEW_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'portal' AND pid <> pg_backend_pid()"
)

"""`portal check` notices a breach of every rule that there is, and says it; and is content with a whole program."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from portal.database import invariants
from portal.database.invariants import check_invariants, known
from portal.web.app import Portal
from tests.cluster import Cluster

from .planted import PLANTS, Plant

pytestmark = pytest.mark.xdist_group("check")


@pytest.fixture(scope="module")
def program(cluster: Cluster, lived: str) -> Iterator[str]:
    """The name of a database that holds a program of a year; nobody is connected to it."""
    name = f"check_{uuid.uuid4().hex[:12]}"
    cluster.create_database(name, lived)
    yield name
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def superuser(cluster: Cluster, program: str) -> Iterator[Connection]:
    """A connection that no trigger and no key stops; what it does is rolled back."""
    engine = create_engine(cluster.url(program, superuser=True).replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def put(connection: Connection, plant: Plant) -> None:
    """Break a rule."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in plant.statements:
        done = connection.execute(text(statement))
        assert statement.startswith("ALTER") or done.rowcount, f"nothing was planted by: {statement}"


def portal_check(cluster: Cluster, name: str, instance: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    environ = {
        **os.environ,
        "DATABASE_URL": cluster.url(name),
        "PORTAL_INSTANCE": instance,
        "PORTAL_ENV": "development",
    }
    command = [sys.executable, "-m", "portal", "check"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_every_rule_has_a_planted_breach(app: Portal) -> None:
    assert {plant.rule for plant in PLANTS} == set(known())


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.rule)
def test_a_planted_breach_is_noticed(app: Portal, superuser: Connection, plant: Plant) -> None:
    try:
        with Session(superuser) as session:
            before = {breach.name for breach in check_invariants(session)}
            put(superuser, plant)
            found = {breach.name: breach.sentence for breach in check_invariants(session)}
    finally:
        superuser.rollback()
    assert not before
    assert plant.rule in found


def test_the_command_is_content_with_a_whole_program(app: Portal, cluster: Cluster, program: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    ended = portal_check(cluster, program, str(tmp_path))
    assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0), ended.stderr
    assert f"{len(known())} rules hold" in ended.stdout


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(known, id="all at once"),
        *(pytest.param((p.rule,), id=p.rule, marks=pytest.mark.slow) for p in PLANTS),
    ],
)
def test_the_command_says_the_sentence_of_every_broken_rule(
    app: Portal,
    cluster: Cluster,
    program: str,
    superuser: Connection,
    tmp_path,
    rules,  # type: ignore[no-untyped-def]
) -> None:
    wanted = list(rules() if callable(rules) else rules)
    superuser.rollback()
    superuser.engine.dispose()
    superuser.invalidate()
    name = f"check_{uuid.uuid4().hex[:12]}"
    cluster.create_database(name, program)
    engine = create_engine(cluster.url(name, superuser=True).replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.begin() as connection:
            for rule in wanted:
                put(connection, next(plant for plant in PLANTS if plant.rule == rule))
        engine.dispose()
        ended = portal_check(cluster, name, str(tmp_path))
    finally:
        engine.dispose()
        cluster.drop_database(name)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    for rule in wanted:
        assert f"{rule}: {invariants._KNOWN[rule].sentence}" in ended.stderr

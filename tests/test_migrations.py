"""Migrations: up, down and up again, empty and with rows; what they make is what the models say (trust.md, proof)."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine

from portal.database import Base, migrating, shape
from portal.web.app import Portal
from tests.cluster import Cluster
from tests.race import cast
from tests.race.arena import Arena

REVISIONS = shape.known().split(", ")
"""From `base` to the newest."""
NOT_OURS = re.compile(r"procrastinate_|alembic_version|worker_seen$")
"""What has no model: the tables of the job queue and of Alembic, and the worker's one row, which plain SQL writes."""


class Ground:
    """A database of one test."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        self.engine: Engine = create_engine(cluster.url(name))

    def move(self, revision: str) -> None:
        """Go there, forwards or back."""
        migrating.move(self.engine, revision)

    def schema(self) -> list[str]:
        """All that there is but rows, as PostgreSQL tells it."""
        server = self.cluster.server
        dumped = subprocess.run(
            [server.programs / "pg_dump", "--schema-only", "--no-owner", self.cluster.url(self.name, superuser=True)],
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [line for line in dumped.stdout.splitlines() if line and not line.startswith(("--", "\\"))]
        return [line for line in lines if "alembic" not in line]

    def rows(self) -> dict[str, int]:
        """How many rows each table of ours has."""
        with psycopg.connect(self.cluster.url(self.name)) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            ours = [name for (name,) in names if not NOT_OURS.match(name)]
            return {name: _count(connection, name) for name in ours}


def _count(connection: psycopg.Connection[Any], name: str) -> int:
    found = connection.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()
    assert found is not None
    return int(found[0])


@pytest.fixture
def new_ground(cluster: Cluster) -> Iterator[Callable[[], Ground]]:
    """Makes empty databases."""
    made: list[Ground] = []

    def make() -> Ground:
        name = f"shape_{uuid.uuid4().hex[:12]}"
        cluster.create_database(name)
        made.append(Ground(cluster, name))
        return made[-1]

    yield make
    for ground in made:
        ground.engine.dispose()
        cluster.drop_database(ground.name)


@pytest.fixture
def ground(new_ground: Callable[[], Ground]) -> Ground:
    """An empty database."""
    return new_ground()


def test_there_is_one_line_of_revisions() -> None:
    scripts = ScriptDirectory(str(shape.scripts()))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert len(REVISIONS) == 1 + len(list(shape.scripts().glob("versions/*.py")))


def test_each_step_back_leads_to_what_was_before(ground: Ground) -> None:
    before = {}
    for revision in REVISIONS[1:]:
        ground.move(revision)
        before[revision] = ground.schema()
    assert len({str(schema) for schema in before.values()}) == len(before), "a revision that changes nothing"
    for revision in reversed(REVISIONS[1:-1]):
        ground.move(revision)
        assert ground.schema() == before[revision], f"the way back to {revision}"
    ground.move("base")
    assert not [line for line in ground.schema() if re.match(r"CREATE (TABLE|FUNCTION|TYPE|INDEX|SEQUENCE)", line)]
    ground.move("head")
    assert ground.schema() == before[REVISIONS[-1]]


def test_a_step_back_that_forgets_something_is_noticed(ground: Ground) -> None:
    ground.move("head")
    whole = ground.schema()
    with psycopg.connect(ground.cluster.url(ground.name)) as connection:
        connection.execute("ALTER TABLE transfer DROP CONSTRAINT ck_transfer_amount")
    assert ground.schema() != whole


def test_a_fresh_database_equals_one_that_went_there_and_back_with_rows(
    ground: Ground, new_ground: Callable[[], Ground], tmp_path: Path
) -> None:
    ground.move("head")
    whole = ground.schema()
    fill(ground, tmp_path)
    there = ground.rows()
    assert sum(1 for count in there.values() if count) >= 30, there
    people = {"company", "person", "person_email", "person_role", "audit_entry"}
    for revision in reversed(REVISIONS[2:-1]):
        ground.move(revision)
    ground.move("head")
    again = ground.rows()
    assert {name: again[name] for name in people} == {name: there[name] for name in people}, "what came before stays"
    assert ground.schema() == whole
    ground.move("base")
    ground.move("head")
    fresh = new_ground()
    fresh.move("head")
    assert ground.schema() == fresh.schema()
    assert ground.rows() == fresh.rows()


def fill(ground: Ground, instance: Path) -> None:
    """A little of everything, through the verbs."""
    arena = Arena(ground.cluster, ground.name, instance)
    try:
        firm = cast.company(arena)
        manager, rep = cast.somebody(arena, "manager", email=True), cast.somebody(arena, "sales", email=True)
        ana = cast.consenting(arena, company_id=firm)
        cast.earn(arena, ana, 500)
        cast.order(arena, ana, cast.reward(arena, 100, 5))
        cast.handed_in(arena, ana, manager)
        cast.accepted(arena, ana, rep)
        assert arena.breaches() == {}
    finally:
        arena.close()


def test_models_and_migrations_say_the_same(app: Portal, ground: Ground) -> None:
    """Not compared: what has no model (the queue's tables, triggers, functions, partial expressions of indexes)."""
    ground.move("head")
    with ground.engine.connect() as connection:
        assert differences(connection) == []


def test_a_column_that_no_model_has_is_noticed(app: Portal, ground: Ground) -> None:
    ground.move("head")
    with ground.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE person ADD COLUMN shoe_size integer")
        connection.exec_driver_sql("ALTER TABLE person ALTER COLUMN time_zone DROP NOT NULL")
        assert len(differences(connection)) == 2


def differences(connection: Connection) -> list[Any]:
    """Where models and tables differ, but for tables that are not ours."""

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not NOT_OURS.match(name or "")

    options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
    return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def test_what_is_checked_is_checked_for_old_rows_too(ground: Ground) -> None:
    ground.move("head")
    with psycopg.connect(ground.cluster.url(ground.name)) as connection:
        assert connection.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated").fetchall() == []

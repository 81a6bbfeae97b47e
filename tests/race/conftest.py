"""The arena of the races: empty before each, calm and whole after each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from portal.database import migrating
from tests.cluster import Cluster

from .arena import Arena, Grounds


@pytest.fixture(scope="session")
def grounds(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    """Copies of a migrated database, for arenas whole and broken."""
    name = f"race_template_{uuid.uuid4().hex[:8]}"
    cluster.create_database(name)
    engine = create_engine(cluster.url(name))
    migrating.migrate(engine)
    engine.dispose()
    yield Grounds(cluster, name, tmp_path_factory.mktemp("races"))
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def standing(grounds: Grounds) -> Iterator[Arena]:
    """The arena in which every guard stands."""
    with grounds.open() as arena:
        yield arena


@pytest.fixture
def arena(standing: Arena) -> Iterator[Arena]:
    """The same, empty; afterwards there must have been no deadlock, and every invariant must hold."""
    standing.superuser.empty()
    before = standing.deadlocks()
    standing.deadlocks_seen = 0
    yield standing
    assert standing.breaches() == {}
    assert standing.deadlocks_seen == 0, "the application met a deadlock"
    assert standing.deadlocks() == before, "PostgreSQL counted a deadlock"

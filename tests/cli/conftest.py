"""Databases for commands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from portal.database import migrating
from tests.cluster import Cluster


@pytest.fixture(scope="module")
def shape(cluster: Cluster) -> Iterator[str]:
    """The name of an empty database of this version's shape, to be copied."""
    name = f"cli_shape_{uuid.uuid4().hex[:12]}"
    engine = create_engine(cluster.create_database(name))
    migrating.migrate(engine)
    engine.dispose()
    yield name
    cluster.drop_database(name)


@pytest.fixture
def database(cluster: Cluster, shape: str) -> Iterator[str]:
    """The address of a database for one test."""
    name = f"cli_{uuid.uuid4().hex[:12]}"
    yield cluster.create_database(name, shape)
    cluster.drop_database(name)

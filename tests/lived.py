"""A program that has lived for a year, built once a run for all tests that need a whole one."""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from portal import create_app
from portal.database import db, migrating, run
from portal.demo import build
from portal.web.app import Portal
from tests.cluster import Cluster
from tests.conftest import make_settings

_NAME = "lived"


@pytest.fixture(scope="session")
def lived(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of its database: to be copied, for nobody may be connected to it."""
    with (cluster.directory / "lived.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first process that needs it builds it, the others wait
        with psycopg.connect(cluster.url("postgres", superuser=True)) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_NAME,)).fetchone()
        if known is None:
            _build(cluster, tmp_path_factory)
    return _NAME


def _build(cluster: Cluster, folders: pytest.TempPathFactory) -> None:
    part = f"{_NAME}_{uuid.uuid4().hex[:12]}"
    app = create_app(make_settings(cluster.create_database(part), folders.mktemp(_NAME)))
    with app.app_context():
        migrating.migrate(db.engine)
        assert not run(build.is_built)
        build.build()
        db.session.remove()
        db.engine.dispose()
    cluster.create_database(_NAME, part)
    cluster.drop_database(part)


@pytest.fixture
def program(cluster: Cluster, lived: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal on a copy of its own, in its context."""
    name = f"{_NAME}_{uuid.uuid4().hex[:12]}"
    portal = create_app(make_settings(cluster.create_database(name, lived), tmp_path_factory.mktemp(_NAME)))
    with portal.app_context():
        yield portal
        db.session.remove()
        db.engine.dispose()
    cluster.drop_database(name)

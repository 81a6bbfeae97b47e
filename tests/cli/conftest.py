"""Databases for commands."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from portal import cli
from portal.database import migrating
from tests.cli.asking import Ended, Portal
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


@pytest.fixture
def portal(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Portal:
    """`portal …` in an environment of its own."""

    def command(*arguments: str, **environ: str | None) -> Ended:
        values = {"PORTAL_ENV": "test", "DATABASE_URL": database, "PORTAL_INSTANCE": str(tmp_path), **environ}
        for name in ("SECRET_KEY", "PORTAL_BASE_URL", "FLASK_DEBUG", "PORT", *values):
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["portal", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return command

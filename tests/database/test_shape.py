"""The shape that a database has, told without Alembic: the same as Alembic tells it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from portal.database import migrating, shape
from tests.cluster import Cluster


@pytest.fixture
def engine(cluster: Cluster) -> Iterator[Engine]:
    """An empty database."""
    name = f"shape_{uuid.uuid4().hex[:12]}"
    engine = create_engine(cluster.create_database(name))
    yield engine
    engine.dispose()
    cluster.drop_database(name)


def test_the_revisions_are_those_of_alembic_in_its_order() -> None:
    script = ScriptDirectory(str(shape.scripts()))
    assert list(shape.revisions()) == [entry.revision for entry in reversed(list(script.walk_revisions()))]
    assert shape.head() == script.get_current_head()


def test_a_database_has_the_shape_at_the_newest_revision_only(engine: Engine) -> None:
    def has_it() -> bool:
        with engine.connect() as connection:
            return shape.at_head(connection)

    assert not has_it()
    migrating.migrate(engine, shape.revisions()[-2])
    assert not has_it()
    migrating.migrate(engine)
    assert has_it()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not has_it()


@pytest.mark.parametrize(
    "revisions",
    [
        [],
        ["name = 1"],
        ['revision = "1"\ndown_revision = "0"\n'],
        ['revision = "1"\ndown_revision = None\n', 'revision = "2"\ndown_revision = None\n'],
    ],
)
def test_files_that_are_not_one_line_are_refused(
    revisions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "versions").mkdir()
    for place, source in enumerate(revisions):
        (tmp_path / "versions" / f"{place}.py").write_text(source)
    monkeypatch.setattr(shape, "scripts", lambda: tmp_path)
    with pytest.raises(LookupError):
        shape.revisions.__wrapped__()

"""The ground of all tests: a real PostgreSQL, an app, the fixed cast, and the invariants asked after each test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from portal import create_app
from portal.database import db as database
from portal.database import kept, migrating
from portal.database.invariants import check_invariants
from portal.settings import Settings
from portal.web.app import Portal
from tests import cluster as clusters

pytest_plugins = ["tests.lived"]

BINARIES = os.environ.get("PORTAL_TEST_POSTGRES_BIN")
SEEDED = frozenset(
    {
        "alembic_version",
        "program",
        "level",
        "notice",
        "terms_version",
        "activity_type",
        "account",
        "procrastinate_version",
    }
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what journeys through the screens noted of themselves: so many clicks."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, told in getattr(report, "user_properties", ()):
            if name == "clicks":
                terminalreporter.write_line(told)


@pytest.fixture(scope="session")
def cluster() -> Iterator[clusters.Cluster]:
    """The throw-away PostgreSQL of this run, shared by its processes."""
    running = clusters.start(Path(BINARIES) if BINARIES else None)
    yield running
    running.leave()


def make_settings(url: str, instance: Path, **changes: Any) -> Settings:
    """Settings of a test installation, untouched by the environment."""
    values: dict[str, Any] = {
        "env": "test",
        "instance": instance,
        "database_url": url,
        "secret_key": "tests-only-secret-key-of-fifty-characters-0123456789",
        "base_url": "http://localhost",
        "searches_per_second": 1000,
        "password_memory_mib": 19,
        "password_passes": 2,
        **changes,
    }
    return Settings(**values)


@pytest.fixture(scope="session")
def database_name(cluster: clusters.Cluster) -> Iterator[str]:
    """A migrated database of this process alone."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    cluster.create_database(name)
    engine = create_engine(cluster.url(name))
    migrating.migrate(engine)
    engine.dispose()
    yield name
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def app(cluster: clusters.Cluster, database_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The application on this process's database."""
    portal = create_app(make_settings(cluster.url(database_name), tmp_path_factory.mktemp("instance")))
    portal.testing = False
    yield portal
    with portal.app_context():
        database.engine.dispose()


class Superuser:
    """The cluster's own connection: empties tables and plants what the product would never write."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("SET session_replication_role = replica")
        rows = self.connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname = 'public'"
        ).fetchall()
        self.tables = sorted(name for (name,) in rows if name not in SEEDED)

    def plant(self, statement: str, *values: Any) -> None:
        """Write past every trigger and key."""
        self.connection.execute(statement, values)  # type: ignore[call-overload]

    def empty(self) -> None:
        """Empty every table; seeded rows stay, seeded accounts go back to 0."""
        filled = [name for name in self.tables if self._has_rows(name)]
        for name in filled:
            self.connection.execute(f'DELETE FROM "{name}"')  # type: ignore[arg-type]
        if "account" in self._all_tables():
            self.connection.execute("DELETE FROM account WHERE person_id IS NOT NULL")
            self.connection.execute("UPDATE account SET posted = 0, held = 0, lifetime = 0")
        self.connection.execute(RESET_PROGRAM)

    def _has_rows(self, name: str) -> bool:
        return self.connection.execute(f'SELECT EXISTS (SELECT FROM "{name}")').fetchone() == (True,)  # type: ignore[arg-type]

    def _all_tables(self) -> set[str]:
        rows = self.connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r'").fetchall()
        return {name for (name,) in rows}


RESET_PROGRAM = (
    "UPDATE program SET name = 'Advocates', person_asks = 2, person_window_hours = 2160, person_gap_hours = 336,"
    " person_open_asks = 1, company_asks = 4, company_window_hours = 2160, adjustment_limit = 500, answer_hours = 72"
)


@pytest.fixture(scope="session")
def superuser(cluster: clusters.Cluster, app: Portal, database_name: str) -> Iterator[Superuser]:
    """The superuser's connection to this process's database."""
    connected = Superuser(cluster.url(database_name, superuser=True))
    yield connected
    connected.connection.close()


@pytest.fixture
def breaches_expected() -> list[str]:
    """Names of invariants that a test breaks on purpose; it fills the list."""
    return []


@pytest.fixture
def clean(app: Portal, superuser: Superuser, breaches_expected: list[str]) -> Iterator[None]:
    """An empty database before, the invariants asked and the tables emptied after."""
    superuser.empty()
    yield
    with app.app_context():
        found = {breach.name: str(breach) for breach in check_invariants(database.session())}
        database.session.remove()
    superuser.empty()
    surprises = {name: sentence for name, sentence in found.items() if name not in breaches_expected}
    assert not surprises, f"invariants are broken: {surprises}"
    assert set(breaches_expected) <= set(found), "a planted breach was not noticed"


@pytest.fixture
def db(app: Portal, clean: None) -> Iterator[Session]:
    """A session inside an application context; tests commit."""
    with app.app_context():
        yield database.session()
        database.session.rollback()
        database.session.remove()


@pytest.fixture
def count_queries(app: Portal) -> Iterator[Callable[[Callable[[], object]], int]]:
    """Count the statements that a call sends, with nothing kept: `count_queries(lambda: client.get("/"))`."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", note)

    def count(call: Callable[[], object]) -> int:
        kept.forget_all()
        seen.clear()
        call()
        return len(seen)

    yield count
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def at(db: Session) -> Callable[[str], None]:
    """Let the rest of the transaction live at another instant (ISO text)."""

    def travel(instant: str) -> None:
        db.execute(text("SELECT set_config('portal.now', :at, true)"), {"at": instant})
        db.info.pop("clock", None)

    return travel

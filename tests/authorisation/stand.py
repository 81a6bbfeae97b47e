"""A portal on a database of its own that goes back to where it was in milliseconds: a copy of a template."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from psycopg import sql
from sqlalchemy import create_engine
from werkzeug.test import TestResponse

from portal import create_app
from portal.database import db, migrating
from portal.database.invariants import check_invariants
from portal.messages.mail import folder
from portal.settings import Settings
from portal.web import shell
from portal.web.app import Portal
from portal.web.session import csrf_secret
from tests.authorisation.world import World, build
from tests.cluster import Cluster

KEY: Final = "a-secret-key-of-tests-0123456789-abcdefghijklmnop"
BASE: Final = "https://portal.example.com"
NOW: Final = "2026-06-15 12:00:00+00"
"""The hour of the world: it stands still, so that ten seconds to undo something last as long as the tests need."""
LETTER: Final = "20260615120000-abcdef"
STRANGER: Final = "a-cookie-that-stands-for-nobody-".ljust(43, "x")
_KEPT_APART: Final = frozenset({"throttle", "alembic_version"})
"""Tries are counted also where they are refused."""


def token_for(cookie: str) -> str:
    """The CSRF token of the session that a cookie stands for."""
    signer = URLSafeTimedSerializer(KEY, salt="wtf-csrf-token")
    return str(signer.dumps(csrf_secret(KEY, cookie)))


@dataclass(frozen=True)
class Place:
    """Where the databases are."""

    cluster: Cluster
    template: str
    work: str


class Stand:
    """The portal as in production, the same as demo, a world in it, and who they are."""

    def __init__(self, cluster: Cluster, instance: Path) -> None:
        name = uuid.uuid4().hex[:10]
        self.place = Place(cluster, f"world_{name}_template", f"world_{name}")
        self._create(self.place.template)
        engine = create_engine(cluster.url(self.place.template))
        migrating.migrate(engine)
        engine.dispose()
        maker = create_app(self._settings(self.place.template, instance, "production"))
        with maker.app_context():
            self.world: World = build(db.session(), [KEY])
            db.session.remove()
            db.engine.dispose()
        self.place.cluster.create_database(self.place.work, self.place.template)
        self._let_time_stand(self.place.work)
        self.app = create_app(self._settings(self.place.work, instance, "production"))
        self.demo = create_app(self._settings(self.place.work, instance, "demo"))
        letters = folder(self.demo.config["PORTAL"])
        letters.mkdir(parents=True, exist_ok=True)
        (letters / f"{LETTER}.eml").write_text("Subject: Hello\nTo: ana@world.example\n\nIt is ready.\n")
        self.world.things["letter"] = LETTER
        self.watch = psycopg.connect(cluster.url(self.place.work), autocommit=True)
        self.before = self._content()
        self.last_id = self._next_transaction()

    def _create(self, name: str) -> None:
        self.place.cluster.create_database(name)
        self._let_time_stand(name)

    def _let_time_stand(self, name: str) -> None:
        with psycopg.connect(self.place.cluster.url("postgres", superuser=True), autocommit=True) as connection:
            command = sql.SQL("ALTER DATABASE {} SET portal.now = {}")
            connection.execute(command.format(sql.Identifier(name), sql.Literal(NOW)))

    def _settings(self, name: str, instance: Path, env: str) -> Settings:
        values: dict[str, Any] = {
            "env": env,
            "instance": instance,
            "database_url": self.place.cluster.url(name),
            "secret_key": KEY,
            "base_url": BASE,
            "log_level": "error",
        }
        return Settings(**values)

    def restore(self) -> None:
        """Everything as it was."""
        self._let_go()
        self.place.cluster.drop_database(self.place.work)
        self.place.cluster.create_database(self.place.work, self.place.template)
        self._let_time_stand(self.place.work)
        self.watch = psycopg.connect(self.place.cluster.url(self.place.work), autocommit=True)
        self.last_id = self._next_transaction()

    def end(self) -> None:
        """Drop the databases, once."""
        if self.watch.closed:
            return
        self._let_go()
        for name in (self.place.work, self.place.template):
            self.place.cluster.drop_database(name)

    def _let_go(self) -> None:
        self.watch.close()
        for app in (self.app, self.demo):
            with app.app_context():
                db.session.remove()
                db.engine.dispose()

    def send(
        self,
        method: str,
        path: str,
        persona: str | None = None,
        *,
        app: Portal | None = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        cookies: str = "",
        base: str = BASE,
        **more: Any,
    ) -> TestResponse:
        """A request of somebody; one that changes something carries their CSRF token unless `token` says otherwise."""
        shell._kept.clear()
        cookie = self.world.tokens[persona] if persona and persona != "anonymous" else STRANGER
        client: FlaskClient = (app or self.app).test_client(use_cookies=False)
        sent = {"Cookie": f"__Host-session={cookie}; {cookies}", **(headers or {})}
        if method not in {"GET", "HEAD", "OPTIONS"} and token != "":
            more["data"] = {"csrf_token": token or token_for(cookie), **(more.get("data") or {})}
        return client.open(path, method=method, base_url=base, headers=sent, **more)

    def changed(self) -> list[str]:
        """The tables that are not as they were before. No transaction number was used: nothing was even tried."""
        latest = self._next_transaction()
        if latest == self.last_id:
            return []
        now = self._content()
        self.last_id = latest
        return sorted(table for table in now if now[table] != self.before[table])

    def breaches(self) -> list[str]:
        """What is wrong with the data."""
        with self.app.app_context():
            found = [str(breach) for breach in check_invariants(db.session())]
            db.session.remove()
        return found

    def _next_transaction(self) -> int:
        row = self.watch.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def _content(self) -> dict[str, str]:
        names = self.watch.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'").fetchall()
        tables = sorted(name for (name,) in names if name not in _KEPT_APART)
        one = "SELECT {0}, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {1} t"
        parts = [sql.SQL(one).format(sql.Literal(table), sql.Identifier(table)) for table in tables]
        return dict(self.watch.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())


_shared: list[Stand] = []


def shared(cluster: Cluster, folders: pytest.TempPathFactory) -> Stand:
    """The stand of this process; the tests of authorisation and those of the edge use the same."""
    if not _shared:
        _shared.append(Stand(cluster, folders.mktemp("stand")))
    return _shared[0]

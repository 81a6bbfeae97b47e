"""A portal on a database of its own that goes back to where it was in milliseconds."""

from __future__ import annotations

import uuid
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
from portal.database import db, kept, migrating
from portal.database.invariants import check_invariants
from portal.imports import kept_files
from portal.messages.mail import folder
from portal.settings import Settings
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
_KEPT_APART: Final = ("throttle",)
"""Tries are counted also where they are refused."""


def token_for(cookie: str) -> str:
    """The CSRF token of the session that a cookie stands for."""
    signer = URLSafeTimedSerializer(KEY, salt="wtf-csrf-token")
    return str(signer.dumps(csrf_secret(KEY, cookie)))


class Stand:
    """The portal as in production, the same as demo, a world in it, and who they are."""

    def __init__(self, cluster: Cluster, instance: Path) -> None:
        self.cluster, self.name = cluster, f"world_{uuid.uuid4().hex[:10]}"
        cluster.create_database(self.name)
        self._let_time_stand()
        engine = create_engine(cluster.url(self.name))
        migrating.migrate(engine)
        engine.dispose()
        self.app = create_app(self._settings(instance, "production"))
        self.demo = create_app(self._settings(instance, "demo"))
        self.apps = [self.app, self.demo]
        with self.app.app_context():
            self.world: World = build(db.session(), [KEY], kept_files.folder(self.app.config["PORTAL"]))
            db.session.remove()
        letters = folder(self.demo.config["PORTAL"])
        letters.mkdir(parents=True, exist_ok=True)
        (letters / f"{LETTER}.eml").write_text("Subject: Hello\nTo: ana@world.example\n\nIt is ready.\n")
        self.world.things["letter"] = LETTER
        self.watch = psycopg.connect(cluster.url(self.name), autocommit=True)
        self.owner = psycopg.connect(cluster.url(self.name, superuser=True), autocommit=True)
        self.owner.execute("SET session_replication_role = replica")
        self._keep()
        self.before = self.pristine = self.content()
        self.last_id = self._next_transaction()

    def _let_time_stand(self) -> None:
        with psycopg.connect(self.cluster.url("postgres", superuser=True), autocommit=True) as connection:
            command = sql.SQL("ALTER DATABASE {} SET portal.now = {}")
            connection.execute(command.format(sql.Identifier(self.name), sql.Literal(NOW)))

    def _settings(self, instance: Path, env: str) -> Settings:
        values: dict[str, Any] = {
            "env": env,
            "instance": instance,
            "database_url": self.cluster.url(self.name),
            "secret_key": KEY,
            "base_url": BASE,
            "log_level": "error",
            "searches_per_second": 1000,
            "password_memory_mib": 19,
            "password_passes": 2,
        }
        return Settings(**values)

    def another(self, **changes: Any) -> Portal:
        """One more portal on the same database, with other settings or to plant a fault in."""
        settings = self.app.config["PORTAL"].model_copy(update=changes)
        for name in ("https", "hosts", "demo", "signing_keys"):
            settings.__dict__.pop(name, None)
        self.apps.append(create_app(settings))
        return self.apps[-1]

    def restore(self) -> None:
        """Everything as it was: the rows of the tables that differ are put back past every trigger."""
        now = self.content()
        changed = [name for name in now if now[name] != self.pristine[name]]
        with self.owner.transaction():
            for name in [*changed, *_KEPT_APART]:
                table, kept = sql.Identifier(name), sql.Identifier("kept", name)
                columns = sql.SQL(", ").join(map(sql.Identifier, self.columns[name]))
                self.owner.execute(sql.SQL("DELETE FROM {}").format(table))
                put = "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}"
                self.owner.execute(sql.SQL(put).format(table, columns, columns, kept))
        self.before = self.pristine
        self.last_id = self._next_transaction()

    def _keep(self) -> None:
        """Lay a copy of every table aside."""
        self.owner.execute("CREATE SCHEMA kept")
        self.columns: dict[str, list[str]] = {}
        for name in [*self._tables(), *_KEPT_APART]:
            rows = self.owner.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = ''",
                (f'public."{name}"',),
            ).fetchall()
            self.columns[name] = [column for (column,) in rows]
            self.owner.execute(
                sql.SQL("CREATE TABLE {} AS TABLE {}").format(sql.Identifier("kept", name), sql.Identifier(name))
            )

    def end(self) -> None:
        """Drop the databases, once."""
        if self.watch.closed:
            return
        self.watch.close()
        self.owner.close()
        for app in self.apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        self.cluster.drop_database(self.name)

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
        kept.forget_all()
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
        now = self.content()
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

    def content(self) -> dict[str, str]:
        """A fingerprint of each table."""
        tables = self._tables()
        one = "SELECT {0}, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {1} t"
        parts = [sql.SQL(one).format(sql.Literal(table), sql.Identifier(table)) for table in tables]
        return dict(self.watch.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())

    def _tables(self) -> list[str]:
        names = self.watch.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'").fetchall()
        return sorted(name for (name,) in names if name not in _KEPT_APART)


_shared: list[Stand] = []


def shared(cluster: Cluster, folders: pytest.TempPathFactory) -> Stand:
    """The stand of this process; the tests of authorisation and those of the edge use the same."""
    if not _shared:
        _shared.append(Stand(cluster, folders.mktemp("stand")))
    return _shared[0]

"""A throw-away PostgreSQL for the tests: one a run, shared by its processes, fast and without any durability.

`PORTAL_TEST_POSTGRES_BIN` names the programs of another PostgreSQL; without it the wheel's are used.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from portal.database.postgres_server import PATIENCE, SUPERUSER, PostgresServer
from portal.database.process_table import Register
from portal.database.server_account import account, binaries

ROLE: Final = "portal"
"""The application's role: it owns databases and is no superuser."""
_RUN: Final = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
"""What the processes of one run of the tests have in common."""
_SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "1h",
    "timezone": "UTC",
    "jit": "off",
}
_DURABLE: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "timezone": "UTC", "jit": "off"}
"""What the embedded PostgreSQL runs with, for measuring."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster and the passwords of its two roles."""

    directory: Path
    server: PostgresServer
    passwords: dict[str, str]

    def url(self, name: str, superuser: bool = False) -> str:
        """The address of a database, as the application's role or as the superuser."""
        role = SUPERUSER if superuser else ROLE
        return self.server.url(role, self.passwords[role], name)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database of the application's role, a copy of `template` if given; its address."""
        self._as_superuser(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                *(sql.Identifier(word) for word in (name, ROLE, template or "template1"))
            )
        )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._as_superuser(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def leave(self) -> None:
        """This process needs the cluster no longer; the last one stops it and deletes it."""
        register = Register(self.directory)
        with register.locked(PATIENCE):
            if register.leave():
                self.server.delete()
                shutil.rmtree(self.directory)

    def _as_superuser(self, command: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres", superuser=True), autocommit=True) as connection:
            connection.execute(command)


def start(bin_dir: Path | None = None, directory: Path | None = None, *, durable: bool = False) -> Cluster:
    """Start the run's cluster or join the one that the run's first process started; `leave()` when done.

    Without `directory` it is one in the temporary folder that all processes of the run agree on. A `durable` one
    waits for the disk as the embedded one does.
    """
    folder = directory or Path(tempfile.gettempdir()) / f"advocate-portal-tests-{_RUN}"
    folder.mkdir(parents=True, exist_ok=True)
    who = account()
    folder.chmod(0o711 if who.lent else 0o700)
    named = os.environ.get("PORTAL_TEST_POSTGRES_BIN")
    programs = bin_dir or (Path(named) if named else binaries(who))
    server = PostgresServer(folder / "cluster", programs, who, _DURABLE if durable else _SETTINGS)
    register = Register(folder)
    with register.locked(PATIENCE):
        fresh = not server.exists()
        passwords = _create(server, folder) if fresh else json.loads((folder / "passwords").read_text())
        if server.postmaster() is None:
            server.start()
        cluster = Cluster(folder, server, passwords)
        if fresh:
            cluster._as_superuser(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(passwords[ROLE]))
            )
        register.enter()
    return cluster


def _create(server: PostgresServer, folder: Path) -> dict[str, str]:
    passwords = {SUPERUSER: secrets.token_urlsafe(16), ROLE: secrets.token_urlsafe(16)}
    file = folder / "passwords"
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords))
    server.account.own_folder(server.folder)
    server.create(passwords[SUPERUSER])
    return passwords

"""The embedded PostgreSQL: the server of the wheel, in the instance folder, shared by its commands.

Whoever needs it starts or joins it, the last one stops it. It outlives users that are killed: the next command joins
it again (docs/decisions/0002-embedded-postgresql.md).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from portal.database.postgres_server import PATIENCE, SUPERUSER, PostgresServer, answers
from portal.database.process_table import Register
from portal.database.server_account import SYSTEM_HOME, EmbeddedError, account, binaries

__all__ = ["EmbeddedError", "destroy", "revive", "running", "stop"]

DATABASE: Final = "portal"
ROLE: Final = "portal"
_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "on",  # a week of logs, each day over the same day of the week before
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}

_log = logging.getLogger(__name__)


@contextmanager
def running(instance: Path) -> Iterator[str]:
    """Start or join the instance's PostgreSQL and give the URL of its database, as the owner without superuser rights.

    On leaving, the last user of the instance stops the server. What cannot be mended is refused with `EmbeddedError`.
    """
    embedded = _Embedded(instance)
    url = embedded.join()
    try:
        yield url
    finally:
        embedded.leave()


def revive(instance: Path) -> bool:
    """Start the instance's server again if it died under its users; whether that was needed."""
    return _Embedded(instance).revive()


def stop(instance: Path) -> bool:
    """Stop the instance's server, whoever uses it; whether there was one."""
    return _Embedded(instance).stop()


def destroy(instance: Path) -> None:
    """Stop the instance's server and delete its database for good, wherever it lies; refuses while it is in use."""
    _Embedded(instance).destroy()


class _Embedded:
    """The server of one instance. Whatever changes it happens under the instance's lock."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance.absolute()
        self.home = self.instance / "postgresql"
        self.users = Register(self.home)
        self.pid = os.getpid()

    def join(self) -> str:
        self._prepare_folders()
        with self._locked():
            if not self.server.exists():
                self._create()
            if self.server.postmaster() is None:
                self.server.start()
            if not answers(self._url(ROLE, DATABASE)):
                self._mend()
            self.users.enter()
            return self._url(ROLE, DATABASE)

    def leave(self) -> None:
        if self.pid != os.getpid():  # a fork of the user
            return
        with self._locked():
            if self.users.leave():
                self.server.halt("fast")

    def revive(self) -> bool:
        if self.server.postmaster() is not None:
            return False
        with self._locked():
            if self.server.postmaster() is not None:
                return False
            self.server.start()
            return True

    def stop(self) -> bool:
        if not self.home.is_dir():
            return False
        with self._locked():
            return self.server.halt("fast")

    def destroy(self) -> None:
        if not self.home.is_dir():
            return
        with self._locked():
            users = sorted({str(pid) for pid, _ in self.users.living()})
            if users:
                raise EmbeddedError(
                    f"The database in {self.home} is in use: stop the process {', '.join(users)} first."
                )
            self.server.delete()
            shutil.rmtree(self.home)

    @cached_property
    def server(self) -> PostgresServer:
        who = account()
        elsewhere = self.home / "location"
        folder = Path(elsewhere.read_text()) if elsewhere.exists() else self.home / "cluster"
        return PostgresServer(folder, binaries(who), who, _SETTINGS)

    @cached_property
    def _passwords(self) -> dict[str, str]:
        try:
            passwords: dict[str, str] = json.loads((self.home / "passwords").read_text())
        except FileNotFoundError:
            raise EmbeddedError(
                f"The passwords of the database in {self.server.data} are missing: "
                f"put the file {self.home / 'passwords'} back from your backup."
            ) from None
        return passwords

    def _url(self, role: str, database: str) -> str:
        return self.server.url(role, self._passwords[role], database)

    def _prepare_folders(self) -> None:
        lent = account().lent
        self.instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        if lent and self.instance.stat().st_uid == os.geteuid():
            self.instance.chmod(0o711)  # the system user passes through; what lies beside has modes of its own
        self.home.mkdir(exist_ok=True, mode=0o700)
        self._refuse_folder_of_another_user()
        self.home.chmod(0o711 if lent else 0o700)

    def _refuse_folder_of_another_user(self) -> None:
        owner = self.home.stat().st_uid
        if owner != os.geteuid():
            raise EmbeddedError(
                f"The database in {self.home} belongs to another user (number {owner}): start the portal as that user, "
                f"or choose another folder with PORTAL_INSTANCE."
            )

    def _create(self) -> None:
        self._choose_place()
        passwords = self.home / "passwords"
        if not passwords.exists():
            new = {SUPERUSER: secrets.token_urlsafe(24), ROLE: secrets.token_urlsafe(24)}
            passwords.touch(mode=0o600)
            passwords.write_text(json.dumps(new))
        self.server.create(self._passwords[SUPERUSER])

    def _choose_place(self) -> None:
        folder, who = self.server.folder, self.server.account
        who.own_folder(folder)
        if who.can("-w", folder):
            return
        place = SYSTEM_HOME / hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        _log.warning("A parent folder of %s bars PostgreSQL's user: the database is kept in %s.", folder, place)
        SYSTEM_HOME.mkdir(mode=0o755, exist_ok=True)
        who.own_folder(place)
        (self.home / "location").write_text(str(place))
        folder.rmdir()
        del self.server

    def _mend(self) -> None:
        """Bring a server that runs but does not serve the portal's role, to where it does, restarting at most once."""
        superuser = self._url(SUPERUSER, "postgres")
        if not answers(superuser, patience=PATIENCE if self.server.is_starting() else 1):
            self.server.halt("immediate")
            self.server.start()
            superuser = self._url(SUPERUSER, "postgres")
        if answers(superuser):
            self._provide_database(superuser)
        if not answers(self._url(ROLE, DATABASE)):
            raise EmbeddedError(
                f"PostgreSQL runs in {self.server.data} but refuses the portal: the log in its folder log/ says why."
            )

    def _provide_database(self, superuser: str) -> None:
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        with psycopg.connect(superuser, autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).rowcount:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            secret = sql.Literal(self._passwords[ROLE])
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(role, secret))
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._refuse_folder_of_another_user()
        try:
            with self.users.locked(2 * PATIENCE):
                yield
        except TimeoutError:
            raise EmbeddedError(
                f"Another command has been starting or stopping the database in {self.home} for minutes: "
                f"end it and try again."
            ) from None

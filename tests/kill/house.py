"""An installation as an operator has one: an instance folder, `portal serve`, the processes that belong to it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from flask import Flask
from sqlalchemy import create_engine

from portal import create_app
from portal.database import db as database
from portal.database import embedded, migrating
from portal.database.invariants import check_invariants
from portal.database.postgres_server import SUPERUSER
from tests.conftest import make_settings

PATIENCE = 120.0
"""Seconds that a busy machine may take for what takes one."""
KEY = "tests-only-secret-key-of-fifty-characters-0123456789"


def soon(true: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def alive(process: psutil.Process) -> bool:
    """Whether it runs, and is no zombie."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class House:
    """One installation. Without `url` it has the embedded PostgreSQL."""

    def __init__(self, instance: Path, url: str | None = None) -> None:
        self.instance, self.own_url = instance, url
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.log = instance.parent / "serve.log"
        self._app: Flask | None = None
        self.serving: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What its commands find in the environment."""
        own = {
            "PORTAL_ENV": "test",
            "PORTAL_INSTANCE": str(self.instance),
            "PORTAL_BASE_URL": "http://localhost",
            "SECRET_KEY": KEY,
            "PORT": str(self.port),
            "WEB_PROCESSES": "2",
            "WEB_THREADS": "4",
            "LOG_LEVEL": "warning",
        }
        if self.own_url:
            own["DATABASE_URL"] = self.own_url
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {**kept, **own}

    @property
    def url(self) -> str:
        """The address of its database, as it is now."""
        return self.own_url or embedded._Embedded(self.instance)._url(embedded.ROLE, embedded.DATABASE)

    @property
    def superuser_url(self) -> str:
        """The same as the superuser of the embedded PostgreSQL."""
        return embedded._Embedded(self.instance)._url(SUPERUSER, embedded.DATABASE)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The context of its application, for the verbs that prepare and the rules that are asked."""
        if self._app is None:
            self._app = create_app(make_settings(self.url, self.instance, secret_key=KEY))
        with self._app.app_context():
            try:
                yield
            finally:
                database.session.remove()
                database.engine.dispose()

    def migrate(self) -> None:
        """Give its own PostgreSQL the shape of this version."""
        engine = create_engine(self.url)
        migrating.migrate(engine)
        engine.dispose()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `portal …` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "portal", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self) -> None:
        """One start, as somebody types it."""
        with self.log.open("ab") as log:
            self.serving = subprocess.Popen(
                [sys.executable, "-m", "portal", "serve"], env=self.environ, stdout=log, stderr=log
            )

    def supervisor(self) -> psutil.Process:
        """`portal serve` itself."""
        assert self.serving is not None
        return psutil.Process(self.serving.pid)

    def web_server(self) -> psutil.Process:
        """The keeper of the web processes."""
        return next(each for each in self._children() if _name(each) == "portal-web")

    def web(self) -> list[psutil.Process]:
        """The web processes."""
        return [each for each in self.web_server().children() if alive(each)]

    def worker(self) -> psutil.Process:
        """The process of the jobs."""
        return next(each for each in self._children() if _name(each) == "portal-worker")

    def parts(self) -> list[psutil.Process]:
        """All of these, as far as they live."""
        with suppress(psutil.NoSuchProcess, StopIteration):
            return [self.web_server(), *self.web(), self.worker()]
        return []

    def is_whole(self) -> bool:
        """Whether all of its processes live."""
        return len(self.parts()) == 4

    def _children(self) -> list[psutil.Process]:
        return [each for each in self.supervisor().children() if alive(each)]

    def postmaster(self) -> psutil.Process:
        """PostgreSQL's first process."""
        pid = embedded._Embedded(self.instance).server.postmaster()
        assert pid is not None
        return psutil.Process(pid)

    def tail(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def ask(self, path: str, token: str | None = None) -> tuple[int, str]:
        """Status and body of a page, for a stranger or under a session's token; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                "GET", path, headers={"Host": "localhost", **({"Cookie": f"session={token}"} if token else {})}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        return self.ask("/readyz")[0] == 200

    def worker_was_seen_after(self, wall: float) -> bool:
        """Whether a worker has shown itself since then."""
        with suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=5) as connection:
            seen = connection.execute("SELECT extract(epoch FROM at) FROM worker_seen").fetchone()
            return seen is not None and float(seen[0]) > wall
        return False

    def breaches(self) -> dict[str, str]:
        """The rules that are broken, with their sentences."""
        with self.inside():
            return {breach.name: str(breach) for breach in check_invariants(database.session())}

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        assert self.serving is not None
        self.serving.send_signal(signal.SIGINT)
        return self.serving.wait(PATIENCE)

    def clear(self) -> None:
        """Leave nothing behind."""
        if self.serving is not None and self.serving.poll() is None:
            self.serving.kill()
            self.serving.wait()
        if not self.own_url:
            soon(lambda: not embedded._Embedded(self.instance).users.living())
            embedded.destroy(self.instance)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.name()
    return ""

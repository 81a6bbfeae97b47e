"""Where races are run: an application on a database of its own, with a real connection for every contender."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask_babel import force_locale
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from portal import create_app
from portal.database import db as database
from portal.database import run
from portal.database.invariants import check_invariants
from portal.database.refusal import Refusal
from tests.cluster import Cluster
from tests.conftest import Superuser, make_settings

WIDE = 64
_DEADLOCK = "40P01"

Work = Callable[[Session], Any]


@dataclass(frozen=True)
class Ended:
    """How it ended for one contender: with a value, with a refusal, or with what should never happen."""

    value: Any = None
    refusal: Refusal | None = None
    error: BaseException | None = None


class Outcomes(list[Ended]):
    """How a race ended for everybody."""

    @property
    def values(self) -> list[Any]:
        """What the winners came home with."""
        return [one.value for one in self if one.refusal is None and one.error is None]

    @property
    def refusals(self) -> list[Refusal]:
        """What the losers were told."""
        return [one.refusal for one in self if one.refusal is not None]

    @property
    def errors(self) -> list[BaseException]:
        """What nobody should ever see."""
        return [one.error for one in self if one.error is not None]

    def statuses(self) -> Counter[int]:
        """The losers by HTTP status; each must have been told a sentence."""
        with force_locale("en"):
            silent = [refusal for refusal in self.refusals if len(str(refusal)) < 10]
        assert not silent, f"refused without a sentence: {silent}"
        return Counter(refusal.status for refusal in self.refusals)

    def fair(self, winners: int, *, statuses: Sequence[int] = (409, 422, 429)) -> None:
        """As many winners as there may be; everybody else refused with a sentence, nobody met an error."""
        assert not self.errors, self.errors[:3]
        assert len(self.values) == winners, f"{len(self.values)} winners instead of {winners}; {self.statuses()}"
        assert set(self.statuses()) <= set(statuses), self.statuses()


def _wait_long(connection: Any, _record: Any) -> None:
    """A slow machine is no outcome of a race: wait for locks longer than a web process would."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
        cursor.execute("SET statement_timeout = '60s'")
    connection.commit()


class Arena:
    """An application with a connection for each of 64 contenders, and the count of its deadlocks."""

    def __init__(self, cluster: Cluster, name: str, instance: Path) -> None:
        self.cluster, self.name = cluster, name
        self.app = create_app(make_settings(cluster.url(name), instance, web_threads=WIDE))
        self.superuser = Superuser(cluster.url(name, superuser=True))
        self.deadlocks_seen = 0
        with self.app.app_context():
            self.engine: Engine = database.engine
        event.listen(self.engine, "handle_error", self._note)
        event.listen(self.engine, "connect", _wait_long)

    def _note(self, context: Any) -> None:
        if getattr(context.original_exception, "sqlstate", None) == _DEADLOCK:
            self.deadlocks_seen += 1

    def at_once(self, works: Sequence[Work]) -> Outcomes:
        """Do all works at the same moment: each in a thread, a context and a connection of its own."""
        barrier = threading.Barrier(len(works), timeout=60)

        def one(work: Work) -> Ended:
            with self.app.app_context(), force_locale("en"):
                try:
                    database.session().connection()
                    database.session.rollback()
                    barrier.wait()
                    return Ended(value=run(work))
                except Refusal as refusal:
                    return Ended(refusal=refusal)
                except Exception as error:
                    return Ended(error=error)
                finally:
                    database.session.remove()

        with ThreadPoolExecutor(len(works)) as pool:
            return Outcomes(pool.map(one, works))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session in a context of its own, for what comes before and after the race."""
        with self.app.app_context(), force_locale("en"):
            try:
                yield database.session()
            finally:
                database.session.rollback()
                database.session.remove()

    def do(self, work: Work) -> Any:
        """One piece of work, committed."""
        with self.session():
            return run(work)

    def one(self, statement: str, **values: Any) -> Any:
        """The only value that a query gives, asked past the application."""
        row = self.superuser.connection.execute(statement, values).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None

    def breaches(self) -> dict[str, str]:
        """The rules that are broken, with their sentences."""
        with self.session() as session:
            return {breach.name: str(breach) for breach in check_invariants(session)}

    def deadlocks(self) -> int:
        """How many deadlocks PostgreSQL has counted, once every connection has reported and gone."""
        self.engine.dispose()
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %(name)s AND pid <> pg_backend_pid()"
        until = time.monotonic() + 10
        while self.one(others, name=self.name) and time.monotonic() < until:
            time.sleep(0.02)
        self.superuser.connection.execute("SELECT pg_stat_clear_snapshot()")
        return int(self.one("SELECT deadlocks FROM pg_stat_database WHERE datname = %(name)s", name=self.name))

    def rewrite(self, change: Callable[[str], str]) -> None:
        """From now on send other statements than the application means to."""

        def rewritten(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
            return change(statement), parameters

        event.listen(self.engine, "before_cursor_execute", rewritten, retval=True)

    def close(self) -> None:
        """Leave the database."""
        self.engine.dispose()
        self.superuser.connection.close()


class Grounds:
    """Makes arenas: each on a copy of one migrated, empty database."""

    def __init__(self, cluster: Cluster, template: str, instance: Path) -> None:
        self.cluster, self.template, self.instance = cluster, template, instance

    @contextmanager
    def open(self, *statements: str) -> Iterator[Arena]:
        """An arena on a copy in which `statements` were run first by the superuser, such as those that drop a guard."""
        name = f"race_{uuid.uuid4().hex[:12]}"
        self.cluster.create_database(name, self.template)
        try:
            with psycopg.connect(self.cluster.url(name, superuser=True), autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement)  # type: ignore[call-overload]
            arena = Arena(self.cluster, name, self.instance)
            try:
                yield arena
            finally:
                arena.close()
        finally:
            self.cluster.drop_database(name)

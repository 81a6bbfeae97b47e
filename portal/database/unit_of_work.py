"""One transaction around each piece of work, committed once, at the edge (trust.md, ground rules)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from portal.database.base import db
from portal.database.refusal import Conflict, sentence_for

T = TypeVar("T")
log = structlog.get_logger(__name__)

_RETRIED: Final = {"40001", "40P01"}
_TAKEN: Final = "23505"
_REFUSED: Final = {"23514", "23P01", "23503"}
_WAITED: Final = "55P03"
_ANSWERED: Final = {_TAKEN, _WAITED, *_REFUSED, *_RETRIED}
_TRIES: Final = 5
_CHANGED = _l("Somebody changed this a moment ago. Reload the page and look again.")
_BUSY = _l("Many people want this at the same moment. Nothing was changed; try again in a moment.")


def run(work: Callable[[Session], T], *, commit_if: Callable[[T], bool] = lambda _result: True) -> T:
    """Do `work` in one transaction and commit it.

    Deadlocks and serialisation failures are tried again, at most five times with jitter; a business key that is taken
    is tried once more, so that the verb finds the earlier row. A breach of another constraint becomes a `Conflict`
    with the sentence of that constraint, and so does waiting too long for somebody else's lock. Where
    `commit_if(result)` is false nothing is kept.
    """
    taken = 0
    for attempt in range(1, _TRIES + 1):
        session = db.session()
        session.info.pop("read_only", None)
        try:
            result = work(session)
            if commit_if(result):
                session.commit()
            else:
                session.rollback()
        except DBAPIError as error:
            session.rollback()
            state, constraint = _diagnosis(error)
            if state in _RETRIED and attempt < _TRIES:
                log.info("transaction.retried", sqlstate=state, attempt=attempt)
                time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 -- jitter, not a secret
                continue
            if state == _TAKEN and taken == 0:
                taken += 1
                continue
            if state not in _ANSWERED:
                raise
            log.info("transaction.refused", sqlstate=state, constraint=constraint)
            raise Conflict(_BUSY if state == _WAITED else sentence_for(constraint) or _CHANGED) from error
        except BaseException:
            session.rollback()
            raise
        return result
    raise AssertionError  # the last attempt returns or raises


def _diagnosis(error: DBAPIError) -> tuple[str | None, str | None]:
    origin = error.orig
    state = getattr(origin, "sqlstate", None)
    return state, getattr(getattr(origin, "diag", None), "constraint_name", None)


def read_only(session: Session) -> None:
    """Let the session's transactions refuse every write, until `run` is called: what a GET runs in (no round trip)."""
    session.info["read_only"] = True


def reading(work: Callable[[], T]) -> T:
    """Do `work` in a transaction that refuses every write: what a GET runs in.

    It ends with COMMIT, since psycopg forgets a connection's prepared statements at every ROLLBACK.
    """
    session = db.session()
    read_only(session)
    result = work()
    if session.in_transaction():
        session.commit()
    return result


@event.listens_for(Session, "after_begin")
def _begin(session: Session, _transaction: object, connection: Connection) -> None:
    wanted = True if session.info.get("read_only") else None
    driver = connection.connection.driver_connection
    if driver is not None and driver.read_only is not wanted:
        driver.read_only = wanted


@event.listens_for(Pool, "checkin")
def _writable_again(connection: DBAPIConnection | None, _record: object) -> None:
    if connection is not None and connection.read_only:
        connection.read_only = None


def in_transaction() -> bool:
    """Whether the current session holds a transaction open: no network call may be made then."""
    return bool(db.session.registry.has() and db.session().in_transaction())


def before_commit(session: Session, name: str, write: Callable[[Session], None], *, last: bool = False) -> None:
    """Call `write(session)` once, when all else is flushed, before this transaction commits; `name` keeps it single.

    `last` is for what takes locks that many wait for: the ledger (trust.md, Ledger).
    """
    session.info.setdefault("before_commit", {})[name] = (last, write)


@event.listens_for(Session, "before_commit")
def _write_what_comes_last(session: Session) -> None:
    waiting = session.info.pop("before_commit", None)
    if waiting:
        session.flush()
        for _last, write in sorted(waiting.values(), key=lambda each: each[0]):
            write(session)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: object) -> None:
    if getattr(transaction, "parent", None) is None:
        session.info.pop("before_commit", None)
        session.info.pop("clock", None)
        session.info.pop("locks", None)


def set_local(session: Session, name: str, value: str) -> None:
    """Set a PostgreSQL parameter until the end of this transaction."""
    session.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})

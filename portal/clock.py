"""The one clock: what time it is comes from the database, so that triggers, defaults and code agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, DateTime, event, func, text
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from sqlalchemy.sql.functions import Function

PORTAL_NOW: Final[Function[datetime]] = func.portal_now(type_=DateTime(timezone=True))
"""The clock as a SQL expression, for queries and column defaults (`portal_now()`)."""

_SET: Final = text("SELECT set_config('portal.now', :at, true)")


def now(session: Session) -> datetime:
    """The time of this transaction, in UTC (constant until it ends)."""
    known: datetime | None = session.info.get("clock")
    if known is None or not session.in_transaction():
        known = session.execute(text("SELECT portal_now()")).scalar_one().astimezone(UTC)
        session.info["clock"] = known
    return known


def noted(session: Session, instant: datetime) -> None:
    """Another statement of this transaction has read the clock already: it need not be asked again."""
    session.info.setdefault("clock", instant.astimezone(UTC))


def set_now(session: Session, instant: datetime) -> None:
    """Let this transaction live at another instant; only tests and the builder of the demo do."""
    session.execute(_SET, {"at": instant.isoformat()})
    session.info["clock"] = instant.astimezone(UTC)


_pinned: ContextVar[datetime | None] = ContextVar("pinned", default=None)


@contextmanager
def pinned(instant: datetime) -> Iterator[None]:
    """Let every transaction begun inside live at `instant`; only tests and the builder of the demo do."""
    before = _pinned.set(instant)
    try:
        yield
    finally:
        _pinned.reset(before)


def pin(connection: Connection) -> datetime | None:
    """Let a transaction that no session began live at the pinned instant, where there is one; gives it."""
    instant = _pinned.get()
    if instant is not None:
        connection.execute(_SET, {"at": instant.isoformat()})
    return instant


@event.listens_for(Session, "after_begin")
def _live_at(session: Session, _transaction: object, connection: Connection) -> None:
    instant = pin(connection)
    if instant is not None:
        session.info["clock"] = instant.astimezone(UTC)


def wall() -> datetime:
    """The process's own time in UTC, for what never reaches the database: log lines and cookies."""
    return datetime.now(UTC)

"""Background jobs, deferred in the caller's transaction: they exist if, and only if, it commits (trust.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from sqlalchemy.orm import Session

from portal.database import run

log = structlog.get_logger(__name__)

_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=4)
queue: Final = App(connector=PsycopgConnector())
"""The queue. It is opened by the worker only; deferring uses the caller's own connection."""


def task(name: str, *, lock: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Name a function as a job. It is called as `function(session, **arguments)` in one unit of work, again if it fails."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def work(**arguments: Any) -> None:
            run(lambda session: function(session, **arguments))

        queue.task(name=name, retry=_RETRY, lock=lock, pass_context=False)(work)
        return function

    return register


def bare_task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Name a job that keeps its own transactions, because it speaks to the network between them."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        queue.task(name=name, retry=_RETRY)(function)
        return function

    return register


def periodic(name: str, *, cron: str) -> Callable[[Callable[[Session], None]], Callable[[Session], None]]:
    """Name a job that the worker starts by itself at the minutes of `cron`, one run at a time."""

    def register(function: Callable[[Session], None]) -> Callable[[Session], None]:
        def work(timestamp: int) -> None:  # noqa: ARG001 -- the queue passes it
            run(function)

        queue.periodic(cron=cron)(queue.task(name=name, queueing_lock=name, lock=name)(work))
        return function

    return register


def defer(session: Session, name: str, *, in_seconds: int | None = None, **arguments: object) -> None:
    """Queue a job on the session's own connection; it is rolled back with it (libraries.md 2.2, 12)."""
    connection = session.connection().connection.driver_connection
    schedule = {"schedule_in": {"seconds": in_seconds}} if in_seconds else {}
    queue.configure_task(name, connection=connection, allow_unknown=False, **schedule).defer(**arguments)

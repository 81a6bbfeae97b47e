"""Background jobs, deferred in the caller's transaction: they exist if, and only if, it commits (trust.md)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from psycopg import OperationalError
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from portal import clock
from portal.database import Identified, before_commit, run

log = structlog.get_logger(__name__)

_RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=4)
_HEARTBEAT: Final = 2.0
_LEASE: Final = 10.0
"""Seconds without a heartbeat after which a worker counts as dead and its jobs are given to another."""
_PATIENCE: Final = 5.0
"""Seconds that the queue waits for a connection before it takes the database for gone."""
_AWAY: Final = (ConnectorException, OperationalError)
"""What the queue and its pool of connections raise when the database does not answer."""

_KEY: Final = "jobs"
_TAKE_DUE: Final = text(
    "DELETE FROM procrastinate_jobs WHERE status = :todo AND (scheduled_at IS NULL OR scheduled_at <= portal_now())"
    " RETURNING id, task_name, args"
)
_Deferred = tuple[str, datetime | None, dict[str, Any]]
queue: Final = App(connector=PsycopgConnector())
"""The tasks; opened by the worker only."""
_outbox: Final = App(connector=PsycopgConnector())
"""Defers and is never opened: it uses the caller's own connection, in the worker too."""
_around: Callable[[], AbstractContextManager[object]] = nullcontext


def task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Name a function as a job. It is called as `function(session, **arguments)` in a unit of work of its own."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def work(**arguments: Any) -> None:
            with _around():
                run(lambda session: function(session, **arguments))

        queue.task(name=name, retry=_RETRY)(work)
        return function

    return register


def bare_task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Name a job that keeps its own transactions, because it speaks to the network between them."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def work(**arguments: Any) -> None:
            with _around():
                function(**arguments)

        queue.task(name=name, retry=_RETRY)(work)
        return function

    return register


def periodic(name: str, *, cron: str) -> Callable[[Callable[[Session], None]], Callable[[Session], None]]:
    """Name a job that the worker starts by itself at the minutes of `cron`, one run at a time."""

    def register(function: Callable[[Session], None]) -> Callable[[Session], None]:
        def work(timestamp: int) -> None:  # noqa: ARG001 -- the queue passes it
            with _around():
                run(function)

        queue.periodic(cron=cron)(queue.task(name=name, queueing_lock=name, lock=name)(work))
        return function

    return register


def defer(session: Session, name: str, *, in_seconds: int | None = None, **arguments: Any) -> None:
    """Queue a job with this transaction: all of its jobs are written at once, just before it commits.

    An argument may be a row that is not written yet; it stands for its id. `in_seconds` counts from the clock of the
    transaction, so that the demo's past and tests' futures are kept.
    """
    if name not in queue.tasks:
        raise LookupError(f"There is no job named {name}.")
    at = clock.now(session) + timedelta(seconds=in_seconds) if in_seconds else None
    if session.in_nested_transaction():  # what is rolled back to a savepoint takes its job with it
        session.flush()
        _insert(session, [(name, at, arguments)])
    else:
        session.info.setdefault(_KEY, []).append((name, at, arguments))
        before_commit(session, _KEY, lambda session: _insert(session, session.info.pop(_KEY, ())))


def _insert(session: Session, deferred: Iterable[_Deferred]) -> None:
    jobs = [_job(*each) for each in deferred]
    if jobs:
        _outbox.job_manager.batch_defer_jobs(jobs, connection=session.connection().connection.driver_connection)


def _job(name: str, at: datetime | None, arguments: dict[str, Any]) -> Job:
    plain = {key: value.id if isinstance(value, Identified) else value for key, value in arguments.items()}
    return _outbox.configure_task(name, schedule_at=at, task_kwargs=plain).job


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: object) -> None:
    if getattr(transaction, "parent", None) is None:
        session.info.pop(_KEY, None)


async def _watch(worker_queue: App) -> None:
    """Show that the worker lives, and give the jobs of dead ones to it."""
    manager = worker_queue.job_manager
    while True:
        try:
            await manager.connector.execute_query_async(
                "INSERT INTO worker_seen (id, at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now()"
            )
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_LEASE):
                log.warning("job.rescued", job=job.id, task=job.task_name)
                await manager.retry_job(job)
        except _AWAY as error:
            log.warning("worker.no_database", error=type(error).__name__)
        await asyncio.sleep(_HEARTBEAT)


def work(url: str, around: Callable[[], AbstractContextManager[object]], *, concurrency: int = 4) -> None:
    """Run jobs until SIGINT or SIGTERM; each inside `around()`, the application's context.

    A database that goes away is waited for: what ran is given back to the queue, and taken up again when it is there.
    """
    global _around  # noqa: PLW0603 -- one worker a process
    _around = around
    asyncio.run(_work(url, concurrency))


async def _work(url: str, concurrency: int) -> None:
    order_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, order_to_stop.set)
    while not order_to_stop.is_set():
        shift = asyncio.create_task(_shift(url, concurrency))
        order = asyncio.create_task(order_to_stop.wait())
        await asyncio.wait({shift, order}, return_when=asyncio.FIRST_COMPLETED)
        shift.cancel()  # lets running jobs end
        order.cancel()
        try:
            await shift
        except asyncio.CancelledError:
            break
        except _AWAY as error:
            log.warning("worker.no_database", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(order_to_stop.wait(), _HEARTBEAT)


async def _shift(url: str, concurrency: int) -> None:
    """Work until the database goes away: then the queue's worker ends, and with it what it holds of the queue."""
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=concurrency + 2, timeout=_PATIENCE)
    with queue.replace_connector(connector) as worker_queue:
        try:
            await worker_queue.open_async()
            watch = asyncio.create_task(_watch(worker_queue))
            try:
                await worker_queue.run_worker_async(
                    concurrency=concurrency,
                    delete_jobs="successful",
                    update_heartbeat_interval=_HEARTBEAT,
                    stalled_worker_timeout=_LEASE,
                    shutdown_graceful_timeout=25,
                    fetch_job_polling_interval=1.0,
                    install_signal_handlers=False,
                )
            finally:
                watch.cancel()
        finally:
            await worker_queue.close_async()


def run_due(session: Session) -> int:
    """Run every job that is due, in this process; for tests and the builder of the demo. Returns how many."""
    done = 0
    while True:
        due = session.execute(_TAKE_DUE, {"todo": Status.TODO.value}).all()
        session.commit()
        if not due:
            return done
        for found in sorted(due, key=lambda job: job.id):
            queue.tasks[found.task_name].func(**found.args)
        done += len(due)

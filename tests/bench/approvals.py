"""Approvals: the verb in its unit of work beside the very statements that it sends, replayed by plain psycopg.

Both over eight connections, each in a process of its own, on equal copies of one database.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions
from portal.database import db, run
from tests.bench import ground
from tests.bench.figures import Measurement
from tests.cluster import Cluster

CONNECTIONS: Final = 8
EACH: Final = 30
"""Approvals of one connection in one round."""
LEAST: Final = 0.3

Statement = tuple[Any, Any]
Work = Callable[[int], None]


def measure(cluster: Cluster, template: str, instance: Path, who: ground.Ground, *, rounds: int) -> list[Measurement]:
    """Approvals in a second by the verb, as a share of what the statements alone allow."""
    for name in ("recorded", "approved", "replayed"):
        cluster.create_database(name, template)
    wanted = who.waiting[: (rounds + 1) * EACH * CONNECTIONS]
    if len(wanted) < (rounds + 1) * EACH * CONNECTIONS:
        raise ValueError("there are not enough submissions for so many rounds")
    recorded = _record(cluster.url("recorded"), instance, wanted, who.manager)
    with ground.application(cluster.url("approved"), instance) as app:
        db.session.remove()
        db.engine.dispose()
        with (
            _workers(lambda: _by_verb(app, who.manager)) as verb,
            _workers(lambda: _by_statements(cluster.url("replayed"), recorded)) as statements,
        ):
            figures = _alternate(verb, statements, wanted, rounds)
    _same_result(cluster.url("approved"), cluster.url("replayed"))
    value, floor = (statistics.median(each[1:]) for each in figures)
    return [Measurement.against("approvals", "approvals/s", value, floor, at_least=LEAST)]


def _alternate(
    verb: Sequence[Connection], statements: Sequence[Connection], wanted: Sequence[int], rounds: int
) -> tuple[list[float], list[float]]:
    figures: tuple[list[float], list[float]] = ([], [])
    size = EACH * CONNECTIONS
    for number in range(rounds + 1):
        part = wanted[number * size : (number + 1) * size]
        sides = list(zip((verb, statements), figures, strict=True))
        for workers, found in sides if number % 2 == 0 else reversed(sides):
            found.append(_round(workers, part))
    return figures


def _round(workers: Sequence[Connection], part: Sequence[int]) -> float:
    for number, worker in enumerate(workers):
        worker.send(part[number :: len(workers)])
    spans = [worker.recv() for worker in workers]
    seconds: float = max(ended for _began, ended in spans) - min(began for began, _ended in spans)
    return len(part) / seconds


@contextmanager
def _workers(prepare: Callable[[], Work]) -> Iterator[list[Connection]]:
    """Eight processes that do what they are sent and tell from when to when it took."""
    fork = multiprocessing.get_context("fork")
    pipes = [fork.Pipe() for _ in range(CONNECTIONS)]
    processes = [fork.Process(target=_work, args=(prepare, theirs), daemon=True) for _ours, theirs in pipes]
    for process in processes:
        process.start()
    try:
        yield [ours for ours, _theirs in pipes]
    finally:
        for ours, _theirs in pipes:
            ours.send(None)
        for process in processes:
            process.join(10)


def _work(prepare: Callable[[], Work], orders: Connection) -> None:
    work = prepare()
    while (part := orders.recv()) is not None:
        began = time.perf_counter()
        for submission_id in part:
            work(submission_id)
        orders.send((began, time.perf_counter()))


def _by_verb(app: Flask, by: Actor) -> Work:
    def approve(submission_id: int) -> None:
        def verb(session: Session) -> None:
            submissions.approve(session, submission_id, by=by, comment="Thank you.")

        with app.app_context():
            run(verb)

    return approve


def _by_statements(url: str, recorded: dict[int, list[Statement]]) -> Work:
    connection = psycopg.connect(url)

    def replay(submission_id: int) -> None:
        with connection.cursor() as cursor:
            for query, values in recorded[submission_id]:
                cursor.execute(query, values)
                if cursor.description:
                    cursor.fetchall()
        connection.commit()

    return replay


def _record(url: str, instance: Path, wanted: Sequence[int], by: Actor) -> dict[int, list[Statement]]:
    """What each approval sends, as the driver gets it (the queue speaks to the driver past the engine)."""
    sent: list[Statement] = []

    class Recorder(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            sent.append((query, params))
            return super().execute(query, params, **options)

    recorded = {}
    with ground.application(url, instance) as app:
        event.listen(db.engine, "connect", lambda driver, _record: setattr(driver, "cursor_factory", Recorder))
        db.engine.dispose()
        approve = _by_verb(app, by)
        for submission_id in wanted:
            sent.clear()
            approve(submission_id)
            recorded[submission_id] = [(query, values) for query, values in sent if query != ";"]
    return recorded


def _same_result(*urls: str) -> None:
    counts = []
    for url in urls:
        with psycopg.connect(url) as connection:
            counts.append(connection.execute(_COUNTS).fetchone())
    if counts[0] != counts[1]:
        raise AssertionError(f"the replay has done something else: {counts}")


_COUNTS: Final = """
SELECT (SELECT count(*) FROM submission WHERE state = 'approved'), (SELECT count(*) FROM transfer),
       (SELECT sum(posted) FROM account WHERE kind = 'person'), (SELECT count(*) FROM message),
       (SELECT count(*) FROM procrastinate_jobs), (SELECT count(*) FROM pool_proposal),
       (SELECT count(*) FROM audit_entry WHERE action = 'submission.approve')
"""

"""What the worker does of an import by screen: one transaction for the data, progress on a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog
from flask_babel import gettext as _
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import jobs
from portal.audit import Actor
from portal.clock import PORTAL_NOW, now
from portal.database import db, run
from portal.database.refusal import Conflict, Refusal
from portal.database.unit_of_work import set_local
from portal.imports import bad_rows, kept_files, runs
from portal.imports import run as imports
from portal.imports.mapping import Choice
from portal.imports.models import ImportJob, ImportLeftover, ImportRun
from portal.imports.progress import Stage, Step
from portal.imports.report import Report
from portal.imports.states import AT_WORK, Outcome, RunState, Work
from portal.imports.undecided import Undecided

log = structlog.get_logger(__name__)

MOST_TRIES: Final = 3
LEFTOVERS: Final = timedelta(days=30)
"""How long rows with mistakes can be downloaded."""
_AGAIN: Final = 3
"""Seconds until a job that met another import looks again."""
_TOLD_EVERY: Final = 0.5
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is to do, and for whom."""

    job_id: int
    work: Work
    kind: str
    file: UUID
    columns: list[Choice]
    decided: list[tuple[str, str, str]]
    role: str | None
    agreed: int
    """Rows that may be left out: as many as the check found."""
    by: Actor


def work(job_id: int, where: Path) -> None:
    """Check or import what a job names. A job that is done is done; a worker that was killed left nothing behind."""
    task = run(lambda session: _take_up(session, job_id))
    if task is None:
        return
    try:
        raw = kept_files.read(where, task.file)
        with _told(task.job_id) as told:
            imports_ = task.work is Work.IMPORT
            report = run(lambda session: _do(session, task, raw, told), commit_if=lambda _report: imports_)
        if task.work is Work.CHECK:
            run(lambda session: _checked(session, task, report))
    except imports.Busy:
        run(lambda session: _wait(session, job_id))
    except Refusal as refusal:
        stopped = refusal
        run(lambda session: _refused(session, task, stopped))


def _take_up(session: Session, job_id: int) -> Task | None:
    """The task of a job that is still open; one that was taken up too often fails."""
    found = _open(session, job_id)
    if found is None:
        return None
    its, job = found
    if job.tries >= MOST_TRIES:
        _stop(
            session,
            its,
            job,
            Outcome.FAILED,
            _(
                "It could not be finished in %(count)s tries; nothing was written. Ask whoever runs the portal.",
                count=MOST_TRIES,
            ),
        )
        return None
    if job.tries:
        log.warning("import.tried_again", job=job_id, tries=job.tries)
    job.tries += 1
    job.stage, job.done, job.total = Stage.WAITING, 0, 0
    assert its.file is not None
    return Task(
        job_id=job_id,
        work=job.work,
        kind=its.kind,
        file=its.file,
        columns=runs.choices_of(its.columns),
        decided=[(vocabulary, written, means) for vocabulary, written, means in its.decided],
        role=its.role,
        agreed=int((its.report or {}).get("counts", {}).get("left_out", 0)),
        by=_actor(session, job.asked_by),
    )


def _do(session: Session, task: Task, raw: bytes, told: _Told) -> Report:
    """All of it in the caller's transaction; an import notes in the same one that it is done."""
    set_local(session, "statement_timeout", "300s")
    set_local(session, "idle_in_transaction_session_timeout", "0")
    options = imports.Options(
        columns=task.columns,
        decided=task.decided,
        role=task.role,
        skip_bad=True,
        dry_run=task.work is Work.CHECK,
    )
    report = imports.run(session, task.kind, raw, by=task.by, options=options, progress=told)
    if task.work is Work.IMPORT:
        if report.counts.left_out > task.agreed:
            raise Conflict(
                _("More rows have mistakes now than when it was checked. Nothing was written; check it again.")
            )
        _imported(session, task, report)
    return report


def _imported(session: Session, task: Task, report: Report) -> None:
    found = _open(session, task.job_id)
    if found is None:
        raise Conflict(_("This import was ended meanwhile."))
    its, job = found
    _keep_bad_rows(session, its, report)
    its.report = plain(report)
    its.imported_at = now(session)
    for name, count in asdict(report.counts).items():
        setattr(its, name, count)
    runs.forget(session, its, state=RunState.IMPORTED)
    job.ended_at, job.outcome = now(session), Outcome.DONE


def _checked(session: Session, task: Task, report: Report) -> None:
    found = _open(session, task.job_id)
    if found is None:
        return
    its, job = found
    _keep_bad_rows(session, its, report)
    its.state, its.report, its.check_id = RunState.CHECKED, plain(report), job.id
    job.ended_at, job.outcome = now(session), Outcome.DONE


def _refused(session: Session, task: Task, refusal: Refusal) -> None:
    found = _open(session, task.job_id)
    if found is None:
        return
    its, job = found
    question = refusal if isinstance(refusal, Undecided) else None
    _stop(session, its, job, Outcome.REFUSED, question.what if question else str(refusal))
    its.problem_column = question.column if question else None


def _stop(session: Session, its: ImportRun, job: ImportJob, outcome: Outcome, problem: str) -> None:
    """A check that stops leads back to the columns, an import that stops is shown as failed."""
    its.state = RunState.MATCHING if job.work is Work.CHECK else RunState.FAILED
    its.problem = problem
    job.ended_at, job.outcome = now(session), outcome


def _wait(session: Session, job_id: int) -> None:
    """Look again in a moment; to wait for another import is no try."""
    jobs.defer(session, "imports.work", in_seconds=_AGAIN, job_id=job_id)
    untried = {"tries": ImportJob.tries - 1, "stage": Stage.WAITING, "done": 0, "total": 0}
    session.execute(update(ImportJob).where(ImportJob.id == job_id, ImportJob.tries > 0).values(untried))


def _keep_bad_rows(session: Session, its: ImportRun, report: Report) -> None:
    session.execute(delete(ImportLeftover).where(ImportLeftover.run_id == its.id))
    if report.bad_rows is not None:
        content = storable(bad_rows.as_csv(report.bad_rows))
        values = {"run_id": its.id, "content": content, "rows": len(report.bad_rows.rows)}
        session.execute(insert(ImportLeftover).values(**values, kept_until=PORTAL_NOW + LEFTOVERS))


def _open(session: Session, job_id: int) -> tuple[ImportRun, ImportJob] | None:
    """A job that has not ended, and its run, both locked: the run first."""
    run_id = session.scalar(select(ImportJob.run_id).where(ImportJob.id == job_id))
    if run_id is None:
        return None
    fresh: dict[str, Any] = {"populate_existing": True}
    its = session.scalars(
        select(ImportRun).where(ImportRun.id == run_id).with_for_update(key_share=True).execution_options(**fresh)
    ).one()
    job = session.scalars(
        select(ImportJob).where(ImportJob.id == job_id).with_for_update(key_share=True).execution_options(**fresh)
    ).one()
    return (its, job) if job.ended_at is None and AT_WORK.get(its.state) is job.work else None


def _actor(session: Session, person_id: int) -> Actor:
    """Who asked, with the roles they hold now: whoever lost them meanwhile is refused."""
    held = session.scalars(
        text(
            "SELECT r.role FROM person_role r JOIN person p ON p.id = r.person_id"
            " WHERE p.id = :person AND p.suspended_at IS NULL"
        ),
        {"person": person_id},
    )
    return Actor(person_id, frozenset(held))


def plain(report: Report) -> dict[str, Any]:
    """A report as it is stored for the page: texts and numbers only."""
    return {
        "reading": report.reading,
        "counts": asdict(report.counts),
        "unread": list(report.unread),
        "notices": report.notices,
        "joined": [asdict(joined) for joined in report.joined],
        "proposed": [asdict(proposal) for proposal in report.proposed],
        "mistakes": [asdict(mistake) for mistake in sorted(report.mistakes, key=lambda each: each.line)],
        "mistaken": report.mistaken,
    }


def storable(content: str) -> str:
    """A text that the database takes: without NUL and half characters, which no mended row needs."""
    return content.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class _Told:
    """Writes how far a job is, seen by everybody at once: its connection has nothing to do with the import's."""

    def __init__(self, job_id: int, connection: Connection) -> None:
        self._job_id = job_id
        self._connection = connection
        self._stage: Stage | None = None
        self._at = 0.0

    def __call__(self, step: Step) -> None:
        if step.stage is self._stage and time.monotonic() - self._at < _TOLD_EVERY and step.done < step.total:
            return
        self._stage, self._at = step.stage, time.monotonic()
        self._connection.execute(
            update(ImportJob)
            .where(ImportJob.id == self._job_id, ImportJob.ended_at.is_(None))
            .values(stage=step.stage, done=step.done, total=step.total)
        )


@contextmanager
def _told(job_id: int) -> Iterator[_Told]:
    with db.engine.connect() as connection:
        yield _Told(job_id, connection.execution_options(isolation_level="AUTOCOMMIT"))

"""Background entry points: what screens let the worker import, and what is tidied up."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import jobs
from portal.files import store
from portal.imports import kept_files, runs, working
from portal.imports.models import ImportRun


@jobs.bare_task("imports.work")
def work(job_id: int) -> None:
    """Check or import; it keeps its own transactions, since progress is seen while it goes on."""
    working.work(job_id, kept_files.folder(current_app.config["PORTAL"]))


@jobs.bare_task("imports.forget_file")
def forget_file(file: str) -> None:
    """Delete a file whose run is over."""
    kept_files.forget(kept_files.folder(current_app.config["PORTAL"]), UUID(file))


@jobs.periodic("imports.tidy", cron="23 * * * *")
def tidy(session: Session) -> None:
    """Forget what nobody imported or mended in time, and files without a run."""
    runs.end_old(session)
    files = session.scalars(select(ImportRun.file).where(ImportRun.file.is_not(None)))
    wanted = frozenset(file for file in files if file is not None)
    store.forget_others(kept_files.folder(current_app.config["PORTAL"]), wanted)

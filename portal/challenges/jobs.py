"""Background entry points: each is one line into a verb."""

from __future__ import annotations

from flask import current_app
from sqlalchemy.orm import Session

from portal import jobs
from portal.challenges import submissions, uploads, verdicts
from portal.files import store


@jobs.task(verdicts.APPLY)
def apply_verdict(session: Session, *, verdict_id: int) -> None:
    """Carry out a decision that was not undone."""
    verdicts.apply(session, verdict_id)


@jobs.periodic("challenges.expire", cron="*/10 * * * *")
def expire(session: Session) -> None:
    """End what was not handed in when its challenge closed."""
    submissions.expire_due(session)


@jobs.periodic("challenges.sweep_files", cron="41 3 * * *")
def sweep_files(session: Session) -> None:
    """Delete files that no row names: taken away, or written for what did not come to pass."""
    uploads.sweep(session, store.folder(current_app.config["PORTAL"]))

"""Background entry points of access."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal import jobs
from portal.access import sessions, sign_in
from portal.access.models import Throttle
from portal.clock import PORTAL_NOW


@jobs.task("access.mail_link")
def mail_link(session: Session, link_id: int) -> None:
    """Mail a link to sign in, if its address is somebody's."""
    sign_in.mail_link(session, link_id)


@jobs.periodic("access.tidy", cron="17 * * * *")
def tidy(session: Session) -> None:
    """Forget ended sessions, old links and counts of tries."""
    sessions.forget_ended(session)
    sign_in.forget_old(session)
    session.execute(delete(Throttle).where(Throttle.window_start < PORTAL_NOW - timedelta(days=2)))

"""Consent runs out by itself, after one reminder."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from portal.consent import consents, renewals
from portal.jobs import defer, periodic, task

_EXPIRE: Final = "consent.expire_person"
_REMIND: Final = "consent.remind_person"


@task(_EXPIRE)
def expire_person(session: Session, person_id: int) -> None:
    """Write that a person's consents have run out whose time is up, and close what stands on them."""
    consents.expire(session, person_id)


@periodic("consent.expire", cron="*/5 * * * *")
def expire(session: Session) -> None:
    """Give each person whose time is up to a job of their own."""
    for person_id in consents.overdue(session):
        defer(session, _EXPIRE, person_id=person_id)


@task(_REMIND)
def remind_person(session: Session, person_id: int) -> None:
    """Ask a person once whether to renew what runs out soon."""
    renewals.remind(session, person_id)


@periodic("consent.remind", cron="23 * * * *")
def remind(session: Session) -> None:
    """Give each person whose consent runs out soon to a job of their own."""
    for person_id in renewals.due(session):
        defer(session, _REMIND, person_id=person_id)

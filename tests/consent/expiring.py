"""Let consents run out, as the job does."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.consent import consents


def expire_due(session: Session, *, limit: int = 200) -> int:
    """Expire those whose time is up, a person at a time; how many people it was."""
    return sum(consents.expire(session, person_id) for person_id in consents.overdue(session, limit=limit))

"""Consent runs out by itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.consent import consents
from portal.jobs import periodic


@periodic("consent.expire", cron="*/5 * * * *")
def expire(session: Session) -> None:
    """Write that consents have run out whose time is up, and close what stands on them."""
    consents.expire_due(session)

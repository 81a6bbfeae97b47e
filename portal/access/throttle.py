"""Limits on tries, counted in transactions of their own, so that what a refused try costs stays."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Final

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.database import db
from portal.database.refusal import TooManyTries

log = structlog.get_logger(__name__)

_TOO_MANY: Final = _l("That was tried often in a short time. Wait a little, then try again.")
_CLOSED: Final = _l("Signing in does not work at this moment. Try again in a minute.")

# The stretch before counts by the share of it that lies inside the window: no burst at the seam, one row a stretch.
_HIT: Final = text(
    """
    WITH stretch AS (
      SELECT to_timestamp(floor(extract(epoch FROM portal_now()) / :seconds) * :seconds) AS began,
             1 - (extract(epoch FROM portal_now()) / :seconds) % 1 AS share),
    earlier AS (
      SELECT stretch.began, ceil(coalesce(throttle.hits, 0) * stretch.share) AS hits
      FROM stretch LEFT JOIN throttle
        ON throttle.key = :key AND throttle.window_start = stretch.began - make_interval(secs => :seconds))
    INSERT INTO throttle AS tried (key, window_start, hits)
    SELECT :key, earlier.began, 1 FROM earlier WHERE earlier.hits < :limit
    ON CONFLICT (key, window_start) DO UPDATE SET hits = tried.hits + 1
      WHERE tried.hits + (SELECT earlier.hits FROM earlier) < :limit
    RETURNING hits
    """
)

_GIVEN_BACK: Final = text(
    """
    UPDATE throttle SET hits = hits - 1
    WHERE key = :key AND hits > 0
      AND window_start = (SELECT max(latest.window_start) FROM throttle latest WHERE latest.key = :key)
    """
)


def hit(key: str, limit: int, window_seconds: int) -> None:
    """Count a try and refuse (`TooManyTries`) beyond `limit` in the last `window_seconds`.

    Refused as well where it cannot be counted: what guards credentials fails closed.
    """
    values = {"key": key, "limit": limit, "seconds": window_seconds}
    try:
        with db.engine.begin() as connection:
            clock.pin(connection)
            counted = connection.execute(_HIT, values).first()
    except SQLAlchemyError as error:
        log.error("throttle.unavailable", error=type(error).__name__)
        raise TooManyTries(_CLOSED, retry_after=60) from error
    if counted is None:
        log.warning("throttle.refused", purpose=key.partition(":")[0])
        raise TooManyTries(_TOO_MANY, retry_after=window_seconds // max(limit, 1))


def give_back(key: str) -> None:
    """Take a counted try back: it went well, and only those that fail count."""
    with db.engine.begin() as connection:
        connection.execute(_GIVEN_BACK, {"key": key})


def secret(purpose: str, value: str | bytes) -> str:
    """A key that tells nothing of what is counted."""
    raw = value.encode() if isinstance(value, str) else value
    return f"{purpose}:{hashlib.sha256(raw).hexdigest()[:32]}"


def network(address: str | None) -> str:
    """The network that an IP address is counted with: itself, for IPv6 its /64."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:  # a socket for both; else all of IPv4 were one /64
        parsed = parsed.ipv4_mapped
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))

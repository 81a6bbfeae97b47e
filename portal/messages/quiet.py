"""Quiet hours: when a person wants no mail, by the clock on their wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY: Final = timedelta(days=1)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of a person; UTC where the name means nothing here (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def quiet_until(starts: time, ends: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours end into which `now` falls, in UTC; None outside of them.

    They may cross midnight. Where the clock is moved, they are longer rather than shorter: an hour that occurs twice
    begins them the first time and ends them the second, one that does not occur begins them early and ends them late.
    """
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        begin = min(_occurrences(day, starts, zone))
        end = max(_occurrences(day if starts < ends else day + _DAY, ends, zone))
        if begin <= now < end:
            return end
    return None


def _occurrences(day: date, wall: time, zone: ZoneInfo) -> list[datetime]:
    """The instants that a time on the wall may mean on a day: one, or the two around a change of the clock."""
    return [datetime.combine(day, wall.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1)]

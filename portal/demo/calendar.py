"""The demo's past: deeds at their times, done one after another under the one clock, each in its own transaction."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.database import db, run

Deed = Callable[[Session], object]
_JOBS_AFTER: Final = timedelta(seconds=15)


class Calendar:
    """Deeds waiting for their time; a deed may plan others."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.last = last
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._order = itertools.count()

    def plan(self, at: datetime, deed: Deed) -> None:
        """Do `deed` at an instant; what lies after the last one never happens."""
        if at <= self.last:
            heapq.heappush(self._waiting, (at, next(self._order), deed))

    def after_days(self, days: float) -> datetime:
        """The instant so many days after the first."""
        return self.first + timedelta(days=days)

    def before_now(self, **ago: float) -> datetime:
        """The instant so long before the last (as `timedelta` takes it)."""
        return self.last - timedelta(**ago)

    def live(self) -> int:
        """Do everything in order, and the jobs that fall due on the way. Returns how many deeds were done."""
        done = 0
        while self._waiting:
            at, _order, deed = heapq.heappop(self._waiting)
            with clock.pinned(at):
                run(deed)
            self._run_jobs(at + _JOBS_AFTER)
            done += 1
        self._run_jobs(self.last)
        return done

    def _run_jobs(self, at: datetime) -> None:
        with clock.pinned(min(at, self.last)):
            jobs.run_due(db.session())
            db.session.rollback()

"""How fast one person may search.

Counted in the memory of each web process: a count in the database would cost more than most searches, and what is
guarded is the machine, not a secret. So where there are several processes, each allows as much.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import Final

from flask import Flask, current_app
from flask_babel import lazy_gettext as _l

from portal.database.refusal import TooManyTries
from portal.web.visitor import current_visitor

_SECONDS: Final = 10.0
"""The window: a burst of as many searches is fine as its seconds allow together."""
_MOST_PEOPLE: Final = 10_000
_TOO_FAST: Final = _l("These were many searches in a few seconds. Wait a moment, then search again.")


class Pace:
    """When each person searched, within the window."""

    def __init__(self, per_second: int) -> None:
        self.most = int(per_second * _SECONDS)
        self._tries: dict[int, deque[float]] = {}
        self._lock = Lock()

    def allows(self, person_id: int, at: float) -> bool:
        """Count a search at an instant, in seconds; whether the window had room for it. One that had none is free."""
        with self._lock:
            tries = self._tries.setdefault(person_id, deque())
            while tries and tries[0] <= at - _SECONDS:
                tries.popleft()
            if len(tries) >= self.most:
                return False
            tries.append(at)
            if len(self._tries) > _MOST_PEOPLE:
                self._tries = {who: kept for who, kept in self._tries.items() if kept and kept[-1] > at - _SECONDS}
            return True


def init_app(app: Flask, per_second: int) -> None:
    """Begin to count."""
    app.extensions["pace"] = Pace(per_second)


def searching() -> None:
    """Count a search of the visitor. Refuses `TooManyTries` beyond what the settings allow."""
    pace: Pace = current_app.extensions["pace"]
    if not pace.allows(current_visitor().person_id, time.monotonic()):
        raise TooManyTries(_TOO_FAST, retry_after=1)

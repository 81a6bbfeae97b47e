"""How far an import has come, told as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask_babel import gettext as _

from portal.imports.report import rows_word

EVERY: Final = 1_000
"""Rows after which it is told again."""


class Stage(StrEnum):
    """What an import is at; `WAITING` before it begins."""

    WAITING = "waiting"
    READING = "reading"
    CHECKING = "checking"
    WRITING = "writing"


_SHARE: Final = {Stage.WAITING: (0, 0), Stage.READING: (0, 20), Stage.CHECKING: (20, 60), Stage.WRITING: (60, 100)}
"""From which to which hundredth of the whole a stage goes, about."""


@dataclass(frozen=True, slots=True)
class Step:
    """So many of a stage's rows are done; `total` is 0 while nobody knows how many there are."""

    stage: Stage
    done: int = 0
    total: int = 0

    @property
    def share(self) -> int:
        """Hundredths of the whole."""
        first, last = _SHARE[self.stage]
        return first + (last - first) * min(self.done, self.total) // self.total if self.total else first

    def __str__(self) -> str:
        if not self.total and self.stage is Stage.READING:
            return _("Reading the file")
        rows = rows_word(self.total)
        return {
            Stage.WAITING: _("Waiting"),
            Stage.READING: _("Reading %(rows)s", rows=rows),
            Stage.CHECKING: _("Checking %(rows)s", rows=rows),
            Stage.WRITING: _("Writing %(rows)s", rows=rows),
        }[self.stage]


Progress = Callable[[Step], None]


def silent(_step: Step) -> None:
    """Tell nobody."""

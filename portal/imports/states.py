"""States of an import by screen, and of the jobs that do its work."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class RunState(StrEnum):
    """Where an import stands; it moves by the verbs of `runs` only."""

    MATCHING = "matching"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def label(self) -> str | LazyString:
        """The state as a person reads it."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return _TONES[self]


class Work(StrEnum):
    """What a job does: try an import without keeping anything, or import."""

    CHECK = "check"
    IMPORT = "import"


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


TRANSITIONS: Final[dict[RunState, frozenset[RunState]]] = {
    RunState.MATCHING: frozenset({RunState.CHECKING, RunState.DROPPED}),
    RunState.CHECKING: frozenset({RunState.CHECKED, RunState.MATCHING}),
    RunState.CHECKED: frozenset({RunState.CHECKING, RunState.IMPORTING, RunState.DROPPED}),
    RunState.IMPORTING: frozenset({RunState.IMPORTED, RunState.FAILED}),
    RunState.FAILED: frozenset({RunState.CHECKING, RunState.DROPPED}),
    RunState.IMPORTED: frozenset(),
    RunState.DROPPED: frozenset(),
}
"""Which state may follow which."""
AT_WORK: Final = {RunState.CHECKING: Work.CHECK, RunState.IMPORTING: Work.IMPORT}
"""The states in which a job is under way, and which one."""
OVER: Final = frozenset({RunState.IMPORTED, RunState.DROPPED})
"""The states without a file."""

_LABELS: Final[dict[RunState, LazyString]] = {
    RunState.MATCHING: _l("Columns to match"),
    RunState.CHECKING: _l("Being checked"),
    RunState.CHECKED: _l("Ready to import"),
    RunState.IMPORTING: _l("Importing"),
    RunState.IMPORTED: _l("Imported"),
    RunState.FAILED: _l("Stopped, nothing imported"),
    RunState.DROPPED: _l("Not imported"),
}
_TONES: Final[dict[RunState, str]] = {
    RunState.MATCHING: "warn",
    RunState.CHECKING: "info",
    RunState.CHECKED: "warn",
    RunState.IMPORTING: "info",
    RunState.IMPORTED: "ok",
    RunState.FAILED: "bad",
    RunState.DROPPED: "neutral",
}

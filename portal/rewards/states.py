"""The states of rewards and redemptions, the ways between them, and their words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class RewardState(StrEnum):
    """Whether a reward can be redeemed."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _REWARD_WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return _REWARD_WORDS[self][1]


_REWARD_WORDS: Final = {
    RewardState.DRAFT: (_l("Draft"), "neutral"),
    RewardState.ACTIVE: (_l("In the catalogue"), "ok"),
    RewardState.ARCHIVED: (_l("Archived"), "neutral"),
}

REWARD_TRANSITIONS: Final = {
    RewardState.DRAFT: frozenset({RewardState.ACTIVE, RewardState.ARCHIVED}),
    RewardState.ACTIVE: frozenset({RewardState.ARCHIVED}),
    RewardState.ARCHIVED: frozenset({RewardState.ACTIVE}),
}


class Way(StrEnum):
    """How a reward reaches the person."""

    MANUAL = "manual"
    CODE = "code"


class State(StrEnum):
    """Where a redemption stands."""

    HELD = "held"
    AWAITING_APPROVAL = "awaiting_approval"
    DISPATCHING = "dispatching"
    FULFILLED = "fulfilled"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NEEDS_HUMAN = "needs_human"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return _WORDS[self][1]

    @property
    def icon(self) -> str:
        """The icon of the state's badge."""
        return _WORDS[self][2]


_WORDS: Final = {
    State.HELD: (_l("Ordered"), "info", "package"),
    State.AWAITING_APPROVAL: (_l("Waiting for approval"), "info", "clock"),
    State.DISPATCHING: (_l("On its way"), "info", "send"),
    State.FULFILLED: (_l("Delivered"), "ok", "check"),
    State.FAILED: (_l("Points returned"), "neutral", "undo-2"),
    State.UNKNOWN: (_l("Being checked"), "warn", "clock"),
    State.NEEDS_HUMAN: (_l("Being checked"), "warn", "clock"),
    State.CANCELLED: (_l("Cancelled"), "neutral", "undo-2"),
    State.REFUNDED: (_l("Refunded"), "neutral", "undo-2"),
}

NOT_APPROVED: Final = _l("Not approved")
"""What a redemption is called that was cancelled because a manager said no."""

TRANSITIONS: Final = {
    State.HELD: frozenset({State.AWAITING_APPROVAL, State.DISPATCHING, State.CANCELLED}),
    State.AWAITING_APPROVAL: frozenset({State.DISPATCHING, State.CANCELLED}),
    State.DISPATCHING: frozenset({State.FULFILLED, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.FULFILLED, State.FAILED, State.NEEDS_HUMAN}),
    State.NEEDS_HUMAN: frozenset({State.FULFILLED, State.FAILED}),
    State.FULFILLED: frozenset({State.REFUNDED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.REFUNDED: frozenset(),
}

OPEN: Final = frozenset({State.HELD, State.AWAITING_APPROVAL, State.DISPATCHING, State.UNKNOWN, State.NEEDS_HUMAN})
"""States in which the points are still held."""
VOIDED: Final = frozenset({State.FAILED, State.CANCELLED})
"""States in which the hold is voided and the stock returned."""
GIVEN_BACK: Final = VOIDED | {State.REFUNDED}
"""States in which the points are back; no limit counts them."""

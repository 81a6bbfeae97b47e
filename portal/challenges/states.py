"""The states of a challenge, of what people hand in and of verdicts, with their words and tones."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class ChallengeState(StrEnum):
    """Where a challenge stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"

    @property
    def label(self) -> LazyString:
        """The state in a word."""
        return _CHALLENGE[self][0]

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return _CHALLENGE[self][1]


class State(StrEnum):
    """Where a submission stands."""

    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REDO_REQUESTED = "redo_requested"
    REJECTED = "rejected"
    DISMISSED = "dismissed"
    EXPIRED = "expired"

    @property
    def label(self) -> LazyString:
        """The state in a few words."""
        return _SUBMISSION[self][0]

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return _SUBMISSION[self][1]

    @property
    def card(self) -> str:
        """The state of the challenge's card (components/challenge_card.html)."""
        return _SUBMISSION[self][2]


class ResponseState(StrEnum):
    """Where one stage of a submission stands."""

    OPEN = "open"
    HANDED_IN = "handed_in"
    ACCEPTED = "accepted"
    REDO_REQUESTED = "redo_requested"


class Verification(StrEnum):
    """Who accepts a stage: nobody but the advocate's word, a manager, or the portal itself."""

    HONOUR = "honour"
    MANAGER = "manager"
    AUTOMATIC = "automatic"

    @property
    def label(self) -> LazyString:
        """Who checks, in a few words."""
        return _VERIFICATION[self]


class Decision(StrEnum):
    """What a manager decides about a submission."""

    APPROVE = "approve"
    REDO = "redo"
    REJECT = "reject"


class VerdictState(StrEnum):
    """Where a verdict stands."""

    OPEN = "open"
    APPLIED = "applied"
    UNDONE = "undone"


class Reason(StrEnum):
    """Why work is rejected; "we do not like what it says" is not among them."""

    NOT_DONE = "not_done"
    NOT_OWN = "not_own"
    OFF_TOPIC = "off_topic"
    DUPLICATE = "duplicate"

    @property
    def label(self) -> LazyString:
        """The reason in a sentence."""
        return _REASON[self]


CHALLENGE_TRANSITIONS: Final = {
    ChallengeState.DRAFT: {ChallengeState.PUBLISHED, ChallengeState.ARCHIVED},
    ChallengeState.PUBLISHED: {ChallengeState.ARCHIVED},
    ChallengeState.ARCHIVED: set[ChallengeState](),
}

TRANSITIONS: Final = {
    State.IN_PROGRESS: {State.SUBMITTED, State.DISMISSED, State.EXPIRED},
    State.SUBMITTED: {State.APPROVED, State.REDO_REQUESTED, State.REJECTED},
    State.REDO_REQUESTED: {State.SUBMITTED, State.DISMISSED, State.EXPIRED},
    State.DISMISSED: {State.IN_PROGRESS},
    State.APPROVED: set[State](),
    State.REJECTED: set[State](),
    State.EXPIRED: set[State](),
}

TAKES_A_PLACE: Final = (State.IN_PROGRESS, State.SUBMITTED, State.REDO_REQUESTED, State.APPROVED)
"""The submissions that count against the places of a challenge."""
FINISHED: Final = tuple(state for state in State if not TRANSITIONS[state])
"""The submissions after which nothing more is done; another attempt may follow."""

RESPONSE_TRANSITIONS: Final = {
    ResponseState.OPEN: {ResponseState.HANDED_IN},
    ResponseState.HANDED_IN: {ResponseState.ACCEPTED, ResponseState.REDO_REQUESTED},
    ResponseState.REDO_REQUESTED: {ResponseState.HANDED_IN},
    ResponseState.ACCEPTED: set[ResponseState](),
}

_CHALLENGE: Final = {
    ChallengeState.DRAFT: (_l("Draft"), "neutral"),
    ChallengeState.PUBLISHED: (_l("Published"), "ok"),
    ChallengeState.ARCHIVED: (_l("Archived"), "neutral"),
}

_SUBMISSION: Final = {
    State.IN_PROGRESS: (_l("In progress"), "brand", "in_progress"),
    State.SUBMITTED: (_l("Waiting for approval"), "info", "waiting"),
    State.APPROVED: (_l("Done"), "ok", "done"),
    State.REDO_REQUESTED: (_l("Changes asked"), "warn", "changes"),
    State.REJECTED: (_l("Not accepted"), "neutral", "closed"),
    State.DISMISSED: (_l("Not for me"), "neutral", "closed"),
    State.EXPIRED: (_l("Ended"), "neutral", "closed"),
}

_VERIFICATION: Final = {
    Verification.HONOUR: _l("Nobody, on their honour"),
    Verification.MANAGER: _l("Checked by a manager"),
    Verification.AUTOMATIC: _l("Checked by the portal"),
}

_REASON: Final = {
    Reason.NOT_DONE: _l("What was asked for has not been done."),
    Reason.NOT_OWN: _l("It is not the person's own work."),
    Reason.OFF_TOPIC: _l("It is about something else."),
    Reason.DUPLICATE: _l("The same was handed in before."),
}

"""The states of requests, assignments and calls, where each may go, and the words for them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class RequestState(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    HELD = "held"
    CLOSED = "closed"
    NOT_APPROVED = "not_approved"
    UNFILLED = "unfilled"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _REQUEST_WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return _REQUEST_WORDS[self][1]

    @property
    def icon(self) -> str:
        """The icon of the state's badge."""
        return _REQUEST_WORDS[self][2]

    @property
    def open(self) -> bool:
        """Whether something can still happen."""
        return bool(REQUEST_TRANSITIONS.get(self))


_REQUEST_WORDS: Final = {
    RequestState.REQUESTED: (_l("Requested"), "info", "clock"),
    RequestState.APPROVED: (_l("Approved"), "info", "check"),
    RequestState.WAITING: (_l("Waiting for advocate"), "warn", "clock"),
    RequestState.SCHEDULED: (_l("Scheduled"), "brand", "phone"),
    RequestState.HELD: (_l("Held"), "ok", "circle-check"),
    RequestState.CLOSED: (_l("Outcome"), "ok", "circle-check"),
    RequestState.NOT_APPROVED: (_l("Not approved"), "neutral", "minus"),
    RequestState.UNFILLED: (_l("Not filled"), "bad", "x"),
    RequestState.WITHDRAWN: (_l("Withdrawn"), "neutral", "minus"),
}

REQUEST_TRANSITIONS: Final[dict[RequestState, frozenset[RequestState]]] = {
    RequestState.REQUESTED: frozenset(
        {RequestState.APPROVED, RequestState.NOT_APPROVED, RequestState.UNFILLED, RequestState.WITHDRAWN}
    ),
    RequestState.APPROVED: frozenset({RequestState.WAITING, RequestState.UNFILLED, RequestState.WITHDRAWN}),
    RequestState.WAITING: frozenset({RequestState.SCHEDULED, RequestState.UNFILLED, RequestState.WITHDRAWN}),
    RequestState.SCHEDULED: frozenset(
        {RequestState.HELD, RequestState.WAITING, RequestState.UNFILLED, RequestState.WITHDRAWN}
    ),
    RequestState.HELD: frozenset({RequestState.CLOSED}),
}
"""Where a request may go; from `scheduled` back to `waiting` where a call falls through and another ask is open."""

STEPS: Final = (
    RequestState.REQUESTED,
    RequestState.APPROVED,
    RequestState.WAITING,
    RequestState.SCHEDULED,
    RequestState.HELD,
    RequestState.CLOSED,
)
"""The way of a request that goes well, as the tracker shows it."""


class AssignmentState(StrEnum):
    """Where one advocate stands with one request; open = proposed, asked, accepted."""

    PROPOSED = "proposed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"

    @property
    def open(self) -> bool:
        """Whether somebody still waits for it."""
        return self in OPEN_ASSIGNMENT

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _ASSIGNMENT_WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return _ASSIGNMENT_WORDS[self][1]


OPEN_ASSIGNMENT: Final = frozenset({AssignmentState.PROPOSED, AssignmentState.ASKED, AssignmentState.ACCEPTED})

_ASSIGNMENT_WORDS: Final = {
    AssignmentState.PROPOSED: (_l("Proposed"), "info"),
    AssignmentState.ASKED: (_l("Waiting for an answer"), "warn"),
    AssignmentState.ACCEPTED: (_l("Accepted"), "brand"),
    AssignmentState.DONE: (_l("Done"), "ok"),
    AssignmentState.DECLINED: (_l("Not this time"), "neutral"),
    AssignmentState.EXPIRED: (_l("No answer"), "neutral"),
    AssignmentState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
    AssignmentState.NO_SHOW: (_l("Did not take place"), "neutral"),
}

ASSIGNMENT_TRANSITIONS: Final[dict[AssignmentState, frozenset[AssignmentState]]] = {
    AssignmentState.PROPOSED: frozenset({AssignmentState.ASKED, AssignmentState.WITHDRAWN}),
    AssignmentState.ASKED: frozenset(
        {AssignmentState.ACCEPTED, AssignmentState.DECLINED, AssignmentState.EXPIRED, AssignmentState.WITHDRAWN}
    ),
    AssignmentState.ACCEPTED: frozenset({AssignmentState.DONE, AssignmentState.WITHDRAWN, AssignmentState.NO_SHOW}),
}


class CallState(StrEnum):
    """Where a call stands."""

    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


CALL_TRANSITIONS: Final[dict[CallState, frozenset[CallState]]] = {
    CallState.PROPOSED: frozenset({CallState.SCHEDULED, CallState.HELD, CallState.CANCELLED, CallState.NO_SHOW}),
    CallState.SCHEDULED: frozenset({CallState.PROPOSED, CallState.HELD, CallState.CANCELLED, CallState.NO_SHOW}),
}
"""Where a call may go; it is held without ever being scheduled where both sides agreed on a time by themselves."""

OPEN_CALL: Final = frozenset(CALL_TRANSITIONS)

HELD_AFTER_ALL: Final = frozenset(
    {RequestState.WAITING, RequestState.SCHEDULED, RequestState.UNFILLED, RequestState.WITHDRAWN}
)
"""From where a request is held when a call is confirmed that took place before consent ended (trust.md, Consent).

Its assignment goes from `withdrawn` to `done` and the call from `cancelled` to `held`; no other way leads back.
"""


class Outcome(StrEnum):
    """What the call did for the deal, in the rep's eyes."""

    HELPED = "helped"
    PARTLY = "partly"
    NOT_HELPED = "not_helped"

    @property
    def label(self) -> LazyString:
        """The answer as people read it."""
        return _OUTCOME_LABELS[self]


_OUTCOME_LABELS: Final = {
    Outcome.HELPED: _l("Yes, it helped"),
    Outcome.PARTLY: _l("A little"),
    Outcome.NOT_HELPED: _l("No, it did not"),
}


class Side(StrEnum):
    """Whose view of a call a feedback is."""

    ADVOCATE = "advocate"
    SALES = "sales"


class AskSource(StrEnum):
    """Where somebody was asked: through the portal, or outside and noted here."""

    PORTAL = "portal"
    OUTSIDE = "outside"


class EventKind(StrEnum):
    """What happened to a request."""

    REQUESTED = "requested"
    APPROVED = "approved"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    STEPPED_BACK = "stepped_back"
    CONSENT_ENDED = "consent_ended"
    WITHDRAWN = "withdrawn"
    UNFILLED = "unfilled"
    CONTACT_SHOWN = "contact_shown"
    REMINDED = "reminded"
    TIMES_OFFERED = "times_offered"
    TIMES_WANTED = "times_wanted"
    TIME_PICKED = "time_picked"
    HELD = "held"
    NO_SHOW = "no_show"
    FEEDBACK = "feedback"
    CLOSED = "closed"

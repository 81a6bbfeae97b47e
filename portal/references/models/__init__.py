"""Tables of the reference program: one module a noun, all known by this name."""

from portal.references.models.asks import AdvocateLimits, Ask
from portal.references.models.calls import CONFIRMABLE_FOR, LONGEST_NOTE, CallFeedback, ReferenceCall
from portal.references.models.requests import (
    LONGEST_TOPICS,
    ActivityType,
    Assignment,
    Opportunity,
    ReferenceRequest,
    RequestEvent,
)
from portal.references.models.states import (
    ASSIGNMENT_TRANSITIONS,
    CALL_TRANSITIONS,
    HELD_AFTER_ALL,
    OPEN_ASSIGNMENT,
    REQUEST_TRANSITIONS,
    STEPS,
    AskSource,
    AssignmentState,
    CallState,
    EventKind,
    Outcome,
    RequestState,
    Side,
)

__all__ = [
    "ASSIGNMENT_TRANSITIONS",
    "CALL_TRANSITIONS",
    "CONFIRMABLE_FOR",
    "HELD_AFTER_ALL",
    "LONGEST_NOTE",
    "LONGEST_TOPICS",
    "OPEN_ASSIGNMENT",
    "REQUEST_TRANSITIONS",
    "STEPS",
    "ActivityType",
    "AdvocateLimits",
    "Ask",
    "AskSource",
    "Assignment",
    "AssignmentState",
    "CallFeedback",
    "CallState",
    "EventKind",
    "Opportunity",
    "Outcome",
    "ReferenceCall",
    "ReferenceRequest",
    "RequestEvent",
    "RequestState",
    "Side",
]

"""Tables of the reference program: one module a noun, all known by this name."""

from portal.references.models.asks import AdvocateLimits, Ask
from portal.references.models.calls import (
    CONFIRMABLE_FOR,
    LASTS,
    LONGEST_NOTE,
    LONGEST_PLACE,
    MOST_TIMES,
    CallFeedback,
    CallTime,
    ReferenceCall,
)
from portal.references.models.exceptions import LimitException
from portal.references.models.requests import (
    LONGEST_TOPICS,
    ActivityType,
    Assignment,
    Opportunity,
    ReferenceRequest,
    RequestEvent,
)
from portal.references.models.searches import SavedSearch
from portal.references.models.states import (
    ASSIGNMENT_TRANSITIONS,
    CALL_TRANSITIONS,
    HELD_AFTER_ALL,
    OPEN_ASSIGNMENT,
    OPEN_CALL,
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
    "LASTS",
    "LONGEST_NOTE",
    "LONGEST_PLACE",
    "LONGEST_TOPICS",
    "MOST_TIMES",
    "OPEN_ASSIGNMENT",
    "OPEN_CALL",
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
    "CallTime",
    "EventKind",
    "LimitException",
    "Opportunity",
    "Outcome",
    "ReferenceCall",
    "ReferenceRequest",
    "RequestEvent",
    "RequestState",
    "SavedSearch",
    "Side",
]

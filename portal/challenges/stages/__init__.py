"""The registry of stage kinds; a new one is one module here and its template."""

from portal.challenges.stages import confirm, questions, review, story, upload, visit
from portal.challenges.stages.kind import Check, Proof, StageKind, kind_of, kinds, reasons_for

__all__ = [
    "Check",
    "Proof",
    "StageKind",
    "confirm",
    "kind_of",
    "kinds",
    "questions",
    "reasons_for",
    "review",
    "story",
    "upload",
    "visit",
]

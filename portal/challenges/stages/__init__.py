"""The registry of stage kinds; a new one is one module here and its template."""

from portal.challenges.stages import confirm, questions, story, visit
from portal.challenges.stages.kind import Proof, StageKind, kind_of, kinds

__all__ = ["Proof", "StageKind", "confirm", "kind_of", "kinds", "questions", "story", "visit"]

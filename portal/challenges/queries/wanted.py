"""What a manager wants to see of the review queue: a challenge, a kind of step, how long it waits, whose, theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import BigInteger, ColumnElement, Integer, Interval, Text, Uuid, bindparam, exists, func, or_, select

from portal.challenges.models import Challenge, Stage, StageResponse, Submission, Verdict
from portal.challenges.states import Decision, ResponseState, VerdictState
from portal.clock import PORTAL_NOW
from portal.people.models import Company, Person
from portal.people.queries import literally

VIEWER: Final = bindparam("viewer", type_=BigInteger)
LONGEST_WORDS: Final = 100


class Age(StrEnum):
    """How long something waits at least."""

    DAY = "day"
    THREE_DAYS = "three-days"
    WEEK = "week"

    @property
    def label(self) -> LazyString:
        """In a few words."""
        return _AGES[self][0]

    @property
    def hours(self) -> int:
        """The same in hours."""
        return _AGES[self][1]


_AGES: Final = {
    Age.DAY: (_l("Longer than a day"), 24),
    Age.THREE_DAYS: (_l("Longer than three days"), 72),
    Age.WEEK: (_l("Longer than a week"), 168),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What narrows the queue; nothing of it shows everything. `mine`: what I offered, or asked changes of."""

    challenge: UUID | None = None
    kind: str | None = None
    age: Age | None = None
    words: str = ""
    mine: bool = False

    @property
    def names(self) -> frozenset[str]:
        """What narrows, by name: as many statements as there are sets of them."""
        return frozenset(name for name in CONDITIONS if getattr(self, name))

    @property
    def values(self) -> dict[str, object]:
        """The values that the conditions of these names ask for."""
        all_of_them: dict[str, object] = {
            "challenge": self.challenge,
            "kind": self.kind,
            "age": self.age.hours if self.age else None,
            "words": f"%{literally(self.words.lower())}%",
        }
        return {name: all_of_them[name] for name in self.names - {"mine"}}

    @property
    def arguments(self) -> dict[str, Any]:
        """The same for an address."""
        given = {"challenge": self.challenge, "kind": self.kind, "age": self.age, "q": self.words}
        arguments = {name: str(value) for name, value in given.items() if value}
        return {**arguments, "mine": "1"} if self.mine else arguments


def _of_kind() -> ColumnElement[bool]:
    of_kind = (
        select(StageResponse.id)
        .join(Stage, Stage.id == StageResponse.stage_id)
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.HANDED_IN)
        .where(Stage.kind == bindparam("kind", type_=Text))
    )
    return exists(of_kind.correlate(Submission))


def _since() -> ColumnElement[bool]:
    hours = bindparam("age", type_=Integer)
    return Submission.submitted_at <= PORTAL_NOW - func.make_interval(0, 0, 0, 0, hours, type_=Interval)


def _whose() -> ColumnElement[bool]:
    pattern = bindparam("words", type_=Text)
    return or_(*(func.lower(name).like(pattern, escape="\\") for name in (Person.name, Company.name)))


def _mine() -> ColumnElement[bool]:
    asked = select(Verdict.id).where(
        Verdict.submission_id == Submission.id,
        Verdict.decided_by == VIEWER,
        Verdict.state == VerdictState.APPLIED,
        Verdict.decision == Decision.REDO,
    )
    return or_(Challenge.created_by == VIEWER, exists(asked.correlate(Submission)))


CONDITIONS: Final[dict[str, Callable[[], ColumnElement[bool]]]] = {
    "challenge": lambda: Challenge.public_id == bindparam("challenge", type_=Uuid()),
    "kind": _of_kind,
    "age": _since,
    "words": _whose,
    "mine": _mine,
}

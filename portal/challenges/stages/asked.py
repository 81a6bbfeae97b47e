"""One question of a set: what may be asked, how it is stored, and what answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.challenges.stages.kind import plain_text
from portal.database.refusal import Invalid

LONGEST_ASK: Final = 200
LONGEST_HINT: Final = 200
LONGEST_CHOICE: Final = 100
LONGEST_ANSWER: Final = 1000
CHOICES: Final = range(2, 13)
"""How many there may be to choose from."""
TOPS: Final = range(2, 11)
"""Where a scale that begins with 1 may end."""

_UNANSWERED: Final = _l("This question needs an answer.")
_TOO_LONG: Final = _l("An answer has at most %(most)s characters.", most=LONGEST_ANSWER)
_FOREIGN: Final = _l("Choose from what is offered here.")
_WHAT: Final = _l("Write the question, at most %(most)s characters in one line.", most=LONGEST_ASK)
_HINT: Final = _l("A hint has at most %(most)s characters, in one line.", most=LONGEST_HINT)
_HOW_MANY: Final = _l(
    "Give %(least)s to %(most)s answers to choose from, one a line.", least=CHOICES[0], most=CHOICES[-1]
)
_EACH: Final = _l("An answer to choose has at most %(most)s characters.", most=LONGEST_CHOICE)
_TWICE: Final = _l("Each answer to choose stands once.")
_TOP: Final = _l("A scale goes from 1 to a number from %(least)s to %(most)s.", least=TOPS[0], most=TOPS[-1])
_KIND: Final = _l("Choose how it is answered.")

Answer = str | int | list[str]


class AnswerKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    ONE = "one"
    SEVERAL = "several"
    SCALE = "scale"

    @property
    def label(self) -> LazyString:
        """The way in a few words."""
        return _LABELS[self]


_LABELS: Final = {
    AnswerKind.TEXT: _l("In their own words"),
    AnswerKind.ONE: _l("One of several answers"),
    AnswerKind.SEVERAL: _l("Any of several answers"),
    AnswerKind.SCALE: _l("A number on a scale"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question; its number is its own for ever, wherever it stands."""

    number: int
    kind: AnswerKind
    ask: str
    hint: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    top: int = 0

    @property
    def field(self) -> str:
        """The name of its answer in a form."""
        return f"several-{self.number}" if self.kind is AnswerKind.SEVERAL else f"answer-{self.number}"

    @property
    def offered(self) -> tuple[str, ...]:
        """What can be chosen, as a form sends it."""
        return self.choices or tuple(str(number) for number in range(1, self.top + 1))

    def stored(self) -> dict[str, Any]:
        """As it lies in a stage's setup."""
        return {
            "number": self.number,
            "kind": self.kind.value,
            "ask": self.ask,
            "hint": self.hint,
            "required": self.required,
            "choices": list(self.choices),
            "top": self.top,
        }

    def answer(self, given: object) -> Answer | None:
        """What was answered, typed: text, the choice, the choices in their order, a number; None for nothing.

        Refuses (`Invalid`) other types, texts that are too long, and what is not offered.
        """
        if self.kind is AnswerKind.SEVERAL:
            chosen = [] if given is None else given
            if not isinstance(chosen, list | tuple) or any(each not in self.choices for each in chosen):
                raise Invalid(_FOREIGN, field=self.field)
            return [choice for choice in self.choices if choice in chosen] or None
        text = plain_text(given)
        if not text:
            return None
        if self.kind is AnswerKind.TEXT:
            if len(text) > LONGEST_ANSWER:
                raise Invalid(_TOO_LONG, field=self.field)
            return text
        if text not in self.offered:
            raise Invalid(_FOREIGN, field=self.field)
        return int(text) if self.kind is AnswerKind.SCALE else text

    def needed(self, given: object) -> Answer | None:
        """As `answer`; refuses nothing where the question needs an answer."""
        found = self.answer(given)
        if found is None and self.required:
            raise Invalid(_UNANSWERED, field=self.field)
        return found


def question(number: int, given: Mapping[str, object]) -> Question:
    """A question as a manager wrote it; refuses (`Invalid`, with the field) what nobody could answer.

    Choices and the end of a scale count only where the kind has them.
    """
    if given.get("kind") not in list(AnswerKind):
        raise Invalid(_KIND, field="kind")
    kind, ask, hint = AnswerKind(str(given["kind"])), _line(given, "ask", _WHAT), _line(given, "hint", _HINT)
    if not ask or len(ask) > LONGEST_ASK:
        raise Invalid(_WHAT, field="ask")
    if len(hint) > LONGEST_HINT:
        raise Invalid(_HINT, field="hint")
    choosing = kind in (AnswerKind.ONE, AnswerKind.SEVERAL)
    return Question(
        number,
        kind,
        ask,
        hint,
        required=bool(given.get("required", True)),
        choices=_choices(given.get("choices")) if choosing else (),
        top=_top(given.get("top")) if kind is AnswerKind.SCALE else 0,
    )


def questions_in(setup: Mapping[str, Any]) -> list[Question]:
    """The questions of a stage, in their order."""
    return [
        Question(
            each["number"],
            AnswerKind(each["kind"]),
            each["ask"],
            each["hint"],
            each["required"],
            tuple(each["choices"]),
            each["top"],
        )
        for each in setup.get("questions", ())
    ]


def _line(given: Mapping[str, object], field: str, refusal: LazyString) -> str:
    text = plain_text(given.get(field))
    if "\n" in text:
        raise Invalid(refusal, field=field)
    return text


def _choices(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise Invalid(_HOW_MANY, field="choices")
    choices = tuple(text for each in given if (text := " ".join(plain_text(each).split())))
    if len(choices) not in CHOICES:
        raise Invalid(_HOW_MANY, field="choices")
    if any(len(choice) > LONGEST_CHOICE for choice in choices):
        raise Invalid(_EACH, field="choices")
    if len({choice.casefold() for choice in choices}) < len(choices):
        raise Invalid(_TWICE, field="choices")
    return choices


def _top(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given not in TOPS:
        raise Invalid(_TOP, field="top")
    return given

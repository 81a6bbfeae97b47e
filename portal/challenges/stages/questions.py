"""A set of questions; what was answered is kept with what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString
from wtforms import Field, RadioField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.challenges.fields import Checks
from portal.challenges.stages import asked
from portal.challenges.stages.asked import AnswerKind, Question
from portal.challenges.stages.kind import Proof, StageKind, stage_kind
from portal.challenges.states import Verification
from portal.database.refusal import Invalid, LimitReached
from portal.web.forms import Form
from portal.web.sanity import allow_repeated

MOST_QUESTIONS: Final = 20

_TOO_MANY: Final = _l("A step asks at most %(most)s questions.", most=MOST_QUESTIONS)

allow_repeated("several")


class Answered(Form):
    """The answers; which fields there are depends on the stage."""

    buttons = frozenset({"save"})


@stage_kind
class Questions(StageKind):
    """Up to 20 questions; verified by a manager, or paid at once, as the manager chooses."""

    key = "questions"
    label = _l("Questions")
    text = _l("Some questions with answers to write, to choose or on a scale. You read what they answered.")
    icon = "clipboard-list"
    action = _l("Send my answers")
    verification = Verification.MANAGER
    verifications = (Verification.MANAGER, Verification.HONOUR)
    Response = Answered

    def set_up(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The questions, each with a number that no other ever has. Refuses too many, and what `question` refuses."""
        wanted, last = given.get("questions", ()), given.get("last", 0)
        if not isinstance(wanted, list | tuple) or not all(isinstance(each, Mapping) for each in wanted):
            raise Invalid(_l("These are no questions."), field="questions")
        if len(wanted) > MOST_QUESTIONS:
            raise LimitReached(_TOO_MANY)
        known = [each["number"] for each in wanted if "number" in each]
        if not all(type(number) is int for number in (last, *known)) or len(set(known)) < len(known):
            raise Invalid(_l("These are no questions."), field="questions")
        last = max([last, *known])
        stored = []
        for each in wanted:
            last = last if "number" in each else last + 1
            stored.append(asked.question(each.get("number", last), each).stored())
        return {"questions": stored, "last": last}

    def lacks(self, setup: Mapping[str, Any]) -> LazyString | None:
        """A question."""
        return None if setup.get("questions") else _l("write at least one question")

    def about(self, setup: Mapping[str, Any]) -> str:
        """How many there are."""
        count = len(setup.get("questions", ()))
        return ngettext("%(num)s question", "%(num)s questions", count) if count else str(self.label)

    def questions(self, setup: Mapping[str, Any]) -> list[Question]:
        """What is asked, in order."""
        return asked.questions_in(setup)

    def form(self, setup: Mapping[str, Any], response: Mapping[str, Any] | None = None) -> Form:
        """A field for each question."""
        questions = self.questions(setup)
        fields = {question.field: _field(question) for question in questions}
        saved = {each["number"]: each["answer"] for each in (response or {}).get("answers", ())}
        data = {question.field: _typed(saved.get(question.number)) for question in questions}
        of_these: type[Form] = type("Answered", (Answered,), fields)
        return of_these(data=data)

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:
        """Question and answer, side by side; refuses what `Question.needed` refuses."""
        return _told(setup, lambda question: question.needed(given.get(question.field)))

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:
        """What there is so far; refused only where it could never be handed in."""
        return _told(setup, lambda question: question.answer(given.get(question.field)))

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """Each question with its answer."""
        return [Proof(str(each["ask"]), _shown(each)) for each in response.get("answers", ())]


def _told(setup: Mapping[str, Any], answer: Callable[[Question], asked.Answer | None]) -> dict[str, Any]:
    return {
        "answers": [
            {
                "number": question.number,
                "kind": question.kind.value,
                "ask": question.ask,
                "top": question.top,
                "answer": answer(question),
            }
            for question in asked.questions_in(setup)
        ]
    }


def _shown(told: Mapping[str, Any]) -> str:
    answer = told["answer"]
    if answer is None:
        return _("No answer")
    if told["kind"] == AnswerKind.SCALE:
        return _("%(number)s of %(top)s", number=answer, top=told["top"])
    return "\n".join(answer) if isinstance(answer, list) else str(answer)


def _typed(answer: asked.Answer | None) -> str | list[str] | None:
    return str(answer) if isinstance(answer, int) else answer


def _field(question: Question) -> Field:
    def judge(_form: Form, field: Field) -> None:
        try:
            question.needed(field.data)
        except Invalid as refusal:
            raise ValidationError(str(refusal)) from refusal

    if question.kind is AnswerKind.TEXT:
        size = {"maxlength": asked.LONGEST_ANSWER, "rows": 3}
        return TextAreaField(question.ask, validators=[judge], render_kw=size)
    kind = Checks if question.kind is AnswerKind.SEVERAL else RadioField
    offered = [SelectChoice(choice, choice) for choice in question.offered]
    if question.kind is not AnswerKind.SEVERAL and not question.required:
        offered.append(SelectChoice("", _l("No answer")))
    return kind(question.ask, choices=offered, validators=[judge], validate_choice=False)

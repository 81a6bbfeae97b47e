"""The questions of a step: each is added, changed, moved and taken out by a plain form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.challenges import questionnaire
from portal.challenges.forms import PlaceForm, QuestionForm, SeenStepForm
from portal.challenges.models import Challenge, Stage
from portal.challenges.queries import desk
from portal.challenges.stages import questions
from portal.challenges.stages.asked import Question
from portal.database import db
from portal.database.refusal import Invalid, NotFound, Refusal
from portal.web.forms import Form, invalid
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint(
    "program_questions",
    __name__,
    url_prefix="/admin/challenges/<uuid:challenge>/steps/<int:position>/questions",
    template_folder="../templates",
)
_PAGE: Final = "program/challenges/questions.html"
Act = Callable[[int], object]


@bp.get("")
@for_managers
def index(challenge: UUID, position: int) -> str:
    """All questions of a step."""
    return render_template(_PAGE, **_page(*_found(challenge, position)))


@bp.get("/new")
@for_managers
def new(challenge: UUID, position: int) -> str:
    """A question to add."""
    found, stage = _found(challenge, position)
    form = QuestionForm(formdata=None, data={"kind": "text", "required": True, "top": 5, "stage": stage.id})
    return render_template(_PAGE, **_page(found, stage, form, adding=True))


@bp.post("")
@for_managers
def add(challenge: UUID, position: int) -> ResponseReturnValue:
    """Put a question at the end."""
    form, by = QuestionForm(), current_visitor().actor

    def write(number: int) -> None:
        seen = form.stage.data
        questionnaire.add_question(db.session(), number, position, form.written, by=by, stage_id=seen)

    return _write(challenge, position, form, write, _("Question added."), adding=True)


@bp.get("/<int:number>")
@for_managers
def edit(challenge: UUID, position: int, number: int) -> str:
    """One question, opened for change."""
    found, stage = _found(challenge, position)
    return render_template(_PAGE, **_page(found, stage, _filled(stage, number), opened=number))


@bp.post("/<int:number>")
@for_managers
def change(challenge: UUID, position: int, number: int) -> ResponseReturnValue:
    """Save one question."""
    form, by = QuestionForm(), current_visitor().actor

    def write(challenge_id: int) -> None:
        seen = form.stage.data
        questionnaire.change_question(db.session(), challenge_id, position, number, form.written, by=by, stage_id=seen)

    return _write(challenge, position, form, write, _("Question saved."), opened=number)


@bp.post("/<int:number>/place")
@for_managers
def move(challenge: UUID, position: int, number: int) -> ResponseReturnValue:
    """Move a question up or down."""
    form, by = PlaceForm(), current_visitor().actor

    def write(challenge_id: int) -> None:
        up, seen = form.to.data == "up", form.stage.data
        questionnaire.move_question(db.session(), challenge_id, position, number, up=up, by=by, stage_id=seen)

    return _write(challenge, position, form, write, None)


@bp.post("/<int:number>/removal")
@for_managers
def remove(challenge: UUID, position: int, number: int) -> ResponseReturnValue:
    """Take a question out."""
    form, by = SeenStepForm(), current_visitor().actor

    def write(challenge_id: int) -> None:
        questionnaire.remove_question(db.session(), challenge_id, position, number, by=by, stage_id=form.stage.data)

    return _write(challenge, position, form, write, _("Question removed."))


def _found(challenge: UUID, position: int) -> tuple[Challenge, Stage]:
    found = desk.challenge(db.session(), challenge)
    for stage in found.stages:
        if stage.position == position and stage.kind == questions.Questions.key:
            return found, stage
    raise NotFound


def _filled(stage: Stage, number: int) -> QuestionForm:
    for question in _asked(stage):
        if question.number == number:
            top, choices = question.top or 5, "\n".join(question.choices)
            data = {**question.stored(), "top": top, "choices": choices, "stage": stage.id}
            return QuestionForm(formdata=None, data=data)
    raise NotFound


def _asked(stage: Stage) -> list[Question]:
    return questions.Questions().questions(stage.setup)


def _page(found: Challenge, stage: Stage, form: Form | None = None, **more: Any) -> dict[str, Any]:
    """The list with one question open, or with one to add; a published step is only shown."""
    asked = {"questions": _asked(stage), "most": questions.MOST_QUESTIONS}
    return {"challenge": found, "stage": stage, "question_form": form, **asked, **more}


def _write(
    challenge: UUID, position: int, form: SeenStepForm, write: Act, done: str | None, **opened: Any
) -> ResponseReturnValue:
    """Do something to a question; a refusal is shown on the page, with what was typed."""
    found, stage = _found(challenge, position)
    page = _page(found, stage, form if isinstance(form, QuestionForm) else None, **opened)
    if not form.validate():
        return invalid(form, _PAGE, refusal=None if opened else Invalid(_("Reload the page and try again.")), **page)
    try:
        write(found.id)
    except Refusal as refusal:
        return invalid(form, _PAGE, refusal=refusal, **page)
    if done:
        flash(done, "ok")
    return redirect(url_for(".index", challenge=challenge, position=position), 303)

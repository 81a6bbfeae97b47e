"""The manager's challenges: the list, the editor, the preview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.program import editor, previews
from portal.challenges import challenges, outline
from portal.challenges.audience import EVERYBODY
from portal.challenges.forms import NewStageForm, PlaceForm, SeenStepForm
from portal.challenges.models import Challenge
from portal.challenges.queries import desk, runs
from portal.challenges.states import ChallengeState
from portal.database import db
from portal.database.refusal import Invalid, Refusal
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_challenges", __name__, url_prefix="/admin/challenges", template_folder="../templates")
_EDITOR: Final = "program/challenges/editor.html"
_NEW: Final = "program/challenges/new.html"
_CHECKED: Final = "program/challenges/publication.html"


@bp.get("")
@for_managers
def index() -> str:
    """All challenges in one state."""
    given = request.args.get("state")
    state = ChallengeState(given) if given in set(ChallengeState) else ChallengeState.PUBLISHED
    counts = desk.counts(db.session())
    if given is None and not counts[state] and counts[ChallengeState.DRAFT]:
        state = ChallengeState.DRAFT
    page = desk.challenges(db.session(), state, after=cursor_of(datetime, int))
    tabs = [
        {"label": each.label, "href": url_for(".index", state=each), "current": each is state, "count": counts[each]}
        for each in ChallengeState
    ]
    return render_template("program/challenges/index.html", page=page, state=state, tabs=tabs)


@bp.get("/new")
@for_managers
def new() -> str:
    """An empty form."""
    form = editor.empty()
    return render_template(_NEW, form=form, **editor.reach(EVERYBODY, url_for("program_audiences.count_new")))


@bp.post("")
@for_managers
def create() -> ResponseReturnValue:
    """Begin a draft."""
    form = editor.posted()
    page = editor.reach(None, url_for("program_audiences.count_new"))
    if not form.validate():
        return invalid(form, _NEW, **page)
    try:
        challenge = challenges.create(db.session(), by=current_visitor().actor, **editor.fields(form))
    except Refusal as refusal:
        return invalid(form, _NEW, refusal=refusal, **page)
    flash(_("Saved as a draft. Now add its steps."), "ok")
    return redirect(url_for(".edit", challenge=challenge.public_id), 303)


@bp.get("/<uuid:challenge>")
@for_managers
def edit(challenge: UUID) -> str:
    """The editor."""
    found = desk.challenge(db.session(), challenge)
    return render_template(_EDITOR, **editor.page(found))


@bp.post("/<uuid:challenge>")
@for_managers
def change(challenge: UUID) -> ResponseReturnValue:
    """Save texts, audience and window."""
    found = desk.challenge(db.session(), challenge)
    form = editor.posted()
    page = {**editor.page(found), "challenge_form": form}
    if not form.validate():
        return invalid(form, _EDITOR, **page)
    try:
        challenges.change(db.session(), found.id, by=current_visitor().actor, **editor.fields(form))
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, **page)
    return _saved(challenge, _("Saved."))


@bp.get("/<uuid:challenge>/preview")
@for_managers
def preview(challenge: UUID) -> str:
    """What an advocate sees before they begin, or one of the steps, now or in an edition; nothing is begun."""
    edition = previews.edition()
    run = runs.preview_of(db.session(), challenge, edition)
    return render_template("program/challenges/preview.html", **previews.page(run, edition))


@bp.get("/<uuid:challenge>/publication")
@for_managers
def check(challenge: UUID) -> str:
    """Everything that is looked at before it is published, and the button that does."""
    return render_template(_CHECKED, **editor.publication(desk.challenge(db.session(), challenge)))


@bp.post("/<uuid:challenge>/publication")
@for_managers
def publish(challenge: UUID) -> ResponseReturnValue:
    """Publish; what has to be mended first is shown."""
    found = desk.challenge(db.session(), challenge)
    try:
        challenges.publish(db.session(), found.id, by=current_visitor().actor)
    except Refusal as refusal:
        return invalid(Form(), _CHECKED, refusal=refusal, **editor.publication(found))
    return _saved(challenge, _("Published.") if found.is_draft else _("Offered to who begins from now on."))


@bp.post("/<uuid:challenge>/edition")
@for_managers
def begin_edition(challenge: UUID) -> ResponseReturnValue:
    """Take the steps of a published challenge in hand."""
    by = current_visitor().actor
    done = _("Change the steps, then offer them. Until then everybody sees them as they are.")
    return _on(challenge, lambda number: outline.begin_edition(db.session(), number, by=by), done)


@bp.post("/<uuid:challenge>/edition/removal")
@for_managers
def drop_edition(challenge: UUID) -> ResponseReturnValue:
    """Leave the steps as they are offered."""
    by = current_visitor().actor
    return _on(challenge, lambda number: outline.drop_edition(db.session(), number, by=by), _("Changes dropped."))


@bp.post("/<uuid:challenge>/archive")
@for_managers
def archive(challenge: UUID) -> ResponseReturnValue:
    """Take it off the list."""
    done = _("Archived. Who has begun may finish.")
    return _on(challenge, lambda number: challenges.archive(db.session(), number, by=current_visitor().actor), done)


@bp.get("/<uuid:challenge>/steps/new")
@for_managers
def new_step(challenge: UUID) -> str:
    """A step to add."""
    return render_template(_EDITOR, **editor.page(desk.challenge(db.session(), challenge), adding=True))


@bp.post("/<uuid:challenge>/steps")
@for_managers
def add_step(challenge: UUID) -> ResponseReturnValue:
    """Put a step at the end of a draft."""
    found = desk.challenge(db.session(), challenge)
    form = NewStageForm()

    def add() -> str:
        stage = outline.add_stage(
            db.session(),
            found.id,
            form.kind.data,
            title=form.title.data,
            instructions=form.instructions.data or "",
            points=form.points.data,
            by=current_visitor().actor,
        )
        return editor.after_adding(found, stage)

    return _write_step(found, form, add, editor.page(found, adding=True), _("Step added."))


@bp.get("/<uuid:challenge>/steps/<int:position>")
@for_managers
def edit_step(challenge: UUID, position: int) -> str:
    """One step, opened for change."""
    return render_template(_EDITOR, **editor.page(desk.challenge(db.session(), challenge), opened=position))


@bp.post("/<uuid:challenge>/steps/<int:position>")
@for_managers
def change_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Save one step."""
    found = desk.challenge(db.session(), challenge)
    form = editor.posted_step(found, position)

    def save() -> str | None:
        by, seen = current_visitor().actor, form.data["stage"]
        outline.change_stage(db.session(), found.id, position, **editor.step_fields(form), by=by, stage_id=seen)
        return None

    return _write_step(found, form, save, editor.page(found, opened=position), _("Step saved."))


@bp.post("/<uuid:challenge>/steps/<int:position>/place")
@for_managers
def move_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Move a step up or down."""
    form, by = PlaceForm(), current_visitor().actor

    def move(number: int) -> None:
        if not form.validate():
            raise Invalid(_("A step moves up or down. Reload the page and try again."))
        outline.move_stage(db.session(), number, position, up=form.to.data == "up", by=by, stage_id=form.stage.data)

    return _on(challenge, move, None)


@bp.post("/<uuid:challenge>/steps/<int:position>/removal")
@for_managers
def remove_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Take a step out of a draft."""
    form, by = SeenStepForm(), current_visitor().actor

    def remove(number: int) -> None:
        if not form.validate():
            raise Invalid(_("This page is out of date. Reload it and try again."))
        outline.remove_stage(db.session(), number, position, by=by, stage_id=form.stage.data)

    return _on(challenge, remove, _("Step removed."))


def _on(challenge: UUID, act: Callable[[int], object], done: str | None) -> ResponseReturnValue:
    """Do something to a challenge; a refusal is shown in the editor."""
    found = desk.challenge(db.session(), challenge)
    try:
        act(found.id)
    except Refusal as refusal:
        page = editor.page(found)
        return invalid(page["challenge_form"], _EDITOR, refusal=refusal, **page)
    return _saved(challenge, done)


def _write_step(
    found: Challenge, form: Form, write: Callable[[], str | None], page: dict[str, Any], done: str
) -> ResponseReturnValue:
    page = {**page, "step_form": form}
    if not form.validate():
        return invalid(form, _EDITOR, **page)
    try:
        goes_on = write()
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, **page)
    return _saved(found.public_id, done, goes_on)


def _saved(challenge: UUID, said: str | None, goes_on: str | None = None) -> Response:
    if said:
        flash(said, "ok")
    return redirect(goes_on or url_for(".edit", challenge=challenge), 303)  # type: ignore[return-value]

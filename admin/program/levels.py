"""Levels: their names, what they need and open; each change says for how many people before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.points import levels
from portal.points.forms import AgreeForm, LevelForm
from portal.points.levels import Effect, Unsaid
from portal.points.models import Level
from portal.web.forms import Form, invalid
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_levels", __name__, url_prefix="/admin/levels", template_folder="../templates")
_EDITOR: Final = "program/levels/editor.html"


@bp.get("")
@for_managers
def index() -> str:
    """The ladder, with how many stand where."""
    return render_template("program/levels/index.html", steps=levels.ladder(db.session()), most=levels.MOST)


@bp.get("/new")
@for_managers
def new() -> str:
    """An empty editor."""
    return render_template(_EDITOR, form=LevelForm(formdata=None), level=None, effect=None, removing=False)


@bp.post("/new")
@for_managers
def add() -> ResponseReturnValue:
    """Add a level."""
    form, session = LevelForm(), db.session()
    if not form.validate():
        return invalid(form, _EDITOR, level=None, effect=None, removing=False)
    words = (form.name.data, form.threshold.data, form.benefit.data)
    return _try(
        form,
        None,
        lambda: levels.add(session, *words, by=current_visitor().actor, agreed=form.agreed.data or ""),
        _("%(name)s is on the ladder.", name=form.name.data),
    )


@bp.get("/<uuid:level>")
@for_managers
def edit(level: UUID) -> str:
    """The editor of one level."""
    found = levels.of(db.session(), level)
    form = LevelForm(formdata=None, obj=found)
    return render_template(_EDITOR, form=form, level=found, effect=None, removing=False)


@bp.post("/<uuid:level>")
@for_managers
def change(level: UUID) -> ResponseReturnValue:
    """Change a level."""
    form, session = LevelForm(), db.session()
    found = levels.of(session, level).id
    if not form.validate():
        return invalid(form, _EDITOR, level=levels.of(session, level), effect=None, removing=False)
    return _try(
        form,
        level,
        lambda: levels.change(
            session,
            found,
            name=form.name.data,
            threshold=form.threshold.data,
            benefit=form.benefit.data,
            by=current_visitor().actor,
            agreed=form.agreed.data or "",
        ),
        _("Saved."),
    )


@bp.post("/<uuid:level>/removal")
@for_managers
def remove(level: UUID) -> ResponseReturnValue:
    """Remove a level; who stands on it stands on the one below."""
    form, session = AgreeForm(), db.session()
    found = levels.of(session, level).id
    if not form.validate():
        return _again(form, level, None, removing=True)
    agreed = form.agreed.data or ""
    return _try(
        form,
        level,
        lambda: levels.remove(session, found, by=current_visitor().actor, agreed=agreed),
        _("Removed."),
        removing=True,
    )


def _try(
    form: Form, level: UUID | None, verb: Callable[[], Level | None], words: str, *, removing: bool = False
) -> ResponseReturnValue:
    """Call a verb; where it says what it would change, show that and ask again."""
    try:
        verb()
    except NotFound:
        raise
    except Refusal as refusal:
        return _again(form, level, refusal, removing=removing)
    flash(words, "ok")
    return redirect(url_for(".index"), 303)


def _again(form: Form, level: UUID | None, refusal: Refusal | None, *, removing: bool) -> ResponseReturnValue:
    session = db.session()
    session.rollback()
    found = levels.of(session, level) if level else None
    effect: Effect | None = refusal.effect if isinstance(refusal, Unsaid) else None
    shown = LevelForm(formdata=None, obj=found) if isinstance(form, AgreeForm) else form
    if isinstance(form, AgreeForm):
        shown.form_errors.extend(form.form_errors)
    return invalid(shown, _EDITOR, refusal=refusal, level=found, effect=effect, removing=removing)

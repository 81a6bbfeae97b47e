"""Comment templates: words that managers say again and again with a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.challenges import comments
from portal.challenges.models import CommentTemplate
from portal.challenges.queries import comments as queries
from portal.challenges.queries.comments import Listed
from portal.challenges.verdict_forms import TemplateForm
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint(
    "program_comments", __name__, url_prefix="/admin/approvals/templates", template_folder="../templates"
)
_EDITOR: Final = "program/comments/editor.html"


@bp.get("")
@for_managers
def index() -> str:
    """All templates that are offered, or those that are archived."""
    archived = request.args.get("show") == "archived"
    page = queries.listed(db.session(), archived=archived, after=cursor_of(str, int))
    return render_template("program/comments/index.html", page=page, archived=archived)


@bp.get("/new")
@for_managers
def new() -> str:
    """An empty editor."""
    return render_template(_EDITOR, form=TemplateForm(formdata=None), known=None)


@bp.post("/new")
@for_managers
def add() -> ResponseReturnValue:
    """Keep some words."""
    form = TemplateForm()
    if not form.validate():
        return invalid(form, _EDITOR, known=None)
    try:
        comments.add(db.session(), form.title.data, form.words.data, decision=form.chosen, by=current_visitor().actor)
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, known=None)
    flash(_("Saved. It is offered in the queue now."), "ok")
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:template>")
@for_managers
def edit(template: UUID) -> str:
    """The editor of one template."""
    found = queries.template(db.session(), template)
    form = TemplateForm(
        formdata=None, data={"title": found.title, "words": found.words, "decision": found.decision or ""}
    )
    return render_template(_EDITOR, form=form, known=found)


@bp.post("/<uuid:template>")
@for_managers
def change(template: UUID) -> ResponseReturnValue:
    """Change one; what was said with it before stays."""
    found, form = queries.template(db.session(), template), TemplateForm()
    if not form.validate():
        return invalid(form, _EDITOR, known=found)
    words = {"title": form.title.data, "words": form.words.data, "decision": form.chosen}
    try:
        comments.change(db.session(), found.id, by=current_visitor().actor, **words)
    except NotFound:
        raise
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, known=found)
    flash(_("Saved."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:template>/archive")
@for_managers
def archive(template: UUID) -> ResponseReturnValue:
    """Offer it no longer."""
    return _move(template, comments.archive, _("It is not offered any more."))


@bp.post("/<uuid:template>/return")
@for_managers
def bring_back(template: UUID) -> ResponseReturnValue:
    """Offer it again."""
    return _move(template, comments.bring_back, _("It is offered again."))


def _move(template: UUID, verb: Callable[..., CommentTemplate], words: str) -> ResponseReturnValue:
    found: Listed = queries.template(db.session(), template)
    verb(db.session(), found.id, by=current_visitor().actor)
    flash(words, "ok")
    return redirect(url_for(".index"), 303)

"""Imports: a file is chosen, its columns are matched, it is checked and imported; what came in before."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.imports import kept_files, preview, queries, rows, runs
from portal.imports.forms import ColumnsForm, FileForm, ImportForm, columns_form, import_form
from portal.imports.queries import Shown
from portal.imports.states import RunState
from portal.web import hx
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers, takes_files
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_imports", __name__, url_prefix="/admin/imports", template_folder="../templates")
_LIST: Final = "program/imports/index.html"
_ONE: Final = "program/imports/run.html"
_ROOM: Final = 2 * kept_files.LARGEST
"""Bytes of a body, so that a file that is somewhat too large is answered with a sentence."""


@bp.get("")
@for_managers
def index() -> str:
    """The form that takes a file, and what came in before."""
    return render_template(_LIST, form=FileForm(formdata=None, data={"kind": "companies"}), **_past())


@bp.post("")
@takes_files(up_to=_ROOM)
@for_managers
def choose() -> ResponseReturnValue:
    """Take a file."""
    form = FileForm()
    if not form.validate():
        return invalid(form, _LIST, **_past())
    try:
        run = runs.begin(
            db.session(),
            form.kind.data,
            file_name=form.file.data.filename,
            content=form.file.data.stream,
            where=kept_files.folder(current_app.config["PORTAL"]),
            by=current_visitor().actor,
        )
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _LIST, refusal=refusal, **_past())
    return redirect(url_for(".show", run=run.public_id), 303)


@bp.get("/<uuid:run>")
@for_managers
def show(run: UUID) -> ResponseReturnValue:
    """Where an import stands; for htmx its progress, or the columns as they were just chosen."""
    its = queries.one(db.session(), run)
    if hx.is_partial() and hx.target_id() == "work":
        if its.at_work:
            return render_template("program/imports/work.html", its=its)
        response = make_response("")
        response.headers["HX-Refresh"] = "true"
        return response
    chosen = _columns(its, request.args) if hx.target_id() == "columns" else None
    return render_template(_ONE, form=None, **_page(its, columns=chosen))


@bp.post("/<uuid:run>/columns")
@for_managers
def match(run: UUID) -> ResponseReturnValue:
    """Say where the columns go, and have the file checked."""
    its = queries.one(db.session(), run)
    form = _columns(its, request.form)
    if not form.validate():
        return invalid(form, _ONE, **_page(its, columns=form))
    role = (form.role.data or None) if form.role else None
    try:
        runs.match(db.session(), run, form.choices, role=role, by=current_visitor().actor)
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _ONE, refusal=refusal, **_page(queries.one(db.session(), run), columns=form))
    return redirect(url_for(".show", run=run), 303)


@bp.post("/<uuid:run>/import")
@for_managers
def import_(run: UUID) -> ResponseReturnValue:
    """Import what was checked."""
    its = queries.one(db.session(), run)
    form = import_form(its.found.proposed if its.found else (), check=its.check_id)
    if not form.validate():
        return invalid(form, _ONE, **_page(its, spellings=form))
    try:
        runs.import_(
            db.session(),
            run,
            check=int(form.check.data),
            spellings=form.spellings(its.found.proposed if its.found else ()),
            by=current_visitor().actor,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _ONE, refusal=refusal, **_page(queries.one(db.session(), run)))
    return redirect(url_for(".show", run=run), 303)


@bp.post("/<uuid:run>/removal")
@for_managers
def drop(run: UUID) -> ResponseReturnValue:
    """Import nothing."""
    runs.drop(db.session(), run, by=current_visitor().actor)
    flash(_("Nothing was imported, and the file is deleted."), "ok")
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:run>/bad-rows.csv")
@for_managers
def bad_rows(run: UUID) -> Response:
    """The rows with mistakes, to be mended and sent again."""
    _name, content = queries.bad_rows(db.session(), run)
    response = make_response(content.encode("utf-8-sig"))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="rows-to-mend.csv"'
    return response


def _past() -> dict[str, Any]:
    return {
        "page": queries.past(db.session(), after=cursor_of(int)),
        "most": kept_files.LARGEST // (1024 * 1024),
        "abouts": {kind.key: kind.about for kind in rows.kinds()},
    }


def _columns(its: Shown, sent: Any) -> ColumnsForm:
    return columns_form(its.importable, its.headers, its.choices, role=its.role, formdata=sent or None)


def _page(its: Shown, *, columns: ColumnsForm | None = None, spellings: ImportForm | None = None) -> dict[str, Any]:
    """What the page of an import shows in its state; a form that was just sent takes the place of a fresh one."""
    wanted = columns is not None or its.state in (RunState.MATCHING, RunState.FAILED) or "columns" in request.args
    context: dict[str, Any] = {"its": its, "matching": wanted and its.has_file and not its.at_work}
    if context["matching"]:
        chosen = columns or _columns(its, None)
        shown = preview.columns(its.importable, its.headers, its.sample, chosen.choices)
        context |= {"columns_form": chosen, "columns": shown}
    elif its.state is RunState.CHECKED and its.found:
        fresh = import_form(its.found.proposed, check=its.check_id, formdata=None)
        context["import_form"] = spellings or fresh
    return context

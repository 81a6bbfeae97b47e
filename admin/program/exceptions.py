"""Exceptions of the limits that colleagues asked for: a second person decides."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import Refusal
from portal.references import exceptions, fatigue
from portal.references.queries import exceptions as lists
from portal.references.request_forms import DecisionForm
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint(
    "program_exceptions", __name__, url_prefix="/admin/calls/exceptions", template_folder="../templates"
)
_ONE: Final = "program/exceptions/one.html"


@bp.get("")
@for_managers
def index() -> str:
    """Those that wait, the oldest first; `?show=over` the others."""
    over = request.args.get("show") == "over"
    page = (lists.over if over else lists.waiting)(db.session(), after=cursor_of(int))
    return render_template("program/exceptions/index.html", page=page, over=over)


@bp.get("/<uuid:exception>")
@for_managers
def show(exception: UUID) -> str:
    """One of them."""
    return render_template(_ONE, form=DecisionForm(formdata=None), **_shown(exception))


@bp.post("/<uuid:exception>/decision")
@for_managers
def decide(exception: UUID) -> ResponseReturnValue:
    """Approve or decline as the second person."""
    form, session, by = DecisionForm(), db.session(), current_visitor().actor
    shown = _shown(exception)
    if not form.validate():
        return invalid(form, _ONE, **shown)
    found = shown["row"]
    try:
        if form.decision.data == "approve":
            exceptions.approve(session, found.id, by=by)
            words = _("Approved. %(name)s can send the ask now.", name=found.asker)
        else:
            exceptions.decline(session, found.id, by=by, note=form.note.data or "")
            words = _("Declined. %(name)s is told why.", name=found.asker)
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _ONE, refusal=refusal, **shown)
    flash(words, "ok")
    return redirect(url_for(".index"), 303)


def _shown(public_id: UUID) -> dict[str, Any]:
    session, me = db.session(), current_visitor().person_id
    row = lists.one(session, public_id)
    loads = fatigue.loads(session, [row.person_id] if row.person_id is not None else [])
    return {
        "row": row,
        "load": loads.get(row.person_id or 0),
        "why_resting": fatigue.why_resting,
        "mine": row.asked_by == me,
        "about_me": row.person_id == me,
    }

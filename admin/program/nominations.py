"""Nominations: who colleagues propose as advocates, and the manager's decision."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.access import nominations, queries
from portal.access.forms import DecisionForm, NominationForm
from portal.access.states import NominationState
from portal.database import db
from portal.database.refusal import Refusal
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_nominations", __name__, url_prefix="/admin/nominations", template_folder="../templates")
_NEW: Final = "program/nominations/new.html"
_ONE: Final = "program/nominations/one.html"


@bp.get("")
@for_managers
def index() -> str:
    """Those that wait first; `?state=decided` the others."""
    decided = request.args.get("state") == "decided"
    state = None if decided else NominationState.NEW
    page = queries.nominations(db.session(), state=state, decided=decided, after=cursor_of(int))
    return render_template("program/nominations/list.html", page=page, decided=decided)


@bp.get("/new")
@for_managers
def new() -> str:
    """Nominate a customer."""
    return render_template(_NEW, form=NominationForm())


@bp.post("/new")
@for_managers
def nominate() -> ResponseReturnValue:
    """Note a nomination."""
    form = NominationForm()
    if not form.validate():
        return invalid(form, _NEW)
    try:
        made = nominations.nominate(
            db.session(),
            name=form.name.data,
            address=form.email.data,
            title=form.title.data,
            company_name=form.company_name.data,
            reason=form.reason.data,
            by=current_visitor().actor,
        )
    except Refusal as refusal:
        return invalid(form, _NEW, refusal=refusal)
    flash(_("%(name)s is nominated.", name=made.name), "ok")
    return redirect(url_for(".show", nomination=made.public_id), 303)


@bp.get("/<uuid:nomination>")
@for_managers
def show(nomination: UUID) -> str:
    """One nomination."""
    return render_template(_ONE, **_page(nomination), form=DecisionForm())


@bp.post("/<uuid:nomination>/decision")
@for_managers
def decide(nomination: UUID) -> ResponseReturnValue:
    """Approve, which invites; or decline with a note."""
    form = DecisionForm()
    page = _page(nomination)
    if not form.validate():
        return invalid(form, _ONE, **page)
    approved = form.decision.data == "approve"
    verb = nominations.approve if approved else nominations.decline
    try:
        verb(db.session(), page["row"].id, by=current_visitor().actor, note=form.note.data or "")
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _ONE, refusal=refusal, **_page(nomination))
    name = page["row"].name
    flash(_("%(name)s is invited.", name=name) if approved else _("Declined. Whoever nominated is told why."), "ok")
    return redirect(url_for(".index"), 303)


def _page(nomination: UUID) -> dict[str, Any]:
    session = db.session()
    row = queries.nomination(session, nomination)
    return {"row": row, "steps": queries.steps(session, row), "earlier": queries.earlier(session, row)}

"""Exceptions of the limits: a rep asks for one with a reason, and sees what became of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.sales.requests import candidate
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.references import exceptions
from portal.references.queries import exceptions as lists
from portal.references.request_forms import ExceptionForm
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_exceptions", __name__, url_prefix="/sales", template_folder="../templates")
_FORM: Final = "sales/exceptions/new.html"


@bp.get("/requests/exceptions")
@for_sales
def index() -> str:
    """What the visitor asked for."""
    page = lists.of(db.session(), current_visitor().person_id, after=cursor_of(int))
    return render_template("sales/exceptions/index.html", page=page)


@bp.get("/people/<uuid:person>/exception")
@for_sales
def new(person: UUID) -> str:
    """The form; `?opportunity=` names the deal, `?activity=` what is to be asked for."""
    shown = candidate(person)
    form = ExceptionForm(formdata=None).offer(shown["offered"], request.args.get("activity"))
    return render_template(_FORM, form=form, **shown)


@bp.post("/people/<uuid:person>/exception")
@for_sales
def ask_for(person: UUID) -> ResponseReturnValue:
    """Ask for it."""
    shown = candidate(person)
    form = ExceptionForm().offer(shown["offered"])
    if not form.validate():
        return invalid(form, _FORM, **shown)
    try:
        exceptions.ask_for(
            db.session(),
            shown["person_id"],
            reason=form.reason.data,
            by=current_visitor().actor,
            key=UUID(form.request_key.data),
            activity=form.activity.data,
            opportunity_id=shown["deal"].id if shown["deal"] else None,
            prospect_name=form.prospect_name.data,
        )
    except Refusal as refusal:
        return invalid(form, _FORM, refusal=refusal, **shown)
    flash(_("Asked for. A second person decides, and you are told."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/requests/exceptions/<uuid:exception>/withdrawal")
@for_sales
def withdraw(exception: UUID) -> ResponseReturnValue:
    """Take back what one asked for."""
    session, visitor = db.session(), current_visitor()
    found = lists.one(session, exception)
    if found.asked_by != visitor.person_id:
        raise NotFound
    exceptions.withdraw(session, found.id, by=visitor.actor)
    flash(_("Taken back. Nothing was changed."), "ok")
    return redirect(url_for(".index"), 303)

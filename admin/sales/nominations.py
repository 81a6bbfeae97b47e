"""Nominate a customer, and see what came of one's nominations."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.access import nominations, queries
from portal.access.forms import NominationForm
from portal.database import db
from portal.database.refusal import Refusal
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_nominations", __name__, url_prefix="/sales/nominate", template_folder="../templates")
_PAGE: Final = "sales/nominations/nominate.html"
_ONE: Final = "sales/nominations/one.html"


@bp.get("")
@for_sales
def index() -> str:
    """The form, and one's own nominations."""
    return render_template(_PAGE, form=NominationForm(), **_own())


@bp.post("")
@for_sales
def nominate() -> ResponseReturnValue:
    """Note a nomination."""
    form = NominationForm()
    if not form.validate():
        return invalid(form, _PAGE, **_own())
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
        db.session.rollback()
        return invalid(form, _PAGE, refusal=refusal, **_own())
    flash(_("Thank you. The program team decides about %(name)s and you are told.", name=made.name), "ok")
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:nomination>")
@for_sales
def show(nomination: UUID) -> str:
    """One of one's own, with what became of it."""
    session, me = db.session(), current_visitor().person_id
    row = queries.nomination(session, nomination, nominated_by=me)
    before = queries.earlier(session, row, nominated_by=me)
    return render_template(_ONE, row=row, steps=queries.steps(session, row), earlier=before)


def _own() -> dict[str, Any]:
    visitor = current_visitor()
    return {"page": queries.nominations(db.session(), nominated_by=visitor.person_id, after=cursor_of(int))}

"""Note a call that was arranged without the portal, in twenty seconds."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clock import now
from portal.database import db
from portal.database.refusal import Refusal
from portal.references import outside
from portal.references.request_forms import OutsideForm
from portal.web.forms import invalid
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_outside", __name__, url_prefix="/sales/outside", template_folder="../templates")
_PAGE: Final = "sales/requests/outside.html"


@bp.get("")
@for_sales
def show() -> str:
    """The form; a new one proposes today."""
    form = OutsideForm(formdata=None)
    form.day.data = now(db.session()).date()
    return render_template(_PAGE, form=form)


@bp.post("")
@for_sales
def note() -> ResponseReturnValue:
    """Note it; the answer is the same whether or not the address is known."""
    form = OutsideForm()
    if not form.validate():
        return invalid(form, _PAGE)
    try:
        outside.note(db.session(), form.email.data, form.day.data, by=current_visitor().actor)
    except Refusal as refusal:
        return invalid(form, _PAGE, refusal=refusal)
    flash(_("Noted. If they take part in the program, it counts among their asks."), "ok")
    return redirect(url_for("sales_requests.index"), 303)

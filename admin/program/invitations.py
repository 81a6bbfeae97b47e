"""Invitations that nobody has taken up: still open, or run out and to be sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.access import invitations, queries
from portal.database import db
from portal.database.refusal import Refusal
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint(
    "program_invitations", __name__, url_prefix="/admin/people/invitations", template_folder="../templates"
)
_LIST: Final = "program/invitations/list.html"


@bp.get("")
@for_managers
def index() -> str:
    """Those that ran out; `?show=open` those that may still be accepted."""
    return render_template(_LIST, **_page(expired=request.args.get("show") != "open"))


@bp.post("/<uuid:invitation>/resend")
@for_managers
def resend(invitation: UUID) -> ResponseReturnValue:
    """Send a new one in its place."""
    form = Form()
    number, name = queries.waiting_one(db.session(), invitation)
    if not form.validate():
        return invalid(form, _LIST, **_page(expired=True, failed=form))
    try:
        invitations.resend(db.session(), number, by=current_visitor().actor)
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _LIST, refusal=refusal, **_page(expired=True, failed=form))
    flash(_("%(name)s gets a new invitation; the former link is dead.", name=name), "ok")
    return redirect(url_for(".index"), 303)


def _page(*, expired: bool, failed: Form | None = None) -> dict[str, Any]:
    after = cursor_of(datetime, int)
    return {
        "page": queries.waiting(db.session(), expired=expired, after=after),
        "expired": expired,
        "failed": failed,
    }

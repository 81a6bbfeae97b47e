"""Invitations that nobody has taken up: still open, or run out and to be sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.access import invitations, queries, rounds
from portal.access.forms import RoundForm
from portal.database import db
from portal.database.refusal import Refusal
from portal.web import pace
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint(
    "program_invitations", __name__, url_prefix="/admin/people/invitations", template_folder="../templates"
)
_LIST: Final = "program/invitations/list.html"
_NEW: Final = "program/invitations/new.html"
_TOLD: Final = 5
"""So many who could not be invited are named; of the others their number is told."""


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


@bp.get("/new")
@for_managers
def choose() -> str:
    """Customers who are known and were never invited, all of the page chosen; `?q=` finds some."""
    return render_template(_NEW, form=RoundForm(formdata=None), chosen=None, **_candidates())


@bp.post("/new")
@for_managers
def invite() -> ResponseReturnValue:
    """Invite those who are chosen."""
    form = RoundForm()
    if not form.validate():
        return invalid(form, _NEW, chosen=frozenset(form.invitees.data or ()), **_candidates())
    try:
        done = rounds.invite(db.session(), [UUID(one) for one in form.invitees.data or ()], by=current_visitor().actor)
    except Refusal as refusal:
        chosen = frozenset(form.invitees.data or ())
        return invalid(form, _NEW, refusal=refusal, chosen=chosen, **_candidates())
    count = len(done.invited)
    if count:
        flash(ngettext("%(num)s person is invited by mail.", "%(num)s people are invited by mail.", count), "ok")
    if done.waiting:
        before = ngettext(
            "%(num)s had an open invitation before.", "%(num)s had an open invitation before.", len(done.waiting)
        )
        flash(before, "ok")
    for name, why in done.left_out[:_TOLD]:
        flash(_("%(name)s is not invited: %(why)s", name=name, why=why), "warn")
    if len(done.left_out) > _TOLD:
        flash(_("%(count)s more are not invited.", count=len(done.left_out) - _TOLD), "warn")
    return redirect(url_for(".index", show="open"), 303)


def _candidates() -> dict[str, Any]:
    typed = request.args.get("q", "").strip()[:100]
    if typed:
        pace.searching()
    page = queries.candidates(db.session(), words=typed, after=cursor_of(str, int), limit=rounds.LARGEST)
    return {"page": page, "words": typed}


def _page(*, expired: bool, failed: Form | None = None) -> dict[str, Any]:
    after = cursor_of(datetime, int)
    return {
        "page": queries.waiting(db.session(), expired=expired, after=after),
        "expired": expired,
        "failed": failed,
    }

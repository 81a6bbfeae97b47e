"""The message centre."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.messages import demo, messages, queries
from portal.web.forms import Form
from portal.web.paging import cursor_of
from portal.web.policy import for_everyone
from portal.web.shell import add_link
from portal.web.visitor import current_visitor

bp = Blueprint("messages", __name__)
add_link("notifications", "messages.centre")


@bp.get("/messages")
@for_everyone
def centre() -> str:
    """What one was told."""
    tab: queries.Tab | None = {"needs-you": "needs_you", "news": "news"}.get(request.args.get("tab", ""))  # type: ignore[assignment]
    visitor = current_visitor()
    page = queries.centre(db.session(), visitor.person_id, tab=tab, after=cursor_of(int))
    unread = messages.unread(db.session(), visitor.person_id)
    return render_template("messages/centre.html", page=page, tab=tab, unread=unread)


@bp.post("/messages/read")
@for_everyone
def mark_read() -> ResponseReturnValue:
    """Note that all was read."""
    if Form().validate():
        messages.mark_read(db.session(), current_visitor().person_id)
        flash(_("All read."), "ok")
    return redirect(url_for("messages.centre"), 303)


@bp.record
def _open_the_demo_page(state: BlueprintSetupState) -> None:
    if state.app.config["PORTAL"].demo:
        state.app.register_blueprint(demo.bp)

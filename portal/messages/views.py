"""The message centre."""

from __future__ import annotations

from datetime import time
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import Invalid, Refusal
from portal.messages import demo, messages, preferences, queries
from portal.messages import unsubscribing as links
from portal.messages.forms import OneClickForm, QuietHoursForm, SwitchForm
from portal.settings import Settings
from portal.web import words
from portal.web.csrf import refuse_other_bodies
from portal.web.forms import Form, invalid
from portal.web.headers import keep_secret
from portal.web.paging import cursor_of
from portal.web.policy import for_everyone, open_to_all
from portal.web.shell import add_link
from portal.web.visitor import current_visitor

bp = Blueprint("messages", __name__)
add_link("notifications", "messages.centre")
_USUAL: Final = (time(20), time(8))
"""What the form proposes to whoever has no quiet hours."""


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


@bp.get("/messages/<uuid:message>")
@for_everyone
def why(message: UUID) -> str:
    """Why one got a message, and what became of its mail."""
    found = queries.explained(db.session(), current_visitor().person_id, message)
    return render_template("messages/why.html", found=found)


@bp.get("/account/notifications")
@for_everyone
def notifications() -> str:
    """Which mails one gets, and when none."""
    hours = queries.quiet_hours(db.session(), current_visitor().person_id)
    starts, ends = hours or _USUAL
    return render_template("messages/notifications.html", form=QuietHoursForm(starts=starts, ends=ends), **_mails())


@bp.post("/account/notifications")
@for_everyone
def switch() -> ResponseReturnValue:
    """Switch the mails of a kind on or off."""
    form = SwitchForm()
    if not form.validate():
        raise Invalid(_("Please choose a kind of mail."))
    on = bool(form.wanted.data)
    preferences.switch(db.session(), current_visitor().person_id, form.kind.data or "", wanted=on)
    flash(_("You get these mails again.") if on else _("No more mails of this kind. Messages still shows them."), "ok")
    return redirect(url_for("messages.notifications"), 303)


@bp.post("/account/quiet-hours")
@for_everyone
def keep_quiet() -> ResponseReturnValue:
    """Hold mails between two times."""
    form = QuietHoursForm()
    if not form.validate():
        return invalid(form, "messages/notifications.html", **_mails())
    try:
        preferences.keep_quiet(db.session(), current_visitor().person_id, form.starts.data, form.ends.data)
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, "messages/notifications.html", refusal=refusal, **_mails())
    flash(_("Saved. Mails wait until your quiet hours are over."), "ok")
    return redirect(url_for("messages.notifications"), 303)


@bp.post("/account/quiet-hours/end")
@for_everyone
def end_quiet() -> ResponseReturnValue:
    """Hold no mails any more."""
    if Form().validate():
        preferences.end_quiet(db.session(), current_visitor().person_id)
        flash(_("No quiet hours any more. What waited goes now."), "ok")
    return redirect(url_for("messages.notifications"), 303)


@bp.get("/unsubscribe/<token>")
@open_to_all(reason="the link of a mail ends mails of its kind without signing in; it can do nothing else")
def unsubscribing(token: str) -> Response:
    """Which mails the link ends; nothing happens before the button."""
    title = preferences.about(db.session(), _meant(token))
    return keep_secret(make_response(render_template("messages/unsubscribe.html", title=title, token=token)))


@bp.post("/unsubscribe/<token>")
@open_to_all(reason="the link of a mail ends mails of its kind without signing in; it can do nothing else")
def unsubscribe(token: str) -> Response:
    """End mails of a kind: by the button, or by one click in a mail program, which follows no redirect (RFC 8058)."""
    refuse_other_bodies()
    meant = _meant(token)
    if not OneClickForm(meta={"csrf": False}).validate():
        raise Invalid(_("This form holds a field that is not known here. Reload the page and try again."))
    title = preferences.unsubscribe(db.session(), meant)
    return keep_secret(make_response(render_template("messages/unsubscribe.html", title=title, token=None)))


def _meant(token: str) -> links.Unsubscription:
    settings: Settings = current_app.config["PORTAL"]
    return links.read(settings.signing_keys, token)


def _mails() -> dict[str, Any]:
    visitor = current_visitor()
    return {
        "choices": queries.choices_of(db.session(), visitor.person_id, visitor.roles),
        "hours": [words.clock_time(each) for each in queries.quiet_hours(db.session(), visitor.person_id) or ()],
        "time_zone": visitor.time_zone,
    }


@bp.record
def _open_the_demo_page(state: BlueprintSetupState) -> None:
    if state.app.config["PORTAL"].demo:
        state.app.register_blueprint(demo.bp)

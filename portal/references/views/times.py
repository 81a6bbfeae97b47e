"""The advocate's side of finding a time: offer some, move the call, take it into the calendar as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import Conflict, NotFound, Refusal
from portal.messages.quiet import zone_named
from portal.references import calls, invites, times
from portal.references.models import AssignmentState, CallState
from portal.references.queries import asks
from portal.references.time_forms import TimesForm
from portal.references.views.blueprint import bp
from portal.web.forms import invalid
from portal.web.policy import for_advocates
from portal.web.visitor import current_visitor


@bp.post("/asks/<uuid:ask>/times")
@for_advocates
def offer_times(ask: UUID) -> ResponseReturnValue:
    """These times would suit me."""
    session, visitor, form = db.session(), current_visitor(), TimesForm()
    shown = asks.ask(session, ask, visitor.person_id)
    if shown.state is not AssignmentState.ACCEPTED or shown.call_id is None:
        raise Conflict(_("There is no call to find a time for."))
    zone = zone_named(visitor.time_zone)
    page: dict[str, Any] = {"ask": shown, "times": asks.times(session, shown.call_id)}
    if not form.validate():
        return invalid(form, "references/ask.html", **page)
    try:
        times.offer(session, shown.call_id, form.starts(zone), by=visitor.actor)
    except Refusal as refusal:
        return invalid(form, "references/ask.html", refusal=refusal, **page)
    flash(_("Thank you. They pick one, and both of you get an invite."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.post("/asks/<uuid:ask>/absence")
@for_advocates
def nobody_called(ask: UUID) -> ResponseReturnValue:
    """I was there, and nobody else."""
    shown = asks.ask(db.session(), ask, current_visitor().person_id)
    if shown.call_id is None:
        raise Conflict(_("There is no call that waits for you."))
    calls.nobody_called(db.session(), shown.call_id, by=current_visitor().actor)
    flash(_("We are sorry. They are told; nothing more is needed from you."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.get("/asks/<uuid:ask>/call.ics")
@for_advocates
def call_file(ask: UUID) -> Response:
    """The call as a file for a calendar. Refuses `NotFound` while it has no time."""
    session = db.session()
    shown = asks.ask(session, ask, current_visitor().person_id)
    if shown.call_state is not CallState.SCHEDULED or shown.call_id is None:
        raise NotFound
    found = invites.file(session, shown.call_id, "advocate", current_app.config["PORTAL"])
    named = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(found, content_type="text/calendar; charset=utf-8", headers=named)

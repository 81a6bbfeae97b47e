"""The rep's side of finding a time: pick one of those on offer, ask for others, take the call as a file."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.sales.requests import PAGE, page_of, tracked
from portal.database import db
from portal.database.refusal import Conflict, NotFound, Refusal
from portal.references import invites, times
from portal.references.models import CallState
from portal.references.queries.standing import Asked, Tracker
from portal.references.time_forms import PickForm
from portal.web.forms import invalid
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_times", __name__, url_prefix="/sales/requests", template_folder="../templates")


@bp.post("/<uuid:request>/time")
@for_sales
def pick(request: UUID) -> ResponseReturnValue:
    """This time suits us."""
    seen = tracked(request)
    call = _open_call(seen)
    form, page = PickForm().offering(call), page_of(seen)
    if not form.validate():
        return invalid(form, PAGE, **page)
    try:
        times.pick(
            db.session(),
            UUID(form.time.data),
            seen=form.seen.data,
            place=form.place.data or "",
            by=current_visitor().actor,
        )
    except Refusal as refusal:
        return invalid(form, PAGE, refusal=refusal, **page)
    flash(_("Done. Both of you get an invite."), "ok")
    return redirect(url_for("sales_requests.show", request=request), 303)


@bp.post("/<uuid:request>/other-times")
@for_sales
def want_others(request: UUID) -> ResponseReturnValue:
    """None of them suits us."""
    call = _open_call(tracked(request))
    times.want_others(db.session(), call.call_id or 0, by=current_visitor().actor)
    flash(_("%(who)s is asked for other times.", who=call.initials), "ok")
    return redirect(url_for("sales_requests.show", request=request), 303)


@bp.get("/<uuid:request>/call.ics")
@for_sales
def file(request: UUID) -> Response:
    """The call as a file for a calendar. Refuses `NotFound` while it has no time."""
    call = tracked(request).call
    if call is None or call.call_id is None or call.call_state is not CallState.SCHEDULED:
        raise NotFound
    found = invites.file(db.session(), call.call_id, "sales", current_app.config["PORTAL"])
    named = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(found, content_type="text/calendar; charset=utf-8", headers=named)


def _open_call(seen: Tracker) -> Asked:
    if seen.call is None:
        raise Conflict(_("There is no call to find a time for."))
    return seen.call

"""All requests, for the program team: what is due, what is unanswered, and confirming that calls took place."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import request as http
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import Conflict, Invalid
from portal.references import calls, contact, fatigue, requests
from portal.references.queries import requests as lists
from portal.references.queries.requests import Show
from portal.references.queries.standing import Tracker
from portal.references.queries.tracker import tracker
from portal.references.request_forms import AbsenceForm
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_requests", __name__, url_prefix="/admin/requests", template_folder="../templates")
_LIST: Final = "program/requests/index.html"
_PAGE: Final = "program/requests/show.html"


@bp.get("")
@for_managers
def index() -> str:
    """All requests, or those of a kind."""
    asked = http.args.get("show", "")
    show = Show(asked) if asked in set(Show) else Show.OPEN
    page = lists.requests(db.session(), by=current_visitor().actor, show=show, after=cursor_of(int))
    return render_template(_LIST, page=page, show=show, choices=tuple(Show))


@bp.get("/<uuid:request>")
@for_managers
def show(request: UUID) -> str:
    """Where a request stands."""
    seen = _tracker(request)
    current = seen.current
    loads = fatigue.loads(db.session(), [current.person_id] if current else [])
    own = bool(current and current.person_id == current_visitor().person_id)
    return render_template(
        _PAGE, seen=seen, load=loads.get(current.person_id) if current else None, oversees=True, advocates_own=own
    )


@bp.post("/<uuid:request>/confirmation")
@for_managers
def confirm(request: UUID) -> ResponseReturnValue:
    """The call took place."""
    calls.confirm_held(db.session(), _tracker(request).call_to_confirm, by=current_visitor().actor)
    flash(_("Thank you. The points are on their way."), "ok")
    return _back_to(request)


@bp.post("/<uuid:request>/absence")
@for_managers
def did_not_happen(request: UUID) -> ResponseReturnValue:
    """The call did not take place."""
    number, form = _tracker(request).call_to_confirm, AbsenceForm()
    if not form.validate():
        raise Invalid(_("Say which side did not come."))
    calls.did_not_happen(db.session(), number, by=current_visitor().actor, missed_by=form.side)
    flash(_("Noted. The rep is free to ask somebody else."), "ok")
    return _back_to(request)


@bp.post("/<uuid:request>/withdrawal")
@for_managers
def withdraw(request: UUID) -> ResponseReturnValue:
    """Take a request back."""
    requests.withdraw(db.session(), _tracker(request).id, by=current_visitor().actor)
    flash(_("Taken back. Whoever was asked is told that nothing more is needed."), "ok")
    return _back_to(request)


@bp.post("/<uuid:request>/contact")
@for_managers
def show_contact(request: UUID) -> ResponseReturnValue:
    """Show contact data; the log keeps who saw it."""
    current = _tracker(request).current
    if current is None:
        raise Conflict(_("Nobody has accepted yet."))
    contact.show(db.session(), current.id, by=current_visitor().actor)
    return _back_to(request)


def _tracker(public_id: UUID) -> Tracker:
    return tracker(db.session(), public_id, by=current_visitor().actor)


def _back_to(public_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", request=public_id), 303)

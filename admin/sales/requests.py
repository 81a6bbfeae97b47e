"""My requests: where each stands, and what the rep can do about it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import request as http
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.sales.asking import propose_day, send
from portal.database import db
from portal.database.refusal import Conflict, Invalid, NotFound, Refusal
from portal.people.states import MANAGERS
from portal.references import calls, contact, exceptions, fatigue, feedback, pool, requests
from portal.references.queries import deals
from portal.references.queries import requests as lists
from portal.references.queries.deals import Deal
from portal.references.queries.requests import Show
from portal.references.queries.standing import Tracker
from portal.references.queries.tracker import tracker
from portal.references.request_forms import AbsenceForm, AskForm, OutcomeForm
from portal.references.sizes import SIZE_WORDS
from portal.references.time_forms import PickForm
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_requests", __name__, url_prefix="/sales", template_folder="../templates")
_LIST: Final = "sales/requests/index.html"
PAGE: Final = "sales/requests/show.html"
_ASK: Final = "sales/requests/ask.html"


@bp.get("/requests")
@for_sales
def index() -> str:
    """The requests that the visitor asked for."""
    show = Show.OVER if http.args.get("show") == Show.OVER else Show.OPEN
    page = lists.requests(db.session(), by=current_visitor().actor, show=show, own=True, after=cursor_of(int))
    return render_template(_LIST, page=page, show=show, choices=(Show.OPEN, Show.OVER))


@bp.get("/requests/<uuid:request>")
@for_sales
def show(request: UUID) -> str:
    """Where a request stands."""
    seen = tracked(request)
    form = PickForm(formdata=None).offering(seen.call) if seen.call else OutcomeForm(formdata=None)
    return render_template(PAGE, form=form, **page_of(seen))


@bp.post("/requests/<uuid:request>/withdrawal")
@for_sales
def withdraw(request: UUID) -> ResponseReturnValue:
    """Take the request back."""
    requests.withdraw(db.session(), tracked(request).id, by=current_visitor().actor)
    flash(_("Taken back. Whoever was asked is told that nothing more is needed."), "ok")
    return _back_to(request)


@bp.post("/requests/<uuid:request>/confirmation")
@for_sales
def confirm(request: UUID) -> ResponseReturnValue:
    """The call took place."""
    seen = tracked(request)
    calls.confirm_held(db.session(), seen.call_to_confirm, by=current_visitor().actor)
    flash(_("Thank you. The points are on their way."), "ok")
    return _back_to(request)


@bp.post("/requests/<uuid:request>/absence")
@for_sales
def did_not_happen(request: UUID) -> ResponseReturnValue:
    """The call did not take place."""
    number, form = tracked(request).call_to_confirm, AbsenceForm()
    if not form.validate():
        raise Invalid(_("Say which side did not come."))
    calls.did_not_happen(db.session(), number, by=current_visitor().actor, missed_by=form.side)
    flash(_("Noted. You are free to ask somebody else."), "ok")
    return _back_to(request)


@bp.post("/requests/<uuid:request>/contact")
@for_sales
def show_contact(request: UUID) -> ResponseReturnValue:
    """Show contact data to a manager; the log keeps who saw it."""
    current = tracked(request).current
    if current is None:
        raise Conflict(_("Nobody has accepted yet."))
    contact.show(db.session(), current.id, by=current_visitor().actor)
    return _back_to(request)


@bp.post("/requests/<uuid:request>/outcome")
@for_sales
def say_outcome(request: UUID) -> ResponseReturnValue:
    """What the call did for the deal."""
    seen, form = tracked(request), OutcomeForm()
    if seen.held is None or seen.held.call_id is None:
        raise Conflict(_("Somebody has to confirm first that it took place."))
    page = page_of(seen)
    if not form.validate():
        return invalid(form, PAGE, **page)
    try:
        feedback.give(
            db.session(),
            seen.held.call_id,
            helped=form.helped.data,
            note=form.note.data or "",
            by=current_visitor().actor,
        )
    except Refusal as refusal:
        return invalid(form, PAGE, refusal=refusal, **page)
    flash(_("Thank you. The request is closed."), "ok")
    return _back_to(request)


@bp.post("/requests/<uuid:request>/closing")
@for_sales
def close(request: UUID) -> ResponseReturnValue:
    """Close without an outcome."""
    feedback.close(db.session(), tracked(request).id, by=current_visitor().actor)
    flash(_("The request is closed."), "ok")
    return _back_to(request)


@bp.get("/people/<uuid:person>/ask")
@for_sales
def compose(person: UUID) -> str:
    """Ask somebody of the pool, for a deal (`?opportunity=`) or for a named prospect; `?activity=` says for what."""
    shown = candidate(person)
    known = {"prospect_name": shown["excepted"][0]} if shown["excepted"] else {}
    form = AskForm(formdata=None, data=known).offer(shown["offered"], http.args.get("activity"))
    return render_template(_ASK, form=propose_day(form), **shown)


@bp.post("/people/<uuid:person>/ask")
@for_sales
def ask(person: UUID) -> ResponseReturnValue:
    """Send that ask."""
    shown = candidate(person)
    form = AskForm().offer(shown["offered"])
    if not form.validate():
        return invalid(form, _ASK, **shown)
    try:
        return send(form, person, opportunity_id=shown["deal"].id if shown["deal"] else None)
    except Refusal as refusal:
        return invalid(form, _ASK, refusal=refusal, **shown)


def tracked(public_id: UUID) -> Tracker:
    """A request that the visitor may see. Refuses `NotFound`."""
    return tracker(db.session(), public_id, by=current_visitor().actor)


def page_of(seen: Tracker) -> dict[str, Any]:
    """What the page of a request shows besides its form."""
    current = seen.current
    loads = fatigue.loads(db.session(), [current.person_id] if current else [])
    visitor = current_visitor()
    return {
        "seen": seen,
        "load": loads.get(current.person_id) if current else None,
        "oversees": bool(visitor.roles & MANAGERS),
        "advocates_own": bool(current and current.person_id == visitor.person_id),
    }


def candidate(public_id: UUID) -> dict[str, Any]:
    """Somebody of the pool as the pages show them that ask them for something. Refuses `NotFound`."""
    entry, deal = pool.entry_of(db.session(), public_id), _deal()
    load = fatigue.load_of(db.session(), entry.person_id)
    by, deal_id = current_visitor().actor, deal.id if deal else None
    excepted = exceptions.usable_by(db.session(), load, entry.company_id, deal_id, by=by)
    free = load.askable or excepted is not None
    return {
        "offered": pool.can_be_asked_for(entry, deal.prospect if deal else None),
        "who": entry.initials,
        "title": entry.title,
        "facts": [entry.industry, entry.country, SIZE_WORDS.get(entry.size_band or ""), *entry.products[:3]],
        "load": load,
        "resting": None if free else fatigue.why_resting(load, entry.initials),
        "excepted": (excepted.prospect_name, excepted.expires_at) if excepted else None,
        "person_id": entry.person_id,
        "person": public_id,
        "deal": deal,
    }


def _deal() -> Deal | None:
    """The deal that the address names, if it names one."""
    asked = http.args.get("opportunity")
    if not asked:
        return None
    try:
        public_id = UUID(asked)
    except ValueError:
        raise NotFound from None
    return deals.deal(db.session(), public_id, by=current_visitor().actor)


def _back_to(public_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", request=public_id), 303)

"""The advocate's side of a request: see it, answer with one tap, say how it was; how often one wants to be asked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clock import now
from portal.database import db
from portal.database.refusal import Conflict, Refusal
from portal.messages.quiet import zone_named
from portal.program import current
from portal.references import answers, causes, fatigue, feedback
from portal.references.models import AdvocateLimits, AssignmentState
from portal.references.queries import asks
from portal.references.request_forms import HowItWasForm, LimitForm, PauseForm
from portal.references.time_forms import TimesForm
from portal.references.views.blueprint import bp
from portal.web.forms import invalid
from portal.web.policy import for_advocates
from portal.web.visitor import current_visitor

__all__ = ["causes"]

_PAGE = "references/ask.html"
_LIMITS = "references/limits.html"
_MONTH = timedelta(days=30)


@bp.get("/asks/<uuid:ask>")
@for_advocates
def show_ask(ask: UUID) -> str:
    """An ask, what can be answered, and after acceptance who will call."""
    shown = _ask(ask)
    if shown.state is not AssignmentState.ACCEPTED or shown.call_id is None:
        return render_template(_PAGE, ask=shown, form=HowItWasForm(formdata=None))
    on_offer = asks.times(db.session(), shown.call_id)
    form = TimesForm(formdata=None).showing(on_offer, zone_named(current_visitor().time_zone))
    return render_template(_PAGE, ask=shown, form=form, times=on_offer)


@bp.post("/asks/<uuid:ask>/acceptance")
@for_advocates
def accept_ask(ask: UUID) -> ResponseReturnValue:
    """Yes, I will take the call."""
    answers.accept(db.session(), _ask(ask).id, by=current_visitor().actor)
    flash(_("Thank you. They have your name and e-mail now, for this ask only."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.post("/asks/<uuid:ask>/refusal")
@for_advocates
def decline_ask(ask: UUID) -> ResponseReturnValue:
    """Not this time."""
    answers.decline(db.session(), _ask(ask).id, by=current_visitor().actor)
    flash(_("Thanks for telling us. Nothing more is needed."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.post("/asks/<uuid:ask>/stepping-back")
@for_advocates
def step_back(ask: UUID) -> ResponseReturnValue:
    """I cannot make it after all."""
    answers.step_back(db.session(), _ask(ask).id, by=current_visitor().actor)
    flash(_("It is cancelled and we told them. Your contact data is closed again."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.post("/asks/<uuid:ask>/feedback")
@for_advocates
def say_how_it_was(ask: UUID) -> ResponseReturnValue:
    """How the call was."""
    shown, form = _ask(ask), HowItWasForm()
    if shown.call_id is None or shown.state is AssignmentState.ACCEPTED:
        raise Conflict(_("Somebody has to confirm first that it took place."))
    if not form.validate():
        return invalid(form, _PAGE, ask=shown)
    try:
        feedback.give(
            db.session(),
            shown.call_id,
            helped=form.helped.data,
            note=form.note.data or "",
            by=current_visitor().actor,
        )
    except Refusal as refusal:
        return invalid(form, _PAGE, refusal=refusal, ask=shown)
    flash(_("Thank you for telling us."), "ok")
    return redirect(url_for(".show_ask", ask=ask), 303)


@bp.get("/asks/limits")
@for_advocates
def show_limits() -> str:
    """How often one was asked, and how often one wants to be."""
    return render_template(_LIMITS, load=_load(), form=_limit_form())


@bp.post("/asks/limits")
@for_advocates
def change_limits() -> ResponseReturnValue:
    """Ask me less often."""
    form = _limit_form()
    if not form.validate():
        return invalid(form, _LIMITS, load=_load())
    most, rest = (None if chosen.data in ("", "program") else int(chosen.data) for chosen in (form.asks, form.gap))
    fatigue.lower(db.session(), current_visitor().person_id, most, gap_days=rest, by=current_visitor().actor)
    flash(_("Saved. Nobody can raise it but you."), "ok")
    return redirect(url_for(".show_limits"), 303)


@bp.post("/asks/pause")
@for_advocates
def pause_asks() -> ResponseReturnValue:
    """Take no asks for some months, or take them again."""
    form = PauseForm()
    if not form.validate():
        return invalid(_limit_form(), _LIMITS, refusal=Conflict(_("Choose how long.")), load=_load())
    months = int(form.months.data)
    until = now(db.session()) + months * _MONTH if months else None
    fatigue.pause(db.session(), current_visitor().person_id, until, by=current_visitor().actor)
    flash(_("Nobody can ask you meanwhile.") if until else _("Welcome back. You can be asked again."), "ok")
    return redirect(url_for(".show_limits"), 303)


def _ask(public_id: UUID) -> asks.TheAsk:
    return asks.ask(db.session(), public_id, current_visitor().person_id)


def _load() -> fatigue.Load:
    return fatigue.load_of(db.session(), current_visitor().person_id)


def _limit_form() -> LimitForm:
    session = db.session()
    own = session.get(AdvocateLimits, current_visitor().person_id)
    program, asks = current(session), own.asks_per_window if own else None
    rests = fatigue.gap_in_days(program.person_gap_hours)
    return LimitForm().offer(program.person_asks, asks).offer_rests(rests, own.gap_days if own else None)

"""What advocates have redeemed: to send, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.database import db
from portal.database.refusal import Conflict, Invalid, Refusal
from portal.rewards import approval, codes, redemption
from portal.rewards.forms import NoteForm
from portal.rewards.models import Redemption
from portal.rewards.queries import desk, orders
from portal.rewards.queries.desk import Claim, Show
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_redemptions", __name__, url_prefix="/admin/redemptions", template_folder="../templates")
_PAGE: Final = "program/redemptions/queue.html"


@bp.get("")
@for_managers
def index() -> str:
    """What waits, the oldest first; `?show=` narrows it. On wide screens with the first of them beside it."""
    page = _queue()
    first = page["page"].rows[0].public_id if page["page"].rows else None
    return render_template(_PAGE, **page, **_detail(first), opened=False, form=NoteForm())


@bp.get("/<uuid:redemption_id>")
@for_managers
def show(redemption_id: UUID) -> str:
    """One of them, beside the queue."""
    return render_template(_PAGE, **_queue(), **_detail(redemption_id), opened=True, form=NoteForm())


@bp.post("/<uuid:redemption_id>/approve")
@for_managers
def approve(redemption_id: UUID) -> ResponseReturnValue:
    """Agree to it."""
    form, claim = NoteForm(), desk.claim(db.session(), redemption_id)
    if not form.validate():
        return _again(form, redemption_id)
    approval.approve(db.session(), claim.order.id, by=current_visitor().actor)
    return _done(redemption_id, _("Approved. The advocate knows."))


@bp.post("/<uuid:redemption_id>/decline")
@for_managers
def decline(redemption_id: UUID) -> ResponseReturnValue:
    """Say no to it."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: approval.decline(db.session(), key, by=by, reason=note),
        _("Not approved. Points and stock are back."),
    )


@bp.post("/<uuid:redemption_id>/dispatch")
@for_managers
def dispatch(redemption_id: UUID) -> ResponseReturnValue:
    """Say that it is on its way."""
    form, claim = NoteForm(), desk.claim(db.session(), redemption_id)
    if not form.validate():
        return _again(form, redemption_id)
    redemption.dispatch(db.session(), claim.order.id, by=current_visitor().actor)
    return _done(redemption_id, _("Marked as on its way. Say so again when it has arrived."))


@bp.post("/<uuid:redemption_id>/fulfil")
@for_managers
def fulfil(redemption_id: UUID) -> ResponseReturnValue:
    """Say that it was delivered."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: redemption.fulfil(db.session(), key, by=by, note=note),
        _("Delivered. The points are spent."),
    )


@bp.post("/<uuid:redemption_id>/fail")
@for_managers
def fail(redemption_id: UUID) -> ResponseReturnValue:
    """Say that it could not be delivered."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: redemption.fail(db.session(), key, by=by, note=note),
        _("Points and stock are back."),
    )


@bp.post("/<uuid:redemption_id>/cancel")
@for_managers
def cancel(redemption_id: UUID) -> ResponseReturnValue:
    """Cancel it before anything was sent."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: redemption.cancel(db.session(), key, by=by, note=note),
        _("Cancelled. Points and stock are back."),
    )


@bp.post("/<uuid:redemption_id>/code")
@for_managers
def show_again(redemption_id: UUID) -> ResponseReturnValue:
    """Let the person see their code once more."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: codes.show_again(db.session(), key, by=by, reason=note),
        _("They can see their code once more, and they know."),
    )


@bp.post("/<uuid:redemption_id>/refund")
@for_managers
def refund(redemption_id: UUID) -> ResponseReturnValue:
    """Give the points of a delivered reward back."""
    by = current_visitor().actor
    return _decide(
        redemption_id,
        lambda key, note: redemption.refund(db.session(), key, by=by, reason=note),
        _("Refunded. The points are back."),
    )


def _decide(redemption_id: UUID, verb: Callable[[int, str], Redemption], words: str) -> ResponseReturnValue:
    form, claim = NoteForm(), desk.claim(db.session(), redemption_id)
    if not form.validate():
        return _again(form, redemption_id)
    try:
        verb(claim.order.id, form.note.data or "")
    except (Conflict, Invalid) as refusal:
        return _again(form, redemption_id, refusal)
    return _done(redemption_id, words)


def _done(redemption_id: UUID, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for(".show", redemption_id=redemption_id), 303)


def _again(form: NoteForm, redemption_id: UUID, refusal: Refusal | None = None) -> ResponseReturnValue:
    db.session.rollback()
    return invalid(form, _PAGE, refusal=refusal, **_queue(), **_detail(redemption_id), opened=True)


def _queue() -> dict[str, Any]:
    given = request.args.get("show", "")
    show = Show(given) if given in set(Show) else Show.ALL
    page = desk.queue(db.session(), show, after=cursor_of(int))
    return {"page": page, "show": show, "overview": desk.overview(db.session())}


def _detail(redemption_id: UUID | None) -> dict[str, Any]:
    """The right side: whom it goes to, how it came here, and whether the visitor may decide."""
    if redemption_id is None:
        return {"claim": None, "history": [], "own": False}
    claim: Claim = desk.claim(db.session(), redemption_id)
    return {
        "claim": claim,
        "history": orders.history(db.session(), claim.order.id),
        "own": claim.person_id == current_visitor().person_id,
    }

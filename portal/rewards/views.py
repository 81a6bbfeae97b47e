"""The advocate's rewards: the catalogue, redeeming, where each order stands."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.database import db
from portal.database.refusal import Conflict, LimitReached
from portal.rewards import causes, codes, redemption
from portal.rewards.forms import RedeemForm
from portal.rewards.queries import offers, orders
from portal.web import shell
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_advocates
from portal.web.visitor import current_visitor

__all__ = ["bp", "causes"]

bp = Blueprint("rewards", __name__)
shell.add_item(shell.Item("advocate", "", _l("Rewards"), "rewards.catalogue", "gift", 30, on_phone=True))


@bp.get("/rewards")
@for_advocates
def catalogue() -> str:
    """What points are for, and my last orders."""
    me, affordable = current_visitor().person_id, request.args.get("show") == "affordable"
    return render_template(
        "rewards/catalogue.html",
        page=offers.catalogue(db.session(), me, up_to=_balance() if affordable else None, after=cursor_of(int, int)),
        orders=orders.orders(db.session(), me, limit=3),
        balance=_balance(),
        affordable=affordable,
    )


@bp.get("/rewards/<uuid:reward>")
@for_advocates
def show(reward: UUID) -> str:
    """One reward: its price, what is left after it, how it arrives; and the button."""
    offer = offers.offer(db.session(), current_visitor().person_id, reward)
    return render_template("rewards/reward.html", offer=offer, form=RedeemForm.showing(offer), balance=_balance())


@bp.post("/rewards/<uuid:reward>")
@for_advocates
def redeem(reward: UUID) -> ResponseReturnValue:
    """Redeem it, once for each showing of the form."""
    offer = offers.offer(db.session(), current_visitor().person_id, reward)
    form = RedeemForm()
    if not form.validate():
        return _again(reward, Conflict(_("This page is out of date. Look at the reward again, then redeem it.")))
    try:
        claim = redemption.redeem(
            db.session(),
            offer.id,
            by=current_visitor().actor,
            request_key=UUID(form.request_key.data),
            seen_price=int(form.price.data),
        )
    except (Conflict, LimitReached) as refusal:
        return _again(reward, refusal)
    flash(_("Ordered. Your points are held until it is with you."), "ok")
    return redirect(url_for(".track", redemption_id=claim.public_id), 303)


@bp.get("/redemptions", endpoint="orders")
@for_advocates
def index() -> str:
    """All my orders."""
    page = orders.orders(db.session(), current_visitor().person_id, after=cursor_of(int))
    return render_template("rewards/orders.html", page=page)


@bp.get("/redemptions/<uuid:redemption_id>")
@for_advocates
def track(redemption_id: UUID) -> str:
    """Where one of my orders stands, and how it came there."""
    order = orders.order(db.session(), current_visitor().person_id, redemption_id)
    return render_template(
        "rewards/order.html", order=order, history=orders.history(db.session(), order.id), form=Form()
    )


@bp.post("/redemptions/<uuid:redemption_id>/cancel")
@for_advocates
def cancel(redemption_id: UUID) -> ResponseReturnValue:
    """Take an order back before anything was sent."""
    order = orders.order(db.session(), current_visitor().person_id, redemption_id)
    redemption.cancel(db.session(), order.id, by=current_visitor().actor)
    flash(_("Cancelled. Your points are back."), "ok")
    return redirect(url_for(".track", redemption_id=redemption_id), 303)


@bp.post("/redemptions/<uuid:redemption_id>/code")
@for_advocates
def code(redemption_id: UUID) -> str:
    """Open my code: shown in this answer and nowhere else."""
    mine = orders.order(db.session(), current_visitor().person_id, redemption_id)
    secrets = current_app.config["PORTAL"].signing_keys
    opened = codes.show(db.session(), mine.id, secrets=secrets, by=current_visitor().actor)
    return render_template("rewards/code.html", order=mine, code=opened)


def _again(reward: UUID, refusal: Conflict | LimitReached) -> Response:
    """The reward as it is now, with what was refused: a fresh form, since the old one agreed to what is no more."""
    db.session.rollback()
    offer = offers.offer(db.session(), current_visitor().person_id, reward)
    form = RedeemForm.showing(offer)
    return invalid(form, "rewards/reward.html", refusal=refusal, offer=offer, balance=_balance())


def _balance() -> int:
    """What can be spent; it came with the visitor."""
    balance: int | None = current_visitor().facts.get("balance")
    return balance or 0

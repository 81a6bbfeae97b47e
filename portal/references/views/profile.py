"""My reference profile: what sales sees before I accept, with a look at it before it is saved."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.database import db
from portal.database.refusal import Refusal
from portal.people.models import Product
from portal.references import profile
from portal.references.consent_forms import ProfileForm
from portal.references.queries import pool as pool_queries
from portal.references.views.blueprint import bp
from portal.web.forms import invalid
from portal.web.policy import for_advocates
from portal.web.visitor import current_visitor

_PAGE = "references/profile.html"
_MOST_PRODUCTS = 200


@bp.get("/references/profile")
@for_advocates
def show_profile() -> str:
    """What is written now, and how sales sees it."""
    me = _me()
    return render_template(_PAGE, form=_form().show(me.profile), me=me)


@bp.post("/references/profile")
@for_advocates
def change_profile() -> ResponseReturnValue:
    """Save it; the pool follows at once."""
    form, who = _form(), current_visitor()
    if not form.validate():
        return invalid(form, _PAGE, me=_me())
    try:
        profile.change(db.session(), who.person_id, form.wanted(), by=who.actor)
    except Refusal as refusal:
        return invalid(form, _PAGE, refusal=refusal, me=_me())
    flash(_("Saved. Sales sees it so from now on, if you agreed to be found."), "ok")
    return redirect(url_for(".show_profile"), 303)


@bp.post("/references/profile/preview")
@for_advocates
def preview_profile() -> ResponseReturnValue:
    """How sales would see what is typed; nothing is saved."""
    form = _form()
    if not form.validate():
        return invalid(form, _PAGE, me=_me())
    return render_template(_PAGE, form=form, me=replace(_me(), profile=form.wanted()), preview=True)


def _form() -> ProfileForm:
    names = db.session().scalars(select(Product.name).order_by(Product.name).limit(_MOST_PRODUCTS))
    return ProfileForm().offer(names)


def _me() -> pool_queries.Myself:
    return pool_queries.myself(db.session(), current_visitor().person_id)

"""Setting a password: by a link that is mailed, or in the account a moment after signing in."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.access import passwords
from portal.access import sign_in as signing_in
from portal.access.forms import CodeAndPasswordForm, ForgottenForm, NewPasswordForm
from portal.access.states import Purpose
from portal.access.views.account import PAGE, account_page
from portal.access.views.blueprint import asked_by, bp, enter, remember
from portal.database import db
from portal.database.refusal import Gone, Refusal
from portal.web.forms import Form, invalid
from portal.web.policy import for_everyone, open_to_all
from portal.web.visitor import current_visitor

_ASK = "access/password_ask.html"
_CODE = "access/password_code.html"
_SET = "access/password_set.html"


@bp.get("/.well-known/change-password")
@open_to_all(reason="password managers look here; it only leads on")
def change_password() -> ResponseReturnValue:
    """Where people change their password."""
    return redirect(url_for("access.account", _anchor="password"), 303)


@bp.get("/password")
@open_to_all(reason="who forgot their password is not signed in")
def forgotten() -> str:
    """Ask for a link that sets a password."""
    return render_template(_ASK, form=ForgottenForm(formdata=None))


@bp.post("/password")
@open_to_all(reason="who forgot their password is not signed in")
def ask_password() -> ResponseReturnValue:
    """Mail a link, or not; the answer is the same."""
    form = ForgottenForm()
    if not form.validate():
        return invalid(form, _ASK)
    browser = asked_by() or secrets.token_urlsafe(32)
    try:
        ip = request.remote_addr or ""
        signing_in.ask(db.session(), form.email.data, browser, ip=ip, purpose=Purpose.PASSWORD)
    except Refusal as refusal:
        return invalid(form, _ASK, refusal=refusal)
    response = make_response(redirect(url_for("access.password_code"), 303))
    remember(response, browser)
    return response


@bp.get("/password/code")
@open_to_all(reason="who forgot their password is not signed in")
def password_code() -> str:
    """The link is on its way; here goes the code that it shows on another device."""
    return render_template(_CODE, form=CodeAndPasswordForm(formdata=None))


@bp.post("/password/code")
@open_to_all(reason="who forgot their password is not signed in; the code is the key")
def set_by_code() -> ResponseReturnValue:
    """Set a password with the code."""
    form = CodeAndPasswordForm()
    if not form.validate():
        return invalid(form, _CODE)
    ip = request.remote_addr or ""
    try:
        passwords.set_by_code(db.session(), form.code.data, asked_by() or "", form.password.data, ip=ip)
    except Refusal as refusal:
        return invalid(form, _CODE, refusal=refusal)
    return _done()


@bp.get("/password/<token>")
@open_to_all(reason="who forgot their password is not signed in; the token is the key")
def open_password_link(token: str) -> str:
    """The form in the browser that asked, the code in any other; a GET uses nothing up."""
    return render_template(_SET, form=NewPasswordForm(formdata=None), **_opened(token))


@bp.post("/password/<token>")
@open_to_all(reason="who forgot their password is not signed in; the token is the key")
def set_by_link(token: str) -> ResponseReturnValue:
    """Set a password with the link."""
    form = NewPasswordForm()
    if not form.validate():
        return invalid(form, _SET, **_opened(token))
    try:
        passwords.set_by_link(db.session(), token, asked_by() or "", form.password.data)
    except Gone:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _SET, refusal=refusal, **_opened(token))
    return _done()


@bp.post("/account/password")
@for_everyone
def change_own_password() -> ResponseReturnValue:
    """Set or replace one's own; this browser stays signed in, under a new token."""
    form, visitor = NewPasswordForm(), current_visitor()
    if not form.validate():
        return invalid(form, PAGE, **account_page(password=form))
    try:
        passwords.change(db.session(), form.password.data, by=visitor.actor, session_id=visitor.session_id)
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, PAGE, refusal=refusal, **account_page(password=form))
    flash(_("Your password is set. All other browsers were signed out."), "ok")
    return enter(visitor.person_id, url_for("access.account"))


@bp.post("/account/password/removal")
@for_everyone
def remove_own_password() -> ResponseReturnValue:
    """Give one's own up."""
    form, visitor = Form(), current_visitor()
    if not form.validate():
        return redirect(url_for("access.account"), 303)
    try:
        removed = passwords.remove(db.session(), by=visitor.actor, session_id=visitor.session_id)
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, PAGE, refusal=refusal, **account_page(failed=form))
    if not removed:
        return redirect(url_for("access.account"), 303)
    flash(_("Your password is gone. You sign in by mail links; all other browsers were signed out."), "ok")
    return enter(visitor.person_id, url_for("access.account"))


def _opened(token: str) -> dict[str, Any]:
    opened = signing_in.look(db.session(), token, asked_by() or "", purpose=Purpose.PASSWORD)
    return {"opened": opened, "token": token}


def _done() -> ResponseReturnValue:
    flash(_("Your password is set, and all browsers were signed out. Sign in with it here."), "ok")
    return redirect(url_for("access.with_password"), 303)

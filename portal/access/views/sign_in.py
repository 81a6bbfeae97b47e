"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Any, Final

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.access import passwords, sessions
from portal.access import sign_in as signing_in
from portal.access.forms import CodeForm, PasswordSignInForm, SignInForm
from portal.access.views.blueprint import asked_by, bp, enter, own_page, remember
from portal.access.views.demo import people_to_be
from portal.access.visitor import browser_session
from portal.database import db
from portal.database.refusal import Refusal
from portal.web.forms import Form, invalid
from portal.web.policy import for_everyone, open_to_all
from portal.web.visitor import current_visitor, visitor_or_none

_DOOR: Final = "access/sign_in.html"


@bp.get("/sign-in")
@open_to_all(reason="the door")
def sign_in() -> ResponseReturnValue:
    """Ask for a link, or use a password."""
    if visitor_or_none() is not None:
        return redirect("/", 303)
    return render_template(_DOOR, **_door(next_path=own_page(request.args.get("next"))))


@bp.post("/sign-in")
@open_to_all(reason="the door")
def ask() -> ResponseReturnValue:
    """Mail a link, or not; the answer is the same."""
    form = SignInForm()
    if not form.validate():
        return invalid(form, _DOOR, **_door(asking=form))
    browser = asked_by() or secrets.token_urlsafe(32)
    try:
        signing_in.ask(
            db.session(),
            form.email.data,
            browser,
            ip=request.remote_addr or "",
            next_path=own_page(form.next.data),
        )
    except Refusal as refusal:
        return invalid(form, _DOOR, refusal=refusal, **_door(asking=form))
    response = make_response(redirect(url_for("access.code"), 303))
    remember(response, browser)
    return response


@bp.get("/sign-in/password")
@open_to_all(reason="the door")
def with_password() -> ResponseReturnValue:
    """The door with the password's half open."""
    if visitor_or_none() is not None:
        return redirect("/", 303)
    return render_template(_DOOR, **_door(by_password=True, next_path=own_page(request.args.get("next"))))


@bp.post("/sign-in/password")
@open_to_all(reason="the door")
def use_password() -> ResponseReturnValue:
    """Come in by address and password."""
    form = PasswordSignInForm()
    refusal = None
    if form.validate():
        try:
            person_id = passwords.by_password(
                db.session(), form.email.data, form.password.data, ip=request.remote_addr or ""
            )
            return enter(person_id, own_page(form.next.data))
        except Refusal as error:
            refusal = error
    return invalid(form, _DOOR, refusal=refusal, **_door(using=form, next_path=own_page(form.next.data)))


@bp.get("/sign-in/code")
@open_to_all(reason="the door")
def code() -> ResponseReturnValue:
    """The link is on its way; here goes the code that it shows on another device."""
    return render_template("access/code.html", form=CodeForm())


@bp.post("/sign-in/code")
@open_to_all(reason="the door")
def type_code() -> ResponseReturnValue:
    """Come in by the code."""
    form = CodeForm()
    if not form.validate():
        return invalid(form, "access/code.html")
    try:
        arrived = signing_in.by_code(db.session(), form.code.data, asked_by() or "", ip=request.remote_addr or "")
    except Refusal as refusal:
        return invalid(form, "access/code.html", refusal=refusal)
    return enter(arrived.person_id, arrived.next_path)


@bp.get("/sign-in/<token>")
@open_to_all(reason="the door; its token is the key")
def open_link(token: str) -> ResponseReturnValue:
    """Show a button in the browser that asked, the code in any other; a GET uses nothing up."""
    opened = signing_in.look(db.session(), token, asked_by() or "")
    return render_template("access/link.html", form=Form(), opened=opened, token=token)


@bp.post("/sign-in/<token>")
@open_to_all(reason="the door; its token is the key")
def follow_link(token: str) -> ResponseReturnValue:
    """Come in by the link."""
    if not Form().validate():
        return redirect(url_for("access.open_link", token=token), 303)
    arrived = signing_in.follow(db.session(), token, asked_by() or "")
    return enter(arrived.person_id, arrived.next_path)


@bp.post("/sign-out")
@for_everyone
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    cookie = browser_session()
    sessions.end_token(db.session(), cookie.token_hash, by=current_visitor().actor)
    cookie.renew(current_app.config["PORTAL"])
    response = make_response(redirect(url_for("access.sign_in"), 303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _door(
    *,
    asking: SignInForm | None = None,
    using: PasswordSignInForm | None = None,
    by_password: bool = False,
    next_path: str | None = None,
) -> dict[str, Any]:
    """Both halves of the door; one of them may hold what was refused."""
    return {
        "asking": SignInForm(formdata=None, next=next_path) if asking is None else asking,
        "using": PasswordSignInForm(formdata=None, next=next_path) if using is None else using,
        "by_password": by_password or using is not None,
        "demo": people_to_be(),
    }

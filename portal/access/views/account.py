"""One's own account: name, time zone, addresses, password, and where one is signed in."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.access import account_extras, passwords, queries, sessions
from portal.access.forms import AccountForm, NewPasswordForm
from portal.access.views.blueprint import bp
from portal.database import db
from portal.database.refusal import Refusal
from portal.people.people import change_person
from portal.web.forms import Form, invalid
from portal.web.policy import for_everyone
from portal.web.visitor import current_visitor

PAGE: Final = "account/account.html"
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def account_page(
    *, about: AccountForm | None = None, password: NewPasswordForm | None = None, failed: Form | None = None
) -> dict[str, Any]:
    """What the page shows; one of its forms may hold what was refused, `failed` one that is only a button."""
    visitor = current_visitor()
    session = db.session()
    own = queries.account(session, visitor.person_id)
    them = own.person
    known = AccountForm(formdata=None, name=them.name, title=them.title, time_zone=them.time_zone)
    return {
        "own": own,
        "about": known if about is None else about,
        "password_form": NewPasswordForm(formdata=None) if password is None else password,
        "password_since": passwords.since(session, visitor.person_id),
        "recent": sessions.is_recent(session, visitor.session_id),
        "failed": failed,
        "here": visitor.session_id,
        "extras": account_extras.of(session, visitor),
    }


@bp.get("/account")
@for_everyone
def account() -> str:
    """One's own account."""
    return render_template(PAGE, **account_page())


@bp.post("/account")
@for_everyone
def change_account() -> ResponseReturnValue:
    """Keep what was changed."""
    form = AccountForm()
    if not form.validate():
        return invalid(form, PAGE, **account_page(about=form))
    visitor = current_visitor()
    try:
        change_person(
            db.session(),
            visitor.person_id,
            by=visitor.actor,
            name=form.name.data,
            title=form.title.data,
            time_zone=form.time_zone.data,
        )
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, PAGE, refusal=refusal, **account_page(about=form))
    flash(_("Saved."), "ok")
    return redirect(url_for("access.account"), 303)


@bp.post("/account/sessions/<uuid:session>/end")
@for_everyone
def end_session(session: UUID) -> ResponseReturnValue:
    """End one of one's sessions."""
    if Form().validate():
        visitor = current_visitor()
        sessions.end(db.session(), session, by=visitor.actor)
        flash(_("That session has ended."), "ok")
    return redirect(url_for("access.account"), 303)


@bp.post("/account/sessions/end-others")
@for_everyone
def end_other_sessions() -> ResponseReturnValue:
    """End all sessions but this one."""
    if Form().validate():
        visitor = current_visitor()
        sessions.end_all(db.session(), visitor.person_id, by=visitor.actor, but=visitor.session_id)
        flash(_("You are signed in only here now."), "ok")
    return redirect(url_for("access.account"), 303)


@bp.app_template_filter("browser_name")
def browser_name(user_agent: str) -> str:
    """A browser as people call it, out of what it says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser")

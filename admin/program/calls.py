"""Calls and the other help that was asked for: what is due, who has not answered, who was asked how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.database import db
from portal.references import reminders
from portal.references.queries import overview
from portal.web.paging import Page, cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_calls", __name__, url_prefix="/admin/calls", template_folder="../templates")
_FEW: Final = 5

LISTS: Final[dict[str, tuple[LazyString, tuple[type, ...], Callable[..., Page[Any]]]]] = {
    "due": (_l("Due soon"), (datetime, int), overview.due),
    "waiting": (_l("Unanswered"), (datetime, int), overview.waiting),
    "people": (_l("Load per person"), (int, int), overview.people),
    "companies": (_l("Load per company"), (int, int), overview.companies),
}
"""The lists by their word in the address: title, parts of the cursor, query."""


@bp.get("")
@for_managers
def index() -> str:
    """The beginning of each list, or one of them whole (`?show=`)."""
    session, show = db.session(), request.args.get("show", "")
    if show not in LISTS:
        shown = {name: found(session, limit=_FEW) for name, (_title, _kinds, found) in LISTS.items()}
        return render_template("program/calls/index.html", numbers=overview.numbers(session), **shown)
    title, kinds, found = LISTS[show]
    page = found(session, after=cursor_of(*kinds))
    tabs = [
        {"label": title, "href": url_for(".index", show=name), "current": name == show}
        for name, (title, _kinds, _found) in LISTS.items()
    ]
    return render_template("program/calls/list.html", show=show, title=title, page=page, tabs=tabs)


@bp.post("/<uuid:ask>/reminder")
@for_managers
def remind(ask: UUID) -> ResponseReturnValue:
    """Remind somebody of an ask, once."""
    session = db.session()
    reminders.remind_now(session, overview.ask_of(session, ask), by=current_visitor().actor)
    flash(_("The reminder is on its way. There is none after it."), "ok")
    return redirect(url_for(".index", show="waiting"), 303)

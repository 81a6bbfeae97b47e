"""The first page of everybody who is signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.clock import now
from portal.database import db
from portal.home import queries
from portal.web import shell
from portal.web.policy import for_everyone
from portal.web.visitor import current_visitor

bp = Blueprint("home", __name__)
shell.add_item(shell.Item("advocate", "", _l("Home"), "home.index", "house", 10, on_phone=True))
shell.add_desk("advocate", _l("My portal"), "home.index", frozenset({"advocate"}))


@bp.get("/")
@for_everyone
def index() -> ResponseReturnValue:
    """An advocate's home; staff go to their desk."""
    visitor = current_visitor()
    face = shell.home_of(visitor)
    if face != "advocate":
        return redirect(url_for(shell.endpoint_of(face) or "access.account"), 303)
    home = queries.home(db.session(), visitor.person_id, asked=bool(visitor.facts.get("asks")))
    return render_template("home/index.html", home=home, greeting=_greeting(visitor.name.split()[0]))


def _greeting(name: str) -> str:
    hour = now(db.session()).astimezone(get_timezone()).hour
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s", name=name)
    return _("Good morning, %(name)s", name=name) if hour < 12 else _("Good afternoon, %(name)s", name=name)

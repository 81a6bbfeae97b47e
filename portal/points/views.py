"""The advocate's points: the statement and the levels."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.access.visitor import FACTS
from portal.database import db
from portal.points import queries, recognition
from portal.points.models import Account, AccountKind
from portal.web import shell
from portal.web.paging import cursor_of
from portal.web.policy import for_advocates
from portal.web.visitor import current_visitor

bp = Blueprint("points", __name__, url_prefix="/points")

FACTS["balance"] = lambda person_id: (
    select(Account.posted - Account.held)
    .where(Account.kind == AccountKind.PERSON, Account.person_id == person_id, Account.unit == "points")
    .scalar_subquery()
)
shell.add_link("points", "points.statement")
shell.add_item(shell.Item("advocate", _l("You"), _l("Points"), "points.statement", "sparkles", 60))


@bp.get("")
@for_advocates
def statement() -> str:
    """Every movement of my points, why, and what can be spent."""
    person_id = current_visitor().person_id
    now = recognition.position(db.session(), person_id)
    return render_template(
        "points/statement.html",
        balance=now.balance,
        standing=now.standing,
        page=queries.statement(db.session(), person_id, after=cursor_of(int)),
    )


@bp.get("/levels")
@for_advocates
def levels() -> str:
    """The ladder: where I stand, what each level opens."""
    now = recognition.position(db.session(), current_visitor().person_id)
    return render_template("points/levels.html", rungs=now.ladder, standing=now.standing)

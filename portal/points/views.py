"""The advocate's points: the statement and the levels."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import account_extras
from portal.access.account_extras import Extra
from portal.access.visitor import FACTS
from portal.database import db
from portal.people.states import Role
from portal.points import boards, queries, recognition
from portal.points.boards import Span
from portal.points.models import Account, AccountKind
from portal.web import shell
from portal.web.forms import Form
from portal.web.paging import cursor_of
from portal.web.policy import for_advocates
from portal.web.visitor import Visitor, current_visitor

bp = Blueprint("points", __name__, url_prefix="/points")

FACTS["balance"] = lambda person_id: (
    select(Account.posted - Account.held)
    .where(Account.kind == AccountKind.PERSON, Account.person_id == person_id, Account.unit == "points")
    .scalar_subquery()
)
shell.add_link("points", "points.statement")
shell.add_item(shell.Item("advocate", _l("You"), _l("Points"), "points.statement", "sparkles", 60))
shell.add_item(shell.Item("advocate", _l("You"), _l("Leaderboard"), "points.board", "award", 62))


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


@bp.get("/board")
@for_advocates
def board() -> str:
    """Who earned most this quarter; `?show=ever` since the program began; and my place."""
    span = Span.EVER if request.args.get("show") == "ever" else Span.QUARTER
    shown = boards.board(db.session(), current_visitor().person_id, span)
    return render_template("points/board.html", board=shown, span=span, most=boards.COUNTED)


@bp.post("/board/absence")
@for_advocates
def leave_board() -> ResponseReturnValue:
    """Take me off the leaderboard."""
    return _listed(False, _("You are off the leaderboard."))


@bp.post("/board/absence/end")
@for_advocates
def join_board() -> ResponseReturnValue:
    """Put me on it again."""
    return _listed(True, _("You are on the leaderboard."))


def _listed(listed: bool, words: str) -> ResponseReturnValue:
    visitor = current_visitor()
    if Form().validate():
        boards.set_listed(db.session(), visitor.person_id, listed, by=visitor.actor)
        flash(words, "ok")
    return redirect(url_for("access.account", _anchor="leaderboard"), 303)


def _on_the_account_page(session: Session, visitor: Visitor) -> Extra | None:
    if Role.ADVOCATE not in visitor.roles:
        return None
    listed = boards.is_listed(session, visitor.person_id)
    return Extra("points/account_board.html", {"listed": listed, "shown_as": boards.short_name(visitor.name)})


account_extras.EXTRAS.append(_on_the_account_page)

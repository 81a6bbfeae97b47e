"""The catalogue's editor: put rewards together, change price and stock, open and close them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.database import db
from portal.database.refusal import Conflict, Invalid
from portal.rewards import catalogue
from portal.rewards.forms import RewardForm
from portal.rewards.models import Reward
from portal.rewards.queries import desk
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_rewards", __name__, url_prefix="/admin/rewards", template_folder="../templates")
_EDITOR: Final = "program/rewards/editor.html"


@bp.get("")
@for_managers
def index() -> str:
    """All rewards, whatever their state."""
    return render_template("program/rewards/index.html", page=desk.shelf(db.session(), after=cursor_of(int)))


@bp.get("/new")
@for_managers
def new() -> str:
    """An empty editor."""
    return render_template(_EDITOR, form=_form(), reward=None)


@bp.post("/new")
@for_managers
def create() -> ResponseReturnValue:
    """Put a reward together, as a draft."""
    form = _form()
    if not form.validate():
        return invalid(form, _EDITOR, reward=None)
    try:
        made = catalogue.create(db.session(), by=current_visitor().actor, rules=form.rules, **form.words)
    except Invalid as refusal:
        return invalid(form, _EDITOR, refusal=refusal, reward=None)
    flash(_("Saved as a draft. Put it into the catalogue when it is ready."), "ok")
    return redirect(url_for(".edit", reward=made.public_id), 303)


@bp.get("/<uuid:reward>")
@for_managers
def edit(reward: UUID) -> str:
    """The editor of one reward."""
    found = desk.reward(db.session(), reward)
    level = desk.level_of(db.session(), found)
    shown = {"seen_stock": "" if found.stock is None else str(found.stock), "level": str(level or "")}
    form = _form(obj=found, approval=found.needs_approval, **shown)
    return render_template(_EDITOR, form=form, reward=found)


@bp.post("/<uuid:reward>")
@for_managers
def change(reward: UUID) -> ResponseReturnValue:
    """Change one; what was redeemed stays as it was."""
    found, form = desk.reward(db.session(), reward), _form()
    if not form.validate():
        return _again(form, reward)
    by, seen = current_visitor().actor, form.looked_at
    try:
        catalogue.change(db.session(), found.id, by=by, seen_stock=seen, rules=form.rules, **form.words)
    except (Conflict, Invalid) as refusal:
        return _again(form, reward, refusal)
    flash(_("Saved. What was redeemed before stays as it was."), "ok")
    return redirect(url_for(".edit", reward=reward), 303)


@bp.post("/<uuid:reward>/publish")
@for_managers
def publish(reward: UUID) -> ResponseReturnValue:
    """Put it into the catalogue."""
    return _move(reward, catalogue.publish, _("It is in the catalogue now."))


@bp.post("/<uuid:reward>/archive")
@for_managers
def archive(reward: UUID) -> ResponseReturnValue:
    """Take it out of the catalogue."""
    return _move(reward, catalogue.archive, _("It is out of the catalogue. Orders under way go on."))


def _form(**shown: Any) -> RewardForm:
    return RewardForm(**shown).offer(desk.levels(db.session()))


def _move(reward: UUID, verb: Callable[..., Reward], words: str) -> ResponseReturnValue:
    session: Session = db.session()
    verb(session, desk.reward(session, reward).id, by=current_visitor().actor)
    flash(words, "ok")
    return redirect(url_for(".edit", reward=reward), 303)


def _again(form: RewardForm, reward: UUID, refusal: Conflict | Invalid | None = None) -> ResponseReturnValue:
    db.session.rollback()
    return invalid(form, _EDITOR, refusal=refusal, reward=desk.reward(db.session(), reward))

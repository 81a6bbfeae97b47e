"""The catalogue's editor: put rewards together, change price and stock, open and close them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from portal.database import db
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.rewards import catalogue
from portal.rewards import codes as rewards_codes
from portal.rewards.codes import Added
from portal.rewards.forms import CodesForm, RewardForm
from portal.rewards.models import Reward
from portal.rewards.queries import desk
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_rewards", __name__, url_prefix="/admin/rewards", template_folder="../templates")
_EDITOR: Final = "program/rewards/editor.html"
_CODES: Final = "program/rewards/codes.html"


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
    by, way = current_visitor().actor, form.fulfilment.data
    try:
        made = catalogue.create(db.session(), by=by, rules=form.rules, fulfilment=way, **form.words)
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


@bp.get("/<uuid:reward>/codes")
@for_managers
def codes(reward: UUID) -> str:
    """How many codes there are, and the form that adds more."""
    return render_template(_CODES, form=CodesForm(formdata=None), **_codes_of(reward))


@bp.post("/<uuid:reward>/codes")
@for_managers
def add_codes(reward: UUID) -> ResponseReturnValue:
    """Put a list of codes in; say which of them are no news."""
    form, session = CodesForm(), db.session()
    found = desk.reward(session, reward)
    listed = form.listed if form.validate() else None
    if listed is None:
        unread = None if form.errors else Invalid(_("This file holds no text that can be read."), field="file")
        return invalid(form, _CODES, refusal=unread, **_codes_of(reward))
    secrets = current_app.config["PORTAL"].signing_keys
    try:
        added = rewards_codes.add(session, found.id, listed, secrets=secrets, by=current_visitor().actor)
    except (Conflict, Invalid) as refusal:
        session.rollback()
        return invalid(form, _CODES, refusal=refusal, **_codes_of(reward))
    for words, tone in _told(added):
        flash(words, tone)
    return redirect(url_for(".codes", reward=reward), 303)


def _told(added: Added) -> Iterator[tuple[str, str]]:
    yield ngettext("%(num)s code was added.", "%(num)s codes were added.", added.new), "ok" if added.new else "warn"
    for lines, words in (
        (added.twice, _("In the list twice, taken once: lines %(lines)s.", lines=_few(added.twice))),
        (added.known, _("Known already, not added: lines %(lines)s.", lines=_few(added.known))),
    ):
        if lines:
            yield words, "warn"


def _few(lines: tuple[int, ...]) -> str:
    """The first of them, and how many more there are."""
    shown = ", ".join(str(number) for number in lines[:20])
    return _("%(lines)s and %(more)s more", lines=shown, more=len(lines) - 20) if len(lines) > 20 else shown


def _codes_of(reward: UUID) -> dict[str, Any]:
    found = desk.reward(db.session(), reward)
    counted = desk.codes(db.session(), found)
    if counted is None:
        raise NotFound
    return {"reward": found, "codes": counted}


def _move(reward: UUID, verb: Callable[..., Reward], words: str) -> ResponseReturnValue:
    session: Session = db.session()
    verb(session, desk.reward(session, reward).id, by=current_visitor().actor)
    flash(words, "ok")
    return redirect(url_for(".edit", reward=reward), 303)


def _again(form: RewardForm, reward: UUID, refusal: Conflict | Invalid | None = None) -> ResponseReturnValue:
    db.session.rollback()
    return invalid(form, _EDITOR, refusal=refusal, reward=desk.reward(db.session(), reward))

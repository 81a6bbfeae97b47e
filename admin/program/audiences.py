"""How many advocates an audience reaches, counted while it is being chosen; nothing is saved."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, url_for
from flask.typing import ResponseReturnValue

from admin.program import editor
from portal.challenges.queries import desk
from portal.database import db
from portal.database.refusal import Refusal
from portal.web import hx
from portal.web.forms import invalid
from portal.web.policy import for_managers

bp: Final = Blueprint("program_audiences", __name__, url_prefix="/admin/challenges", template_folder="../templates")
_BLOCK: Final = "reach"


@bp.post("/audience")
@for_managers
def count_new() -> ResponseReturnValue:
    """Count for a challenge that is yet to be made."""
    return _count("program/challenges/new.html", {}, url_for(".count_new"))


@bp.post("/<uuid:challenge>/audience")
@for_managers
def count(challenge: UUID) -> ResponseReturnValue:
    """Count for a challenge that is edited."""
    found = desk.challenge(db.session(), challenge)
    page = {} if hx.is_partial() else editor.page(found)
    return _count("program/challenges/editor.html", page, url_for(".count", challenge=challenge))


def _count(template: str, page: dict[str, Any], counted_at: str) -> Response:
    """The page with what was typed and its count, or the count alone where htmx asks for it."""
    form = editor.posted()
    uncounted = {**page, "challenge_form": form, **editor.reach(None, counted_at)}
    if not form.audience_is_valid():
        return invalid(form, template, block=_BLOCK, **uncounted)
    try:
        counted = editor.reach(form.chosen(db.session()), counted_at)
    except Refusal as refusal:
        return invalid(form, template, block=_BLOCK, refusal=refusal, **uncounted)
    return make_response(hx.show(template, block=_BLOCK, form=form, **{**uncounted, **counted}))

"""Where a manager arrives: at what waits for them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.web.policy import for_managers

bp: Final = Blueprint("desk", __name__, url_prefix="/admin", template_folder="../templates")


@bp.get("")
@for_managers
def home() -> ResponseReturnValue:
    """The review queue is the desk's first page."""
    return redirect(url_for("approvals.index"), 303)

"""The reference pool as the program team sees it: who was asked to join, and who is in."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from portal.consent.scopes import SCOPES
from portal.database import db
from portal.points import causes
from portal.references.queries import pool
from portal.web.paging import cursor_of
from portal.web.policy import for_managers

bp: Final = Blueprint("program_pool", __name__, url_prefix="/admin/pool", template_folder="../templates")


@bp.get("")
@for_managers
def index() -> str:
    """Proposals that wait for an answer; `?show=members` who is in."""
    session, inside = db.session(), request.args.get("show") == "members"
    waiting, members = pool.counts(session)
    tabs = [
        {"label": _("Proposed"), "href": url_for(".index"), "current": not inside, "count": waiting},
        {"label": _("In the pool"), "href": url_for(".index", show="members"), "current": inside, "count": members},
    ]
    if inside:
        page = pool.members(session, after=cursor_of(str, UUID))
        return render_template("program/pool/members.html", page=page, tabs=tabs, scopes=SCOPES)
    proposals = pool.proposals(session, after=cursor_of(datetime, UUID))
    why = causes.named(session, (row.because for row in proposals.rows))
    return render_template("program/pool/proposals.html", page=proposals, tabs=tabs, why=why)

"""Points by hand: a person's points with the form that adjusts them, and the proposals that need a second person."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import program
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.points import adjustments, proposals, queries, recognition
from portal.points.forms import AdjustForm, ProposalForm
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_points", __name__, url_prefix="/admin", template_folder="../templates")
_PERSON: Final = "program/points/person.html"
_ONE: Final = "program/points/proposal.html"


@bp.get("/people/<uuid:person>/points")
@for_managers
def person(person: UUID) -> str:
    """What somebody has, why, and the form that adjusts it."""
    return render_template(_PERSON, form=AdjustForm.fresh(), **_points_of(person))


@bp.post("/people/<uuid:person>/points")
@for_managers
def adjust(person: UUID) -> ResponseReturnValue:
    """Adjust at once within the limit, else propose."""
    form, whose = AdjustForm(), proposals.holder(db.session(), person)
    if not form.validate():
        return invalid(form, _PERSON, **_points_of(person))
    try:
        proposed = adjustments.enter(
            db.session(),
            whose.id,
            form.signed,
            reason=form.reason.data,
            by=current_visitor().actor,
            key=UUID(form.request_key.data),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _PERSON, refusal=refusal, **_points_of(person))
    if proposed is None:
        flash(_("Done. %(name)s is told why.", name=whose.name), "ok")
        return redirect(url_for(".person", person=person), 303)
    flash(_("Proposed. It happens once a second person has approved it."), "ok")
    return redirect(url_for(".show", proposal=proposed.public_id), 303)


@bp.get("/adjustments")
@for_managers
def index() -> str:
    """Proposals that wait, the oldest first; `?show=decided` the others."""
    decided = request.args.get("show") == "decided"
    listed = proposals.decided if decided else proposals.waiting
    page = listed(db.session(), after=cursor_of(int))
    return render_template("program/points/proposals.html", page=page, decided=decided)


@bp.get("/adjustments/<uuid:proposal>")
@for_managers
def show(proposal: UUID) -> str:
    """One proposal."""
    return render_template(_ONE, form=ProposalForm(formdata=None), **_proposal(proposal))


@bp.post("/adjustments/<uuid:proposal>/decision")
@for_managers
def decide(proposal: UUID) -> ResponseReturnValue:
    """Approve or decline as the second person, or withdraw one's own."""
    form, session, by = ProposalForm(), db.session(), current_visitor().actor
    found = proposals.one(session, proposal)
    if not form.validate():
        return invalid(form, _ONE, **_proposal(proposal))
    try:
        if form.decision.data == "approve":
            adjustments.approve(session, found.id, by=by)
            words = _("Approved. %(name)s is told why.", name=found.person)
        elif form.decision.data == "decline":
            adjustments.decline(session, found.id, by=by, note=form.note.data or "")
            words = _("Declined. %(name)s is told why.", name=found.proposer)
        else:
            adjustments.withdraw(session, found.id, by=by)
            words = _("Withdrawn. Nothing was changed.")
    except Refusal as refusal:
        db.session.rollback()
        return invalid(form, _ONE, refusal=refusal, **_proposal(proposal))
    flash(words, "ok")
    return redirect(url_for(".index"), 303)


def _points_of(public_id: UUID) -> dict[str, Any]:
    session = db.session()
    whose = proposals.holder(session, public_id)
    position = recognition.position(session, whose.id)
    return {
        "them": whose,
        "balance": position.balance,
        "level": position.standing.level,
        "page": queries.statement(session, whose.id, after=cursor_of(int)),
        "waiting": proposals.waiting_for(session, whose.id),
        "limit": program.current(session).adjustment_limit,
        "own": whose.id == current_visitor().person_id,
    }


def _proposal(public_id: UUID) -> dict[str, Any]:
    session, me = db.session(), current_visitor().person_id
    row = proposals.one(session, public_id)
    balance = recognition.position(session, row.person_id).balance
    return {"row": row, "balance": balance, "mine": row.proposed_by == me, "about_me": row.person_id == me}

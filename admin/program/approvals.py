"""The review queue: what waits, one beside the other, decided by keyboard or thumb."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from portal.challenges import verdicts
from portal.challenges.forms import decision_form
from portal.challenges.models import Verdict
from portal.challenges.queries import items, queue
from portal.challenges.queries.items import Item
from portal.challenges.states import Decision, Reason
from portal.database import db
from portal.database.refusal import Conflict, Invalid, Refusal
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("approvals", __name__, url_prefix="/admin/approvals", template_folder="../templates")
_PAGE: Final = "program/approvals/queue.html"


@bp.get("")
@for_managers
def index() -> str:
    """The queue; on wide screens with its first item beside it."""
    page = _queue()
    first = page["page"].rows[0].public_id if page["page"].rows else None
    return render_template(_PAGE, **page, **_detail(first), opened=False)


@bp.get("/<uuid:submission>")
@for_managers
def show(submission: UUID) -> str:
    """One item of the queue; `?decide=redo` and `?decide=reject` show the form of that decision."""
    return render_template(_PAGE, **_queue(), **_detail(submission), opened=True, decide=request.args.get("decide"))


@bp.post("/<uuid:submission>/verdict")
@for_managers
def decide(submission: UUID) -> ResponseReturnValue:
    """Note a decision and go on with the next item."""
    item = items.item(db.session(), current_visitor().person_id, submission)
    decision = _decision()
    form = decision_form(decision, item)
    if not form.validate():
        return _again(form, decision, submission)
    try:
        verdict = _record(item, decision, form)
    except Conflict as refusal:
        flash(str(refusal), "warn")
        db.session.rollback()
        return _next(submission)
    except Refusal as refusal:
        return _again(form, decision, submission, refusal)
    _toast(item, verdict)
    return _next(submission)


@bp.post("/verdicts/<uuid:verdict>/undo")
@for_managers
def undo(verdict: UUID) -> ResponseReturnValue:
    """Take a decision back."""
    verdict_id, submission = items.own_verdict(db.session(), current_visitor().person_id, verdict)
    verdicts.undo(db.session(), verdict_id, by=current_visitor().actor)
    flash(_("Taken back. Nothing was sent."), "ok")
    return redirect(url_for(".show", submission=submission), 303)


def _record(item: Item, decision: Decision, form: Form) -> Verdict:
    given = form.data
    return verdicts.record(
        db.session(),
        item.id,
        decision,
        stage_ids=given.get("stages") or (),
        reason=Reason(given["reason"]) if given.get("reason") else None,
        comment=given["comment"] or "",
        by=current_visitor().actor,
    )


def _decision() -> Decision:
    given = request.form.get("decision", "")
    if given not in set(Decision):
        raise Invalid(_("Choose what to do: approve, ask for changes, or reject."))
    return Decision(given)


def _toast(item: Item, verdict: Verdict) -> None:
    seconds = verdicts.UNDO_SECONDS
    points = format_decimal(item.points)
    said = {
        Decision.APPROVE: _(
            "%(name)s approved. %(points)s points go out in %(seconds)s s.",
            name=item.advocate,
            points=points,
            seconds=seconds,
        ),
        Decision.REDO: _("%(name)s is asked for changes in %(seconds)s s.", name=item.advocate, seconds=seconds),
        Decision.REJECT: _("%(name)s is told no in %(seconds)s s.", name=item.advocate, seconds=seconds),
    }
    undoable = {"text": said[verdict.decision], "undo": url_for(".undo", verdict=verdict.public_id), "seconds": seconds}
    flash(undoable, "ok")  # type: ignore[arg-type]


def _next(submission: UUID) -> ResponseReturnValue:
    """The item after this one, else the one before, else the empty queue."""
    challenge = _challenge()
    before, behind = queue.next_after(db.session(), current_visitor().person_id, submission, challenge=challenge)
    following = behind or before
    if following is None:
        return redirect(url_for(".index"), 303)
    return redirect(url_for(".show", submission=following, challenge=challenge), 303)


def _again(form: Form, decision: Decision, submission: UUID, refusal: Refusal | None = None) -> Response:
    page = {**_queue(), **_detail(submission), f"{decision.value}_form": form}
    return invalid(form, _PAGE, refusal=refusal, **page, opened=True, decide=decision.value)


def _challenge() -> UUID | None:
    """The challenge that the queue is narrowed to."""
    try:
        return UUID(request.args["challenge"])
    except (KeyError, ValueError):
        return None


def _queue() -> dict[str, Any]:
    viewer, challenge = current_visitor().person_id, _challenge()
    return {
        "page": queue.waiting(db.session(), viewer, challenge=challenge, after=cursor_of(datetime, int)),
        "overview": queue.overview(db.session(), viewer),
        "challenge": challenge,
    }


def _detail(submission: UUID | None) -> dict[str, Any]:
    """The right side: an item, what its person did before, and the forms of the decisions."""
    if submission is None:
        return {"item": None}
    viewer = current_visitor().person_id
    item = items.item(db.session(), viewer, submission)
    before, behind = queue.next_after(db.session(), viewer, submission, challenge=_challenge())
    return {
        "item": item,
        "before": items.before(db.session(), item.person_id, besides=item.id),
        "previous": before,
        "following": behind,
        **{f"{decision.value}_form": decision_form(decision, item) for decision in Decision},
    }

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
from portal.challenges.queries import comments, items, queue
from portal.challenges.queries.before import before
from portal.challenges.queries.items import Item, Undoable
from portal.challenges.queries.wanted import LONGEST_WORDS, Age, Wanted
from portal.challenges.stages import kinds
from portal.challenges.states import Decision, Reason
from portal.challenges.verdict_forms import CommentForm, NarrowForm, decision_form
from portal.database import db
from portal.database.refusal import Conflict, Invalid, Refusal
from portal.web import pace
from portal.web.forms import invalid
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
    item, decision, form = _sent(submission)
    if not form.validate():
        return _again(form, decision, submission)
    try:
        _record(item, decision, form)
    except Conflict as refusal:
        flash(str(refusal), "warn")
        db.session.rollback()
    except Refusal as refusal:
        return _again(form, decision, submission, refusal)
    return _next(item)


@bp.post("/<uuid:submission>/words")
@for_managers
def insert(submission: UUID) -> ResponseReturnValue:
    """Put a template's words behind what was typed, and show the item with them; for browsers without scripts."""
    _item, decision, form = _sent(submission)
    form.knows_all()
    form.insert()
    page = {**_queue(), **_detail(submission), f"{decision.value}_form": form}
    return render_template(_PAGE, **page, opened=True, decide=decision.value)


@bp.post("/verdicts/<uuid:verdict>/undo")
@for_managers
def undo(verdict: UUID) -> ResponseReturnValue:
    """Take a decision back."""
    verdict_id, submission = items.own_verdict(db.session(), current_visitor().person_id, verdict)
    try:
        verdicts.undo(db.session(), verdict_id, by=current_visitor().actor)
        flash(_("Taken back. Nothing was sent."), "ok")
    except Conflict as refusal:
        flash(str(refusal), "warn")
        db.session.rollback()
    return redirect(url_for(".show", submission=submission, **_wanted().arguments), 303)


def _sent(submission: UUID) -> tuple[Item, Decision, CommentForm]:
    item = items.item(db.session(), current_visitor().person_id, submission)
    given = request.form.get("decision", "")
    if given not in set(Decision):
        raise Invalid(_("Choose what to do: approve, ask for changes, or reject."))
    decision = Decision(given)
    return item, decision, decision_form(decision, item, comments.offered(db.session()))


def _record(item: Item, decision: Decision, form: CommentForm) -> None:
    given = form.data
    verdicts.record(
        db.session(),
        item.id,
        decision,
        stage_ids=given.get("stages") or (),
        reason=Reason(given["reason"]) if given.get("reason") else None,
        comment=form.said,
        by=current_visitor().actor,
    )


def _next(item: Item) -> ResponseReturnValue:
    """The item after this one, else the one before, else what is left of the queue."""
    wanted = _wanted()
    before_it, behind = queue.next_after(db.session(), current_visitor().person_id, item.since, item.id, wanted)
    following = behind or before_it
    if following is None:
        return redirect(url_for(".index", **wanted.arguments), 303)
    return redirect(url_for(".show", submission=following, **wanted.arguments), 303)


def _again(form: CommentForm, decision: Decision, submission: UUID, refusal: Refusal | None = None) -> Response:
    page = {**_queue(), **_detail(submission), f"{decision.value}_form": form}
    return invalid(form, _PAGE, refusal=refusal, **page, opened=True, decide=decision.value)


def _wanted() -> Wanted:
    """What the queue is narrowed to; what makes no sense narrows nothing."""
    given = request.args
    try:
        challenge = UUID(given.get("challenge", ""))
    except ValueError:
        challenge = None
    return Wanted(
        challenge=challenge,
        kind=given["kind"] if given.get("kind") in {kind.key for kind in kinds()} else None,
        age=Age(given["age"]) if given.get("age") in set(Age) else None,
        words=" ".join(given.get("q", "").split())[:LONGEST_WORDS],
        mine=bool(given.get("mine")),
    )


def _queue() -> dict[str, Any]:
    viewer, wanted = current_visitor().person_id, _wanted()
    if wanted.words:
        pace.searching()
    overview = queue.overview(db.session(), viewer)
    return {
        "page": queue.waiting(db.session(), viewer, wanted, after=cursor_of(datetime, int)),
        "overview": overview,
        "wanted": wanted,
        "narrowed": wanted.arguments,
        "narrow_form": NarrowForm.showing(wanted, overview.challenges),
        "more_toasts": _toasts(items.undoable(db.session(), viewer)),
    }


def _toasts(last: Undoable | None) -> list[tuple[str, dict[str, Any]]]:
    """What the viewer decided last, with the button that takes it back, as long as it can be."""
    if last is None:
        return []
    words = {"name": last.advocate, "points": format_decimal(last.points), "seconds": last.seconds}
    said = {
        Decision.APPROVE: _("%(name)s approved. %(points)s points go out in %(seconds)s s.", **words),
        Decision.REDO: _("%(name)s is asked for changes in %(seconds)s s.", **words),
        Decision.REJECT: _("%(name)s is told no in %(seconds)s s.", **words),
    }
    undo_it = url_for(".undo", verdict=last.public_id, **_wanted().arguments)
    return [("ok", {"text": said[last.decision], "undo": undo_it, "seconds": last.seconds})]


def _detail(submission: UUID | None) -> dict[str, Any]:
    """The right side: an item, what its person did before, and the forms of the decisions."""
    if submission is None:
        return {"item": None}
    viewer, session = current_visitor().person_id, db.session()
    item = items.item(session, viewer, submission)
    previous, following = queue.next_after(session, viewer, item.since, item.id, _wanted())
    templates = comments.offered(session)
    return {
        "item": item,
        "before": before(session, item.person_id, besides=item.id),
        "previous": previous,
        "following": following,
        "templates": templates,
        **{f"{decision.value}_form": decision_form(decision, item, templates) for decision in Decision},
    }

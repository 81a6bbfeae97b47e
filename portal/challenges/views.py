"""The advocate's screens of challenges: the lists, and the runner."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.challenges import causes, submissions, uploads
from portal.challenges.models import Submission
from portal.challenges.queries import files, offers, runs
from portal.challenges.queries.runs import Run, Step
from portal.challenges.stages.upload import FilesChosen
from portal.challenges.states import ResponseState, State
from portal.database import db
from portal.database.refusal import Conflict, Invalid, NotFound, Refusal
from portal.files import intake, store
from portal.files.intake import LARGEST_BODY
from portal.web import shell
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_advocates, for_everyone, takes_files
from portal.web.visitor import current_visitor

__all__ = ["bp", "causes"]
bp = Blueprint("challenges", __name__, url_prefix="/challenges")
_RUNNER: Final = "challenges/run.html"
_STEPPER: Final = {
    ResponseState.OPEN: "open",
    ResponseState.HANDED_IN: "waiting",
    ResponseState.ACCEPTED: "done",
    ResponseState.REDO_REQUESTED: "redo",
}

shell.add_item(shell.Item("advocate", "", _l("Challenges"), "challenges.index", "target", 20, on_phone=True))


@bp.get("")
@for_advocates
def index() -> str:
    """One of the four lists."""
    tab = offers.Tab(request.args["tab"]) if request.args.get("tab") in set(offers.Tab) else offers.Tab.OPEN
    person_id = current_visitor().person_id
    page = offers.offers(db.session(), person_id, tab, after=cursor_of(int, datetime, int))
    counts = offers.counts(db.session(), person_id)
    tabs = [
        {
            "label": each.label,
            "href": url_for(".index", tab=each),
            "current": each is tab,
            "count": counts[each] if each in (offers.Tab.OPEN, offers.Tab.IN_PROGRESS) else None,
        }
        for each in offers.Tab
    ]
    return render_template("challenges/index.html", page=page, tab=tab, tabs=tabs, counts=counts)


@bp.get("/<uuid:challenge>")
@for_advocates
def show(challenge: UUID) -> str:
    """A challenge: what it is, or the step that comes next."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    step = run.current if run.is_running else None
    return render_template(_RUNNER, **_page(run, step), form=_form(step))


@bp.get("/<uuid:challenge>/steps/<int:position>")
@for_advocates
def show_step(challenge: UUID, position: int) -> str:
    """One step of a challenge."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    step = run.at(position)
    open_now = step if run.is_running and step.is_open else None
    return render_template(_RUNNER, **_page(run, step), form=_form(open_now))


@bp.get("/<uuid:challenge>/steps/<int:position>/page")
@for_advocates
def open_page(challenge: UUID, position: int) -> ResponseReturnValue:
    """Go to the page that a step is about: to the address that a manager stored, and never to another."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    address = run.at(position).address
    if address is None or run.submission_id is None:
        raise NotFound
    leaving = redirect(address, 303)
    leaving.headers["Referrer-Policy"] = "no-referrer"
    return leaving


@bp.post("/<uuid:challenge>/submission")
@for_advocates
def start(challenge: UUID) -> ResponseReturnValue:
    """Begin."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    submissions.start(db.session(), run.challenge_id, by=current_visitor().actor)
    return _back_to(challenge)


@bp.post("/<uuid:challenge>/steps/<int:position>")
@takes_files(up_to=LARGEST_BODY)
@for_advocates
def hand_in(challenge: UUID, position: int) -> ResponseReturnValue:
    """Hand in one step, or keep what was typed for later."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    step = run.at(position)
    form = step.form
    saving = "save" in request.form
    if not (form.knows_all() if saving else form.validate()):
        return _again(form, run, step)
    try:
        return _save(run, step, form) if saving else _submit(run, step, form)
    except Refusal as refusal:
        return _again(form, run, step, refusal)


@bp.post("/<uuid:challenge>/steps/<int:position>/files")
@takes_files(up_to=LARGEST_BODY)
@for_advocates
def add_file(challenge: UUID, position: int) -> ResponseReturnValue:
    """Keep a file for a step, which is handed in later."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    step = run.at(position)
    form = _chooser(step)
    if not form.validate():
        return _again(form, run, step)
    try:
        if not _added(run, step, form):
            raise Invalid(_("Choose a file."), field="file")
    except Refusal as refusal:
        return _again(form, run, step, refusal)
    flash(_("Added. It is kept until you hand it in or take it away."), "ok")
    return _back_to(challenge, position)


@bp.post("/<uuid:challenge>/steps/<int:position>/files/<uuid:file>/removal")
@for_advocates
def remove_file(challenge: UUID, position: int, file: UUID) -> ResponseReturnValue:
    """Take a file away that was not handed in yet."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    step = run.at(position)
    uploads.remove(db.session(), _begun(run), step.stage_id, file, by=current_visitor().actor)
    flash(_("Taken away."), "ok")
    return _back_to(challenge, position)


@bp.get("/files/<uuid:file>")
@for_everyone
def file(file: UUID) -> ResponseReturnValue:
    """A file, for whom it belongs to and for who decides about it; browsers keep it, and run nothing of it."""
    found = files.file_of(db.session(), current_visitor().actor, file)
    path = store.folder(current_app.config["PORTAL"]) / str(found.file)
    if not path.is_file():
        raise NotFound
    served = send_file(path.resolve(), mimetype=found.media_type, as_attachment=True, download_name=found.name)
    served.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    served.headers["Cache-Control"] = "no-store"
    return served


@bp.post("/<uuid:challenge>/dismissal")
@for_advocates
def dismiss(challenge: UUID) -> ResponseReturnValue:
    """Not for me."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    submissions.dismiss(db.session(), run.challenge_id, by=current_visitor().actor)
    flash({"text": _("Thanks for telling us."), "undo": url_for(".take_up", challenge=challenge)}, "ok")  # type: ignore[arg-type]
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:challenge>/return")
@for_advocates
def take_up(challenge: UUID) -> ResponseReturnValue:
    """For me after all."""
    run = runs.run_of(db.session(), current_visitor().person_id, challenge)
    submission = submissions.take_up(db.session(), run.challenge_id, by=current_visitor().actor)
    return _back_to(challenge) if submission.state is State.IN_PROGRESS else redirect(url_for(".index"), 303)


def _save(run: Run, step: Step, form: Form) -> Response:
    submissions.save(db.session(), _begun(run), step.stage_id, form.data, by=current_visitor().actor)
    flash(_("Saved. This page opens where you left it, on any device."), "ok")
    return _back_to(run.public_id, step.position)


def _submit(run: Run, step: Step, form: Form) -> Response:
    if isinstance(form, FilesChosen):
        _added(run, step, form)
    submission = submissions.submit(db.session(), _begun(run), step.stage_id, form.data, by=current_visitor().actor)
    flash(_thanks(submission, step), "ok")
    return _back_to(run.public_id)


def _chooser(step: Step) -> FilesChosen:
    form = step.form
    if not isinstance(form, FilesChosen):
        raise NotFound
    return form


def _added(run: Run, step: Step, form: FilesChosen) -> bool:
    """Keep the file that a form brings, if it brings one."""
    if form.sent is None:
        return False
    submission_id, families = _begun(run), tuple(step.setup["families"])
    taken = intake.take(form.sent.stream, form.sent.filename, families)
    where = store.folder(current_app.config["PORTAL"])
    uploads.add(db.session(), submission_id, step.stage_id, taken, where=where, by=current_visitor().actor)
    return True


def _begun(run: Run) -> int:
    if run.submission_id is None:
        raise Conflict(_("Start the challenge first."))
    return run.submission_id


def _thanks(submission: Submission, step: Step) -> str:
    if any(one.stage_id == step.stage_id and one.state is ResponseState.HANDED_IN for one in submission.responses):
        return str(_("Handed in. We look at it and tell you."))
    if not step.points:
        return str(_("Done. On to the next step.") if submission.state is State.IN_PROGRESS else _("Done."))
    return str(_("+%(points)s points. Thank you.", points=format_decimal(step.points)))


def _again(form: Form, run: Run, step: Step, refusal: Refusal | None = None) -> Response:
    waited = runs.usual_answer(db.session())
    return invalid(form, _RUNNER, refusal=refusal, **_page(run, step, waited=waited))


def _form(step: Step | None) -> Form | None:
    return step.form if step else None


def _page(run: Run, step: Step | None, **known: Any) -> dict[str, Any]:
    waits = run.state is State.SUBMITTED or any(each.state is ResponseState.HANDED_IN for each in run.steps)
    usual = known["waited"] if known else runs.usual_answer(db.session()) if waits else None
    return {"run": run, "step": step, "steps": [_mark(run, each, step) for each in run.steps], "usual": usual}


def _mark(run: Run, each: Step, shown: Step | None) -> dict[str, Any]:
    """One line of the steps list: where it stands and where it leads."""
    now = shown is not None and each.position == shown.position
    linked = run.submission_id is not None and run.state is not State.DISMISSED and not now
    return {
        "title": each.title,
        "state": "now" if now else _STEPPER[each.state],
        "points": each.points,
        "note": _step_note(each),
        "href": url_for(".show_step", challenge=run.public_id, position=each.position) if linked else None,
    }


def _step_note(step: Step) -> str | None:
    return {
        ResponseState.ACCEPTED: _("Accepted"),
        ResponseState.HANDED_IN: _("With the program team"),
        ResponseState.REDO_REQUESTED: _("Changes asked"),
    }.get(step.state, _("Saved, not handed in") if step.response else None)


def _back_to(challenge: UUID, position: int | None = None) -> Response:
    if position is None:
        return redirect(url_for(".show", challenge=challenge), 303)  # type: ignore[return-value]
    return redirect(url_for(".show_step", challenge=challenge, position=position), 303)  # type: ignore[return-value]

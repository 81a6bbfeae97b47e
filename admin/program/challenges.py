"""The manager's challenges: the list, the editor, the preview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.challenges import activities, audience, challenges, outline
from portal.challenges.audience import Audience
from portal.challenges.forms import ChallengeForm, NewStageForm, StageForm, StageTextForm
from portal.challenges.models import Challenge, Stage
from portal.challenges.queries import desk, runs
from portal.challenges.stages import kind_of
from portal.challenges.states import ChallengeState
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_challenges", __name__, url_prefix="/admin/challenges", template_folder="../templates")
_EDITOR: Final = "program/challenges/editor.html"
_NEW: Final = "program/challenges/new.html"


@bp.get("")
@for_managers
def index() -> str:
    """All challenges in one state."""
    given = request.args.get("state")
    state = ChallengeState(given) if given in set(ChallengeState) else ChallengeState.PUBLISHED
    counts = desk.counts(db.session())
    if given is None and not counts[state] and counts[ChallengeState.DRAFT]:
        state = ChallengeState.DRAFT
    page = desk.challenges(db.session(), state, after=cursor_of(2))
    tabs = [
        {"label": each.label, "href": url_for(".index", state=each), "current": each is state, "count": counts[each]}
        for each in ChallengeState
    ]
    return render_template("program/challenges/index.html", page=page, state=state, tabs=tabs)


@bp.get("/new")
@for_managers
def new() -> str:
    """An empty form."""
    form = ChallengeForm(data={"for_everybody": True, "minutes": 10})
    form.offer(*audience.choices(db.session()))
    return render_template(_NEW, form=form)


@bp.post("")
@for_managers
def create() -> ResponseReturnValue:
    """Begin a draft."""
    form = _posted(ChallengeForm())
    if not form.validate():
        return invalid(form, _NEW)
    try:
        challenge = challenges.create(db.session(), by=current_visitor().actor, **_fields(form))
    except Refusal as refusal:
        return invalid(form, _NEW, refusal=refusal)
    flash(_("Saved as a draft. Now add its steps."), "ok")
    return redirect(url_for(".edit", challenge=challenge.public_id), 303)


@bp.get("/<uuid:challenge>")
@for_managers
def edit(challenge: UUID) -> str:
    """The editor."""
    found = desk.challenge(db.session(), challenge)
    return render_template(_EDITOR, **_page(found))


@bp.post("/<uuid:challenge>")
@for_managers
def change(challenge: UUID) -> ResponseReturnValue:
    """Save texts, audience and window."""
    found = desk.challenge(db.session(), challenge)
    form = _posted(ChallengeForm())
    page = {**_page(found), "challenge_form": form}
    if not form.validate():
        return invalid(form, _EDITOR, **page)
    try:
        challenges.change(db.session(), found.id, by=current_visitor().actor, **_fields(form))
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, **page)
    return _saved(challenge, _("Saved."))


@bp.get("/<uuid:challenge>/preview")
@for_managers
def preview(challenge: UUID) -> str:
    """What an advocate sees before they begin."""
    run = runs.preview_of(db.session(), challenge)
    steps = [{"title": step.title, "state": "open", "points": step.points} for step in run.steps]
    return render_template("program/challenges/preview.html", run=run, steps=steps, usual=None)


@bp.post("/<uuid:challenge>/publication")
@for_managers
def publish(challenge: UUID) -> ResponseReturnValue:
    """Check and publish."""
    return _on(
        challenge, lambda number: challenges.publish(db.session(), number, by=current_visitor().actor), _("Published.")
    )


@bp.post("/<uuid:challenge>/archive")
@for_managers
def archive(challenge: UUID) -> ResponseReturnValue:
    """Take it off the list."""
    done = _("Archived. Who has begun may finish.")
    return _on(challenge, lambda number: challenges.archive(db.session(), number, by=current_visitor().actor), done)


@bp.get("/<uuid:challenge>/steps/new")
@for_managers
def new_step(challenge: UUID) -> str:
    """A step to add."""
    return render_template(_EDITOR, **_page(desk.challenge(db.session(), challenge), adding=True))


@bp.post("/<uuid:challenge>/steps")
@for_managers
def add_step(challenge: UUID) -> ResponseReturnValue:
    """Put a step at the end of a draft."""
    found = desk.challenge(db.session(), challenge)
    form = NewStageForm()

    def add() -> None:
        outline.add_stage(
            db.session(),
            found.id,
            form.kind.data,
            title=form.title.data,
            instructions=form.instructions.data or "",
            points=form.points.data,
            by=current_visitor().actor,
        )

    return _write_step(found, form, add, _page(found, adding=True), _("Step added."))


@bp.get("/<uuid:challenge>/steps/<int:position>")
@for_managers
def edit_step(challenge: UUID, position: int) -> str:
    """One step, opened for change."""
    return render_template(_EDITOR, **_page(desk.challenge(db.session(), challenge), opened=position))


@bp.post("/<uuid:challenge>/steps/<int:position>")
@for_managers
def change_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Save one step."""
    found = desk.challenge(db.session(), challenge)
    form = StageForm() if found.is_draft else StageTextForm()

    def save() -> None:
        outline.change_stage(
            db.session(),
            found.id,
            position,
            title=form.title.data,
            instructions=form.instructions.data or "",
            points=form.data.get("points"),
            by=current_visitor().actor,
        )

    return _write_step(found, form, save, _page(found, opened=position), _("Step saved."))


@bp.post("/<uuid:challenge>/steps/<int:position>/place")
@for_managers
def move_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Move a step up or down."""
    up = request.form.get("to") == "up"
    by = current_visitor().actor
    return _on(challenge, lambda number: outline.move_stage(db.session(), number, position, up=up, by=by), None)


@bp.post("/<uuid:challenge>/steps/<int:position>/removal")
@for_managers
def remove_step(challenge: UUID, position: int) -> ResponseReturnValue:
    """Take a step out of a draft."""
    by = current_visitor().actor
    return _on(
        challenge, lambda number: outline.remove_stage(db.session(), number, position, by=by), _("Step removed.")
    )


def _on(challenge: UUID, act: Callable[[int], object], done: str | None) -> ResponseReturnValue:
    """Do something to a challenge; a refusal is shown in the editor."""
    found = desk.challenge(db.session(), challenge)
    try:
        act(found.id)
    except Refusal as refusal:
        page = _page(found)
        return invalid(page["challenge_form"], _EDITOR, refusal=refusal, **page)
    return _saved(challenge, done)


def _write_step(
    found: Challenge, form: Form, write: Callable[[], None], page: dict[str, Any], done: str
) -> ResponseReturnValue:
    page = {**page, "step_form": form}
    if not form.validate():
        return invalid(form, _EDITOR, **page)
    try:
        write()
    except Refusal as refusal:
        return invalid(form, _EDITOR, refusal=refusal, **page)
    return _saved(found.public_id, done)


def _saved(challenge: UUID, said: str | None) -> Response:
    if said:
        flash(said, "ok")
    return redirect(url_for(".edit", challenge=challenge), 303)  # type: ignore[return-value]


def _posted(form: ChallengeForm) -> ChallengeForm:
    form.offer(*audience.choices(db.session()))
    return form


def _fields(form: ChallengeForm) -> dict[str, Any]:
    """What the form says, as the verbs take it. Days are whole days in the manager's zone."""
    chosen = Audience(form.for_everybody.data, tuple(form.industries.data or ()), tuple(form.countries.data or ()))
    return {
        "title": form.title.data,
        "summary": form.summary.data or "",
        "description": form.description.data or "",
        "minutes": form.minutes.data,
        "activity_type": form.activity_type.data or None,
        "audience": chosen,
        "opens_at": _midnight(form.opens_on.data),
        "closes_at": _midnight(form.closes_on.data, days=1),
    }


def _midnight(day: Any, *, days: int = 0) -> datetime | None:
    zone = ZoneInfo(current_visitor().time_zone)
    return datetime.combine(day + timedelta(days=days), time(), zone) if day else None


def _day(moment: datetime | None, *, days: int = 0) -> Any:
    zone = ZoneInfo(current_visitor().time_zone)
    return (moment.astimezone(zone) - timedelta(days=days)).date() if moment else None


def _page(found: Challenge, *, opened: int | None = None, adding: bool = False) -> dict[str, Any]:
    """The editor with one step open, or with a step to add."""
    chosen = challenges.audience_of(found)
    form = ChallengeForm(
        formdata=None,
        data={
            **{name: getattr(found, name) for name in ("title", "summary", "description", "minutes")},
            "activity_type": found.activity_type or "",
            "for_everybody": chosen.for_everybody,
            "industries": list(chosen.industries),
            "countries": list(chosen.countries),
            "opens_on": _day(found.opens_at),
            "closes_on": _day(found.closes_at, days=1),
        },
    )
    form.offer(*audience.choices(db.session()))
    stage = next((each for each in found.stages if each.position == opened), None)
    if opened is not None and stage is None:
        raise NotFound
    return {
        "challenge": found,
        "challenge_form": form,
        "kind_of": kind_of,
        "kind_label": activities.label(found.activity_type),
        "checks": challenges.checks(found),
        "reach": audience.size(db.session(), chosen),
        "opened": opened,
        "adding": adding,
        "step_form": _step_form(found, stage) if stage or adding else None,
    }


def _step_form(found: Challenge, stage: Stage | None) -> Form:
    if stage is None:
        return NewStageForm(formdata=None, data={"kind": "confirm", "points": 0})
    kind = StageForm if found.is_draft else StageTextForm
    return kind(formdata=None, obj=stage)

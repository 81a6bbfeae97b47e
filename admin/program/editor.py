"""What the editor of challenges is given: its forms, filled from the challenge, and what stands beside them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.challenges import activities, audience, audience_form, openings
from portal.challenges.audience import Audience
from portal.challenges.checks import checks
from portal.challenges.forms import ChallengeForm, NewStageForm, StageForm, step_form
from portal.challenges.models import Challenge, Stage
from portal.challenges.queries import audiences, desk
from portal.challenges.stages import Check, kind_of
from portal.challenges.states import Verification
from portal.database import db
from portal.database.refusal import NotFound
from portal.web.forms import Form
from portal.web.visitor import current_visitor

_HOURS: Final = 24
_FIELDS: Final = {
    "summary": _l("Summary"),
    "for_everybody": _l("Audience"),
    "closes_on": _l("Last day"),
    "places": _l("Places"),
}
"""Where a check leads to, in a word."""


def posted() -> ChallengeForm:
    """The form of a challenge as it was sent."""
    form = ChallengeForm()
    form.offer(audiences.choices(db.session()))
    return form


def fields(form: ChallengeForm) -> dict[str, Any]:
    """What the form says, as the verbs take it. Days are whole days in the manager's zone."""
    return {
        "title": form.title.data,
        "summary": form.summary.data or "",
        "description": form.description.data or "",
        "minutes": form.minutes.data,
        "activity_type": form.activity_type.data or None,
        "audience": form.chosen(db.session()),
        "opens_at": _midnight(form.opens_on.data),
        "closes_at": _midnight(form.closes_on.data, days=1),
        "places": form.places.data,
        "pause_hours": form.pause_days.data * _HOURS if form.pause_days.data else None,
    }


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    zone = ZoneInfo(current_visitor().time_zone)
    if day is None:
        return None
    if day.year in openings.YEARS:
        day += timedelta(days=days)
    return datetime.combine(day, time(), zone)


def _day(moment: datetime | None, *, days: int = 0) -> date | None:
    zone = ZoneInfo(current_visitor().time_zone)
    return (moment.astimezone(zone) - timedelta(days=days)).date() if moment else None


def page(found: Challenge, *, opened: int | None = None, adding: bool = False) -> dict[str, Any]:
    """The editor with one step open, or with a step to add."""
    chosen = audience.of(found)
    form = ChallengeForm(
        formdata=None,
        data={
            **{name: getattr(found, name) for name in ("title", "summary", "description", "minutes")},
            "activity_type": found.activity_type or "",
            **audience_form.filled(chosen, _addresses(chosen)),
            "opens_on": _day(found.opens_at),
            "closes_on": _day(found.closes_at, days=1),
            "places": found.places,
            "pause_days": -(-found.pause_hours // _HOURS) if found.pause_hours else None,
        },
    )
    form.offer(audiences.choices(db.session()))
    stage = _stage_at(found, opened) if opened is not None else None
    counted = reach(chosen, url_for("program_audiences.count", challenge=found.public_id))
    return {
        "challenge": found,
        "challenge_form": form,
        "kind_of": kind_of,
        "versions": desk.editions(db.session(), found),
        "kind_label": activities.label(found.activity_type),
        **looked_at(found, counted),
        **counted,
        "opened": opened,
        "adding": adding,
        "step_form": _step_form(found, stage) if stage or adding else None,
    }


def publication(found: Challenge) -> dict[str, Any]:
    """What stands on the page before the button that publishes."""
    counted = reach(audience.of(found), url_for("program_audiences.count", challenge=found.public_id))
    return {
        "challenge": found,
        "kind_label": activities.label(found.activity_type),
        "versions": desk.editions(db.session(), found),
        **looked_at(found, counted),
        **counted,
    }


def looked_at(found: Challenge, counted: dict[str, Any]) -> dict[str, Any]:
    """The checks in three lists: what has to be mended first, what is worth a look, what is fine."""
    made = checks(db.session(), found, reached=counted["reached"])
    return {
        "to_mend": [_line(found, check) for check in made if not check.ok and check.blocks],
        "to_look_at": [_line(found, check) for check in made if not check.ok and not check.blocks],
        "fine": [_line(found, check) for check in made if check.ok],
    }


def _line(found: Challenge, check: Check) -> dict[str, Any]:
    """A check as a line of a list, with a link to where it is mended."""
    ok = True if check.ok else False if check.blocks else None
    return {"label": check.sentence, "ok": ok, "link": None if check.ok else _mended_at(found, check)}


def _mended_at(found: Challenge, check: Check) -> tuple[str, str]:
    of = found.public_id
    if check.position is not None:
        asks = _stage_at(found, check.position).kind == "questions" and check.sets_up
        page = "program_questions.index" if asks else "program_challenges.edit_step"
        anchor = None if asks else "steps"
        name = _("Step %(position)s", position=check.position)
        return url_for(page, challenge=of, position=check.position, _anchor=anchor), name
    if check.field:
        return url_for("program_challenges.edit", challenge=of, _anchor=check.field), str(_FIELDS[check.field])
    return url_for("program_challenges.new_step", challenge=of, _anchor="steps"), _("Add step")


def empty() -> ChallengeForm:
    """The form of a challenge that is yet to be made."""
    form = ChallengeForm(formdata=None, data={"for_everybody": True, "minutes": 10})
    form.offer(audiences.choices(db.session()))
    return form


def reach(chosen: Audience | None, counted_at: str) -> dict[str, Any]:
    """What the count beside an audience shows, and where it is counted again; none where it cannot be counted."""
    reached = audience.size(db.session(), chosen) if chosen is not None else None
    return {"reached": reached, "most": audience.CAP, "counted_at": counted_at}


def _addresses(chosen: Audience) -> dict[int, str]:
    people = (*chosen.people, *chosen.not_people)
    return audiences.addresses(db.session(), people) if people else {}


def posted_step(found: Challenge, position: int) -> StageForm:
    """The form of a step as it was sent. Refuses `NotFound`."""
    return step_form(_stage_at(found, position).kind)


def after_adding(found: Challenge, stage: Stage) -> str:
    """Where a new step is set up, if its kind needs more than all others."""
    if kind_of(stage.kind).lacks(stage.setup) is None:
        return url_for("program_challenges.edit", challenge=found.public_id)
    page = "program_questions.index" if stage.kind == "questions" else "program_challenges.edit_step"
    return url_for(page, challenge=found.public_id, position=stage.position)


def step_fields(form: StageForm) -> dict[str, Any]:
    """What the form of a step says, as the verbs take it; what it does not hold stays as it is."""
    given = form.data
    return {
        "title": given["title"],
        "instructions": given["instructions"] or "",
        "points": given.get("points"),
        "verification": Verification(given["verification"]) if given.get("verification") else None,
        "setup": {name: given[name] for name in form.setup_fields} if form.setup_fields else None,
    }


def _stage_at(found: Challenge, position: int) -> Stage:
    for stage in found.stages:
        if stage.position == position:
            return stage
    raise NotFound


def _step_form(found: Challenge, stage: Stage | None) -> Form | None:
    if not found.is_open:
        return None
    if stage is None:
        return NewStageForm(formdata=None, data={"kind": "confirm", "points": 0})
    return step_form(stage.kind, formdata=None, obj=stage, stage=stage.id, **stage.setup)

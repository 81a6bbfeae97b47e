"""What the editor of challenges is given: its forms, filled from the challenge, and what stands beside them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.challenges import activities, audience, challenges
from portal.challenges.audience import Audience
from portal.challenges.forms import ChallengeForm, NewStageForm, StageForm, StageTextForm
from portal.challenges.models import Challenge, Stage
from portal.challenges.stages import kind_of
from portal.database import db
from portal.database.refusal import NotFound
from portal.web.forms import Form
from portal.web.visitor import current_visitor


def posted() -> ChallengeForm:
    """The form of a challenge as it was sent."""
    form = ChallengeForm()
    form.offer(*audience.choices(db.session()))
    return form


def fields(form: ChallengeForm) -> dict[str, Any]:
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


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    zone = ZoneInfo(current_visitor().time_zone)
    if day is None:
        return None
    if day.year in challenges.YEARS:
        day += timedelta(days=days)
    return datetime.combine(day, time(), zone)


def _day(moment: datetime | None, *, days: int = 0) -> date | None:
    zone = ZoneInfo(current_visitor().time_zone)
    return (moment.astimezone(zone) - timedelta(days=days)).date() if moment else None


def page(found: Challenge, *, opened: int | None = None, adding: bool = False) -> dict[str, Any]:
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
    return kind(formdata=None, obj=stage, stage=stage.id)

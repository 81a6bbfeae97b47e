"""What the preview of a challenge is given: the page of an advocate who has not begun, where nothing can be sent."""

from __future__ import annotations

from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _

from portal.challenges.queries.runs import Run, Step
from portal.database.refusal import NotFound

_PHONE: Final = "phone"


def page(run: Run) -> dict[str, Any]:
    """The preview of what the address asks for: `step`, by its number, and the `width`. Refuses `NotFound`."""
    shown = _shown(run)
    on_phone = request.args.get("width") == _PHONE
    width = _PHONE if on_phone else None
    here = shown.position if shown else None
    return {
        "run": run,
        "step": shown,
        "form": shown.form if shown else None,
        "preview": True,
        "on_phone": on_phone,
        "steps": [_mark(run, step, here, width) for step in run.steps],
        "before": _at(run, None, width),
        "following": _at(run, (here or 0) + 1, width) if (here or 0) < len(run.steps) else None,
        "widths": [
            {"label": _("Wide"), "href": _at(run, here, None), "current": not on_phone},
            {"label": _("Phone"), "href": _at(run, here, _PHONE), "current": on_phone},
        ],
        "crumbs": [
            (_("Challenges"), url_for("program_challenges.index")),
            (run.title, url_for("program_challenges.edit", challenge=run.public_id)),
            (_("Preview"), None),
        ],
    }


def _shown(run: Run) -> Step | None:
    given = request.args.get("step")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= 2):
        raise NotFound
    return run.at(int(given))


def _at(run: Run, step: int | None, width: str | None) -> str:
    return url_for("program_challenges.preview", challenge=run.public_id, step=step, width=width)


def _mark(run: Run, step: Step, here: int | None, width: str | None) -> dict[str, Any]:
    now = step.position == here
    return {
        "title": step.title,
        "state": "now" if now else "open",
        "points": step.points,
        "href": None if now else _at(run, step.position, width),
    }

"""What the preview of a challenge is given: the page of an advocate who has not begun, where nothing can be sent."""

from __future__ import annotations

from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _

from portal.challenges.queries.runs import Run, Step
from portal.database.refusal import NotFound

_PHONE: Final = "phone"
_WIDE: Final = "wide"
_NO_STEP: Final = 0


def edition() -> int | None:
    """Which edition the address asks for; none: what is being made, or what is offered. Refuses `NotFound`."""
    return _number("edition", 9)


def page(run: Run, edition: int | None) -> dict[str, Any]:
    """The preview of what the address asks for: `step`, by its number, and the `width`. Refuses `NotFound`."""
    here = _number("step", 2) or _NO_STEP
    shown = run.at(here) if here != _NO_STEP else None
    on_phone = request.args.get("width") == _PHONE

    def at(step: int, width: str = _PHONE if on_phone else _WIDE) -> str:
        page, of = "program_challenges.preview", run.public_id
        return url_for(page, challenge=of, edition=edition, step=step, width=width)

    return {
        "run": run,
        "step": shown,
        "form": shown.form if shown else None,
        "preview": True,
        "on_phone": on_phone,
        "edition": edition,
        "steps": [_mark(step, here, at(step.position)) for step in run.steps],
        "before": at(_NO_STEP),
        "following": at(here + 1) if here < len(run.steps) else None,
        "widths": [
            {"label": _("Wide"), "href": at(here, _WIDE), "current": not on_phone},
            {"label": _("Phone"), "href": at(here, _PHONE), "current": on_phone},
        ],
        "crumbs": [
            (_("Challenges"), url_for("program_challenges.index")),
            (run.title, url_for("program_challenges.edit", challenge=run.public_id)),
            (_("Preview"), None),
        ],
    }


def _number(name: str, digits: int) -> int | None:
    given = request.args.get(name)
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= digits):
        raise NotFound
    return int(given)


def _mark(step: Step, here: int, href: str) -> dict[str, Any]:
    now = step.position == here
    return {
        "title": step.title,
        "state": "now" if now else "open",
        "points": step.points,
        "href": None if now else href,
    }

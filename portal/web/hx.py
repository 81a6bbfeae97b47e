"""htmx, in one file: what a request of it looks like, and how it is answered."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Flask, Response, make_response, render_template, request
from htmx_flask.requests import HtmxAwareRequest
from jinja2_fragments.flask import render_block


def is_partial() -> bool:
    """Whether htmx asks for a piece of the page, not for the page."""
    asked = cast(HtmxAwareRequest, request)
    return (
        bool(asked.htmx)
        and request.headers.get("HX-Request-Type") != "full"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def target_id() -> str | None:
    """The id of the element that will be replaced; htmx 4 sends `tag#id`."""
    return request.headers.get("HX-Target", "").partition("#")[2] or None


def fragment(template: str, block: str, **context: Any) -> str:
    """One block of a page's own template."""
    return render_block(template, block, **context)


def show(template: str, *, block: str, **context: Any) -> str:
    """The page, or only its block where htmx asks for a piece."""
    return fragment(template, block, **context) if is_partial() else render_template(template, **context)


def respond(body: str, *, trigger: dict[str, dict[str, Any]] | None = None, push: str | None = None) -> Response:
    """Answer htmx, with events for the page (`HX-Trigger`) and an address for the history.

    Events go to the body: the element that asked may be gone when they fire.
    """
    response = make_response(body)
    if trigger:
        events = {name: {"target": "body", **detail} for name, detail in trigger.items()}
        response.headers["HX-Trigger"] = json.dumps(events)
    if push:
        response.headers["HX-Push-Url"] = push
    return response


def init_app(app: Flask) -> None:
    """Let caches tell pieces and pages apart."""

    @app.after_request
    def vary(response: Response) -> Response:
        response.vary.update(("HX-Request", "HX-Request-Type"))
        return response

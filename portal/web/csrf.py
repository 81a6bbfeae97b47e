"""Requests that change something must come from our own pages (security.md 12)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, abort, request

from portal.web.app import SAFE
from portal.web.forms import csrf

EXEMPT: Final = {
    "web.csp_report": "browsers send violation reports without cookies or tokens; it only writes a log line"
}
"""Routes without the token, each with its reason."""


def init_app(app: Flask) -> None:
    """Check origin and token of each unsafe request, before anybody is identified."""

    @app.before_request
    def same_origin() -> None:
        if request.method in SAFE or request.endpoint in EXEMPT:
            return
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site is not None and site not in {"same-origin", "none"}:
            abort(403)
        if origin is not None and origin != "null" and urlsplit(origin).netloc != request.host:
            abort(403)

    csrf.init_app(app)

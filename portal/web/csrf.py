"""Requests that change something must come from our own pages."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, abort, g, request

from portal.settings import Settings
from portal.web.app import SAFE
from portal.web.forms import csrf

EXEMPT: Final = {
    "web.csp_report": "browsers send violation reports without cookies or tokens; it only writes a log line",
    "messages.unsubscribe": "mail programs end a kind of mail with one click (RFC 8058), without cookies; the signed "
    "token of the address speaks, and can do nothing else",
}
"""Routes without the token, each with its reason."""

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def init_app(app: Flask, settings: Settings) -> None:
    """Check origin and token of each unsafe request, before anybody is identified.

    Pages whose address holds a secret send no referrer, and so `null` as their origin; the token speaks for them.
    """

    @app.before_request
    def same_origin() -> None:
        if request.method in SAFE or request.endpoint in EXEMPT:
            return
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        foreign_site = site is not None and site not in {"same-origin", "none"}
        if foreign_site or (origin is not None and origin != "null" and origin not in _own_origins(settings)):
            g.denied = "origin"
            abort(403)
        refuse_other_bodies()
        if request.endpoint is not None:
            csrf.protect()

    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked above, where the exempt routes are known
    csrf.init_app(app)


def refuse_other_bodies() -> None:
    """Answer 415 to a body that is no form; exempt routes that read a form ask for it themselves."""
    if request.mimetype and request.mimetype not in _FORMS:
        abort(415)


def _own_origins(settings: Settings) -> set[str]:
    """Where our pages come from: the base URL, scheme and port too; outside production also where they are served."""
    base = urlsplit(settings.base_url)
    usual = ":443" if base.scheme == "https" else ":80"
    own = {f"{base.scheme}://{base.netloc.lower().removesuffix(usual)}"}
    return own if settings.env == "production" else own | {request.host_url.rstrip("/")}

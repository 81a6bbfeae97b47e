"""The blueprint of access, and what its pages share."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from portal.access import sessions
from portal.access.visitor import browser_session
from portal.database import db
from portal.web.headers import keep_secret
from portal.web.shell import add_link

bp = Blueprint("access", __name__)

_WITH_TOKEN: Final = frozenset(
    {
        *("access.open_link", "access.follow_link", "access.invitation", "access.accept"),
        *("access.open_password_link", "access.set_by_link"),
    }
)
_ASKED_SECONDS: Final = 15 * 60
_NEVER_NEXT: Final = ("access.", "static", "web.", "demo")

for _name, _endpoint in (("account", "account"), ("sign_out", "sign_out"), ("sign_in", "sign_in")):
    add_link(_name, f"access.{_endpoint}")


@bp.after_request
def _tell_nobody(response: Response) -> Response:
    return keep_secret(response) if request.endpoint in _WITH_TOKEN else response


def enter(person_id: int, next_path: str | None = None) -> AnyResponse:
    """Sign a person in with a new token, and send them on."""
    cookie = browser_session()
    former = cookie.token_hash
    token_hash = cookie.renew(current_app.config["PORTAL"])
    sessions.start(db.session(), person_id, token_hash, request.user_agent.string, replaces=former)
    return redirect(own_page(next_path) or "/", 303)


def asked_by() -> str | None:
    """The secret of the browser that asked for a link, if it is this one."""
    value = request.cookies.get(_cookie(), "")
    return value if 40 <= len(value) <= 64 else None


def remember(response: Response, browser: str) -> None:
    """Let this browser be known as the one that asked."""
    response.set_cookie(
        _cookie(),
        browser,
        max_age=_ASKED_SECONDS,
        path="/",
        secure=current_app.config["PORTAL"].https,
        httponly=True,
        samesite="Lax",
    )


def _cookie() -> str:
    return "__Host-asked" if current_app.config["PORTAL"].https else "asked"


def own_page(path: str | None) -> str | None:
    """A path that a GET of this portal shows; None for anything else, other sites above all."""
    if not path or not path.startswith("/") or path[1:2] in {"/", "\\"} or not path.isprintable():
        return None
    adapter = current_app.url_map.bind("localhost")
    try:
        endpoint, _arguments = adapter.match(path.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return None
    if str(endpoint).startswith(_NEVER_NEXT) and endpoint != "access.account":
        return None
    return path

"""What every answer carries, errors and files included (security.md 1-5, 10)."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from portal.web.headers import POLICY
from tests.authorisation.forms import fields_of
from tests.authorisation.matrix import MATRIX, Row
from tests.authorisation.stand import Stand
from tests.authorisation.test_matrix import path_of, things
from tests.authorisation.world import BROWSER
from tests.web.test_csrf import persona_of

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SECRET: Final = (
    "/sign-in/<token>",
    "/password/<token>",
    "/invitation/<token>",
    "/references/withdraw/<token>",
    "/unsubscribe/<token>",
    "/demo/mail",
)
LEADS_AWAY: Final = "/challenges/<uuid:challenge>/steps/<int:position>/page"
"""Redirects to a page of somebody else, who is not told whence."""
SERVED: Final = "/challenges/files/<uuid:file>"
"""Files of people, of which a browser runs nothing."""
FILES: Final = frozenset({"/static/<path:filename>", "/style.css"})


def assert_hardened(answer: TestResponse, *, secret: bool = False, file: bool = False, served: bool = False) -> None:
    """All that security.md asks of every answer."""
    own = {"Content-Security-Policy": "sandbox; default-src 'none'"} if served else {}
    for name, value in {**ALWAYS, **own}.items():
        assert answer.headers.get_all(name) == [value], f"{name} of {answer.request.path} ({answer.status})"
    referrer = "no-referrer" if secret else "strict-origin-when-cross-origin"
    assert answer.headers.get_all("Referrer-Policy") == [referrer]
    permissions = answer.headers["Permissions-Policy"]
    assert all(f"{feature}=()" in permissions for feature in ("camera", "microphone", "geolocation", "payment", "usb"))
    assert not [name for name, _value in answer.headers if name.startswith("Access-Control")]
    assert "no-store" in answer.headers.get("Cache-Control", "") or file
    assert "Server" not in answer.headers or "Werkzeug" in answer.headers["Server"]
    if "text/html" in answer.content_type:
        assert not re.search(r"\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)|<style|javascript:", answer.text)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.rule}")
def test_every_route_is_hardened_shown_and_refused(stand: Stand, row: Row) -> None:
    app = stand.demo if row.demo else stand.app
    persona = persona_of(row) if row.rule != "/csp-report" else "anonymous"
    own = things(row, persona)[0] if row.of else None
    for who, token in ((persona, None), ("anonymous", None), ("sales", "")):
        more: dict[str, Any] = {"data": fields_of(row.rule, stand.world)} if row.method == "POST" else {}
        cookies = f"__Host-asked={BROWSER}"
        answer = stand.send(row.method, path_of(stand, row, own), who, app=app, token=token, cookies=cookies, **more)
        secret = row.rule.startswith(SECRET) and not (row.method == "POST" and answer.status_code in {400, 403})
        if row.rule == "/sign-in/code":
            secret = False
        leaving = row.rule == LEADS_AWAY and answer.headers.get("Location", "").startswith("https://")
        served = row.rule == SERVED and answer.status_code == 200
        away = secret or leaving or row.rule.startswith(SECRET)
        assert_hardened(answer, secret=away, file=row.rule in FILES, served=served)
        assert not served or answer.headers["Content-Disposition"].startswith("attachment")
    stand.restore()


ERRORS: Final = {
    404: ("GET", "/nothing/here", {}),
    405: ("DELETE", "/account", {}),
    400: ("GET", "/challenges?tab=a%00b", {}),
    413: ("POST", "/account", {"data": {"name": "x" * 1_200_000}}),
    403: ("GET", "/admin", {}),
    308: ("GET", "//nothing", {}),
}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_are_hardened(stand: Stand, status: int) -> None:
    method, path, more = ERRORS[status]
    answer = stand.send(method, path, "advocate", **more)
    assert answer.status_code == status
    assert_hardened(answer)
    assert status == 308 or "<h1" in answer.text


def test_a_file_that_is_not_there_and_one_that_is(stand: Stand) -> None:
    assert_hardened(stand.send("GET", "/static/js/none.js"))
    there = stand.send("GET", "/static/js/app.js")
    assert_hardened(there, file=True)
    assert there.content_type.startswith("text/javascript")


def test_an_accident_is_hardened(stand: Stand) -> None:
    app = stand.another()
    app.view_functions["web.healthz"] = planted = lambda: 1 // 0
    planted.policy = stand.app.view_functions["web.healthz"].policy  # type: ignore[attr-defined]
    answer = stand.send("GET", "/healthz", app=app)
    assert answer.status_code == 500
    assert_hardened(answer)


def test_a_missing_header_is_noticed(stand: Stand) -> None:
    answer = stand.send("GET", "/terms")
    answer.headers.remove("X-Content-Type-Options")
    with pytest.raises(AssertionError, match="X-Content-Type-Options"):
        assert_hardened(answer)


def cookies(answer: TestResponse) -> dict[str, str]:
    """The cookies that an answer sets, by name."""
    found = answer.headers.get_all("Set-Cookie")
    return {cookie.partition("=")[0]: cookie.partition(";")[2].lower() for cookie in found}


def test_cookies_are_bound_to_https_and_this_host(stand: Stand) -> None:
    asked = stand.send("POST", "/sign-in", data={"email": "ana.mitchell@world.example"})
    entered = stand.send("POST", f"/sign-in/{stand.world.things['sign-in token']}", cookies=f"__Host-asked={BROWSER}")
    told = stand.send("POST", "/messages/read", "advocate")
    stand.restore()
    found = {**cookies(asked), **cookies(entered), **cookies(told)}
    assert {"__Host-asked", "__Host-session", "__Host-notice"} <= set(found)
    for name, attributes in found.items():
        assert name.startswith("__Host-")
        words = {word.strip() for word in attributes.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= words
        assert not [word for word in words if word.startswith("domain")]


def test_without_https_cookies_carry_no_prefix_that_browsers_would_drop(stand: Stand) -> None:
    app = stand.another(env="demo", base_url="http://localhost:8000")
    answer = app.test_client().get("/sign-in", base_url="http://localhost:8000")
    assert "Strict-Transport-Security" not in answer.headers
    ((name, attributes),) = cookies(answer).items()
    words = {word.strip() for word in attributes.split(";")}
    assert name == "session"
    assert {"httponly", "samesite=lax", "path=/"} <= words
    assert "secure" not in words


def test_the_session_cookie_is_a_random_token_and_new_at_sign_in(stand: Stand) -> None:
    """Nobody can plant a session that is then signed in (security.md 26)."""
    link = f"/sign-in/{stand.world.things['sign-in token']}"
    entered = stand.send("POST", link, cookies=f"__Host-asked={BROWSER}")
    stand.restore()
    found = next(cookie for cookie in entered.headers.get_all("Set-Cookie") if cookie.startswith("__Host-session="))
    assert re.fullmatch(r"[\w-]{43}", found.partition("=")[2].partition(";")[0])


def test_leaving_clears_what_the_browser_kept(stand: Stand) -> None:
    answer = stand.send("POST", "/sign-out", "advocate")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert stand.send("GET", "/account", "advocate").status_code == 303
    stand.restore()
    assert stand.send("GET", "/account", "advocate").status_code == 200

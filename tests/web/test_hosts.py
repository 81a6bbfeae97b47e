"""Requests name one of our hosts, and no header makes us believe another."""

from __future__ import annotations

from typing import Final

import pytest
from flask import request
from werkzeug.wrappers import Response

from portal.web.app import Portal
from tests.authorisation.stand import Stand

FOREIGN: Final = (
    "evil.example",
    "portal.example.com.evil.example",
    "evil-portal.example.com",
    "sub.portal.example.com",
    "portal.example.com@evil.example",
    "evil.example:443",
    "portal.example.com.",
    "portal.example.org",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0.0.0.0",
    "169.254.169.254",
    "portal.example.com/evil",
    "portal.example.com?x",
    "portal.example.com#x",
    "portal.example.com, evil.example",
    "portal.example.com evil.example",
    "\tportal.example.com",
    "p\u00f6rtal.example.com",
    "xn--prtal-jua.example.com",
    "portal%2eexample.com",
    "..",
    "-",
    "'",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "portal.example.com:99999999",
    "portal.example.com:evil",
    "a" * 300,
)


def host_sent(stand: Stand, host: str, path: str = "/sign-in") -> Response:
    """A request whose Host header is exactly this."""
    client = stand.app.test_client(use_cookies=False)
    return client.get(path, base_url="https://portal.example.com", environ_overrides={"HTTP_HOST": host})


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(stand: Stand, host: str) -> None:
    for path in ("/sign-in", "/nothing", "/static/js/app.js", "/account"):
        answer = host_sent(stand, host, path)
        assert answer.status_code == 400, f"{path}: {answer.status}"
        assert "evil" not in answer.headers.get("Location", "")
        assert "<script>alert" not in answer.get_data(as_text=True)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["portal.example.com", "portal.example.com:443"])
def test_our_own_host_is_answered(stand: Stand, host: str) -> None:
    assert host_sent(stand, host).status_code == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Host", "X-Original-Url", "X-Rewrite-Url", "Forwarded", "X-Forwarded-Prefix"]
)
def test_no_other_header_names_the_host_or_the_path(stand: Stand, header: str) -> None:
    plain = stand.send("GET", "/challenges")
    spoofed = stand.send("GET", "/challenges", headers={header: "host=evil.example"})
    assert spoofed.headers["Location"] == plain.headers["Location"]
    assert spoofed.status_code == plain.status_code


def test_an_absolute_redirect_never_leaves_the_base_url(stand: Stand) -> None:
    for path in ("/", "/account", "/admin"):
        assert stand.send("GET", path).headers["Location"].startswith("/sign-in")


def with_proxies(stand: Stand, count: int) -> Portal:
    """The portal behind so many proxies; `/healthz` tells the address it believes."""
    app = stand.another(trusted_proxies=count)
    tell = app.view_functions["web.healthz"]

    def told() -> str:
        return f"{request.remote_addr} {request.scheme} {request.host}"

    told.policy = tell.policy  # type: ignore[attr-defined]
    app.view_functions["web.healthz"] = told
    return app


SPOOFED: Final = ("203.0.113.66", "203.0.113.66, 198.51.100.7", "evil", "", "127.0.0.1, 10.0.0.1, 198.51.100.7")


@pytest.mark.parametrize("claimed", SPOOFED)
def test_without_a_proxy_no_forwarded_address_is_believed(stand: Stand, claimed: str) -> None:
    answer = stand.send("GET", "/healthz", app=with_proxies(stand, 0), headers={"X-Forwarded-For": claimed})
    assert answer.text.split()[0] == "127.0.0.1"


@pytest.mark.parametrize("claimed", SPOOFED)
def test_behind_one_proxy_only_its_own_entry_is_believed(stand: Stand, claimed: str) -> None:
    added = f"{claimed}, 192.0.2.44" if claimed else "192.0.2.44"
    answer = stand.send("GET", "/healthz", app=with_proxies(stand, 1), headers={"X-Forwarded-For": added})
    assert answer.text.split()[0] == "192.0.2.44"


def test_a_proxy_tells_the_scheme_but_never_the_host(stand: Stand) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "192.0.2.44"}
    app = with_proxies(stand, 1)
    answer = stand.send("GET", "/healthz", app=app, headers=headers, base="http://portal.example.com")
    assert answer.text == "192.0.2.44 https portal.example.com"


def test_spoofed_addresses_do_not_escape_the_limit_on_tries(stand: Stand) -> None:
    statuses = []
    for number in range(4):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        answer = stand.send("POST", "/sign-in", data={"email": "ana.mitchell@world.example"}, headers=headers)
        statuses.append(answer.status_code)
    stand.restore()
    assert statuses == [303, 303, 303, 429]

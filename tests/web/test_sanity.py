"""What no browser of ours sends is refused before anything reads it (security.md 40, 41)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest

from portal.web.paging import encode
from tests.authorisation.matrix import MATRIX
from tests.authorisation.stand import Stand
from tests.authorisation.test_matrix import path_of, things
from tests.web.test_csrf import persona_of

PAGES: Final = [
    row
    for row in MATRIX
    if row.method == "GET" and not row.rule.startswith(("/static", "/demo", "/healthz", "/styleguide"))
]
LISTS: Final = (
    ("advocate", "/challenges"),
    ("advocate", "/points"),
    ("advocate", "/rewards"),
    ("advocate", "/redemptions"),
    ("advocate", "/messages"),
    ("manager", "/admin/approvals"),
    ("manager", "/admin/challenges"),
    ("manager", "/admin/people"),
    ("manager", "/admin/nominations"),
    ("manager", "/admin/rewards"),
    ("manager", "/admin/redemptions"),
    ("manager", "/admin/calls/exceptions"),
    ("manager", "/admin/calls/exceptions?show=over"),
    ("sales", "/sales/requests/exceptions"),
    ("manager", "/admin/calls?show=due"),
    ("manager", "/admin/calls?show=waiting"),
    ("manager", "/admin/calls?show=people"),
    ("manager", "/admin/calls?show=companies"),
    ("manager", "/admin/requests"),
    ("manager", "/admin/pool"),
    ("manager", "/admin/pool?show=members"),
    ("sales", "/sales"),
    ("sales", "/sales/find"),
    ("sales", "/sales/find?text=depot"),
    ("sales", "/sales/requests"),
    ("sales", "/sales/nominate"),
)
HUGE: Final = 2**63
PARTS: Final = (
    HUGE,
    -1,
    -HUGE - 1,
    1e308,
    float("inf"),
    "x",
    "",
    None,
    "2026-13-45",
    "9999999-01-01",
    "\u0661",
    "a" * 9000,
)
CURSORS: Final = (
    *[encode(tuple([part] * size)) for part in PARTS for size in (1, 2, 3)],
    encode(()),
    encode((1, 2, 3, 4)),
    "x",
    "!!!!",
    "é",
    "bnVsbA",
    "e30",
    quote("W10="),
    "W1tdXQ",
    "WzFd\n",
    "TmFO",
    "W05hTl0",
    encode(([],)),
    encode(("a\x00b",)),
    encode(("\ud800",)),
    "W" * 5000,
    __import__("base64").urlsafe_b64encode(b"[" * 60_000).decode(),
    __import__("base64").urlsafe_b64encode(b"[" + b"9" * 5000 + b"]").decode(),
)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.rule)
def test_broken_text_in_an_address_is_refused(stand: Stand, row: object) -> None:
    persona = persona_of(row)  # type: ignore[arg-type]
    own = things(row, persona)[0] if row.of else None  # type: ignore[arg-type,attr-defined]
    path = path_of(stand, row, own)  # type: ignore[arg-type]
    for broken in (
        "q=%00",
        "%00=q",
        "q=%ED%A0%80",
        "q=%FF%FE",
        "%C0%AF=x",
        "text=a%00",
        "state=x&state=y",
        "after=1&after=2",
    ):
        assert stand.send("GET", f"{path}?{broken}", persona).status_code == 400, broken
    assert stand.changed() == []


@pytest.mark.parametrize(
    "path",
    [
        "/challenges/%00",
        "/static/%00",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/x",
        "/%ff",
        "/sign-in/%00",
        "/invitation/%ED%A0%80",
    ],
)
def test_broken_text_in_a_path_is_refused(stand: Stand, path: str) -> None:
    assert stand.send("GET", path, "advocate").status_code in {400, 404, 410}


@pytest.mark.parametrize(("persona", "path"), LISTS)
def test_a_cursor_that_no_page_gave_is_refused_or_shows_a_page(stand: Stand, persona: str, path: str) -> None:
    wrong = []
    for cursor in CURSORS:
        joined = f"{path}{'&' if '?' in path else '?'}after={quote(cursor)}"
        answer = stand.send("GET", joined, persona)
        if answer.status_code not in {200, 400, 422}:
            wrong.append((cursor[:60], answer.status))
    assert wrong == []


QUERIES: Final = (
    "q",
    "text",
    "tab",
    "show",
    "state",
    "role",
    "status",
    "decide",
    "person",
    "opportunity",
    "challenge",
    "industry",
    "country",
    "size",
    "product",
    "next",
    "after",
)
VALUES: Final = (
    "<script>alert(1)</script>",
    "{{7*7}}canary",
    "'",
    '"><img src=x>',
    "%",
    "_",
    "\\",
    "a\u202eb",
    "-1",
    "9" * 400,
    "x" * 8000,
    "() & | ! :* <->",
    "\U0001f600",
    "\u0130",
    "00000000-0000-4000-8000-000000000000",
)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.rule)
def test_whatever_stands_in_the_query_a_page_or_a_sentence_comes(stand: Stand, row: object) -> None:
    persona = persona_of(row)  # type: ignore[arg-type]
    own = things(row, persona)[0] if row.of else None  # type: ignore[arg-type,attr-defined]
    path = path_of(stand, row, own)  # type: ignore[arg-type]
    wrong = []
    for value in VALUES:
        answer = stand.send(
            "GET", path + "?" + "&".join(f"{name}={quote(value)}" for name in QUERIES if name != "after"), persona
        )
        if (
            answer.status_code >= 500
            or "<script>alert" in answer.text
            or "<img src=x" in answer.text
            or "49canary" in answer.text
        ):
            wrong.append((value[:30], answer.status))
    assert wrong == []


@pytest.mark.parametrize("number", ["0", "99", str(2**31), str(2**63), str(10**40)])
def test_a_step_that_is_not_there_is_not_found(stand: Stand, number: str) -> None:
    things_ = stand.world.things
    for persona, path in (
        ("advocate", f"/challenges/{things_['running']}/steps/{number}"),
        ("manager", f"/admin/challenges/{things_['draft']}/steps/{number}"),
    ):
        for method, tail in (("GET", ""), ("POST", "")):
            answer = stand.send(
                method, path + tail, persona, data={"title": "x", "points": "1"} if method == "POST" else None
            )
            assert answer.status_code in {404, 422}, f"{method} {path}: {answer.status}"
    for tail in ("place", "removal"):
        answer = stand.send(
            "POST",
            f"/admin/challenges/{things_['draft']}/steps/{number}/{tail}",
            "manager",
            data={"to": "up"} if tail == "place" else None,
        )
        assert answer.status_code in {404, 409, 422}, f"{tail}: {answer.status}"
    assert stand.changed() == []


def test_a_body_has_a_largest_size_and_a_most_parts(stand: Stand) -> None:
    large = stand.send("POST", "/account", "advocate", data={"name": "x" * 70_000})
    larger = stand.send("POST", "/account", "advocate", data={"name": "x" * 1_100_000})
    many = stand.send(
        "POST",
        "/account",
        "advocate",
        data={f"field{number}": "x" for number in range(150)},
        content_type="multipart/form-data",
    )
    assert [large.status_code, larger.status_code, many.status_code] == [413, 413, 413]
    assert stand.changed() == []


@pytest.mark.parametrize(
    "header", ["Cookie", "User-Agent", "Accept-Language", "Referer", "HX-Target", "HX-Current-URL", "X-CSRFToken"]
)
def test_hostile_headers_do_no_harm(stand: Stand, header: str) -> None:
    for value in (
        "<script>alert(1)</script>",
        "x" * 9000,
        "\u00e9\u00ff",
        'theme="><b>; session=x',
        "*;q=1e309",
        "en-US-x-twain;q=-1",
    ):
        for path in ("/sign-in", "/account", "/challenges"):
            answer = stand.send(
                "GET",
                path,
                "advocate",
                headers={header: value, "HX-Request": "true"} if header.startswith("HX") else {header: value},
            )
            assert answer.status_code in {200, 303}
            assert "<script>alert(1)" not in answer.text

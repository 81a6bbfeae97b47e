"""The matrix holds: each role gets from each route what the table says, and refusals change no row."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.web.app import Portal
from tests.authorisation.forms import fields_of
from tests.authorisation.matrix import ANSWERS, MATRIX, PERSONAS, Row
from tests.authorisation.stand import Stand
from tests.authorisation.world import BROWSER

MISSING: Final = {"uuid": "00000000-0000-4000-8000-000000000000", "": "apl_" + "x" * 43, "path": "js/none.js"}
_OF_THE_REQUEST: Final = re.compile(
    r'reference[^<]*<[^>]*>[^<]*|"X-CSRFToken": "[^"]*"|value="[^"]{60,}"|#[0-9A-F]{8}\b'
)


def routes(app: Portal) -> set[tuple[str, str]]:
    """Every method and rule of an application; what the framework adds by itself left out."""
    found = app.url_map.iter_rules()
    return {(method, rule.rule) for rule in found for method in _methods(rule)}


def _methods(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - {"HEAD", "OPTIONS"}


def test_every_route_stands_in_the_table_and_every_row_has_a_route(stand: Stand) -> None:
    everywhere = [(row.method, row.rule) for row in MATRIX if not row.demo]
    in_the_demo = [(row.method, row.rule) for row in MATRIX]
    assert len(in_the_demo) == len(set(in_the_demo)), "a row stands twice"
    assert routes(stand.app) ^ set(everywhere) == set()
    assert routes(stand.demo) ^ set(in_the_demo) == set()


def test_a_route_that_nobody_thought_about_is_noticed(stand: Stand) -> None:
    known = {(row.method, row.rule) for row in MATRIX}
    app = stand.another(env="demo")
    app.url_map.add(Rule("/forgotten", endpoint="web.healthz", methods=["GET"]))
    assert routes(app) - known == {("GET", "/forgotten")}


def things(row: Row, persona: str) -> tuple[str | None, str | None]:
    """The name of one's own thing and of a foreign one, as the table's head explains."""
    near, _stroke, far = row.of.partition(" / ")
    advocates = {"advocate": "other", "other": "advocate"}
    if "{advocate}" in near:
        mine = near.format(advocate=persona) if persona in advocates else None
        return mine, near.format(advocate=advocates.get(persona, "advocate"))
    if "{rep}" in near:
        if persona in {"manager", "admin"}:
            return near.format(rep="sales"), None
        return (near.format(rep="sales") if persona == "sales" else None), near.format(rep="rep")
    if "{staff}" in near:
        return (near.format(staff=persona) if persona in {"manager", "admin"} else None), near.format(staff="colleague")
    if "{me}" in near:
        mine = near.format(me=persona) if persona != "anonymous" else None
        return mine, near.format(me=advocates.get(persona, "advocate"))
    return near, far or None


def path_of(stand: Stand, row: Row, thing: str | None) -> str:
    """The address of a route for a thing; None is one that does not exist."""
    known = stand.world.things
    free = True

    def fill(found: re.Match[str]) -> str:
        nonlocal free
        converter, name = found[1] or "", found[2]
        if name in row.fixed:
            return known.get(row.fixed[name], row.fixed[name])
        assert free, "which argument is the thing?"
        free = False
        return MISSING[converter] if thing is None else known.get(thing, thing)

    return re.sub(r"<(?:(\w+):)?(\w+)>", fill, row.rule)


def sent(stand: Stand, row: Row, persona: str, thing: str | None) -> TestResponse:
    """The row's request."""
    app = stand.demo if row.demo else stand.app
    more = {"data": fields_of(row.rule, stand.world)} if row.method == "POST" else {}
    return stand.send(
        row.method, path_of(stand, row, thing), persona, app=app, cookies=f"__Host-asked={BROWSER}", **more
    )


def check(stand: Stand, row: Row, persona: str, letter: str, thing: str | None) -> TestResponse:
    """One cell: the status, the place it leads to, and that a refusal changed nothing."""
    answer = sent(stand, row, persona, thing)
    where = f"{row.method} {row.rule} as {persona} on {thing or 'nothing'}"
    location = answer.headers.get("Location", "")
    said = " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())[-300:] if answer.status_code >= 400 else location
    assert answer.status_code == ANSWERS[letter], f"{where}: {answer.status} instead of {ANSWERS[letter]}: {said}"
    if answer.status_code == 303:
        signed_out = row.rule in {"/sign-out", "/sign-in", "/password/code", "/password/<token>"}
        assert location.startswith("/sign-in") == (letter == "d") or signed_out, f"{where} leads to {location}"
    changed = stand.changed()
    if row.method == "GET" or letter in "dfmcx":
        assert changed == [], f"{where} changed {changed}"
    elif changed or row.rule in {"/sign-in", "/sign-in/code", "/password"}:
        if persona == "admin":
            assert stand.breaches() == []
        stand.restore()
    return answer


def blank(answer: TestResponse) -> str:
    """An answer without what differs from request to request: reference, request id, CSRF token."""
    return _OF_THE_REQUEST.sub("", answer.text)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.rule}")
def test_each_role_gets_what_the_table_says(stand: Stand, row: Row) -> None:
    cells = row.cells.split()
    assert len(cells) == len(PERSONAS)
    for persona, letters in zip(PERSONAS, cells, strict=True):
        if not row.of:
            check(stand, row, persona, letters, None)
            continue
        own, foreign = things(row, persona)
        assert [letter == "-" for letter in letters[:2]] == [own is None, foreign is None], f"{persona}: {letters}"
        if own is not None:
            check(stand, row, persona, letters[0], own)
        missing = check(stand, row, persona, letters[2], None)
        if foreign is not None:
            assert letters[1] == letters[2], "foreign and missing answer alike"
            alike = check(stand, row, persona, letters[1], foreign)
            _the_same(stand, row, (foreign, alike), missing)


def _the_same(stand: Stand, row: Row, foreign: tuple[str, TestResponse], missing: TestResponse) -> None:
    name, answer = foreign
    there, nowhere = path_of(stand, row, name), path_of(stand, row, None)
    assert blank(answer).replace(there, nowhere) == blank(missing)
    varying = {"X-Request-Id", "Set-Cookie", "Content-Length"}
    seen = {key: value.replace(there, nowhere) for key, value in answer.headers if key not in varying}
    assert seen == {key: value for key, value in missing.headers if key not in varying}


def test_a_wrong_cell_is_noticed(stand: Stand) -> None:
    row = next(row for row in MATRIX if row.rule == "/admin/pool")
    with pytest.raises(AssertionError, match="403 FORBIDDEN instead of 200"):
        check(stand, replace(row, cells="d o o o o o"), "sales", "o", None)


def test_a_refusal_that_writes_is_noticed(stand: Stand) -> None:
    stand.watch.execute("UPDATE person SET title = 'planted' WHERE name = 'Ana Mitchell'")
    assert "person" in stand.changed()
    stand.restore()
    assert stand.changed() == []

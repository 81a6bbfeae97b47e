"""Log lines hold what helps and nothing that hurts; accidents are pages with a reference (security.md 60, 61, 63)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import psycopg
import pytest
import structlog

from portal.database import db
from portal.database.connections import IDLE_SECONDS
from portal.web.app import Portal
from portal.web.policy import open_to_all
from tests.authorisation.stand import KEY, STRANGER, Stand, token_for
from tests.authorisation.world import BROWSER

CANARY: Final = "canary.bird@secret-nest.example"
_PASSWORD: Final = "correct-horse-battery-staple"


def talkative(stand: Stand, view: Callable[[], Any] | None = None) -> Portal:
    """The portal with all its log lines; `/planted` runs a view of the test."""
    app = stand.another(log_level="debug")
    if view is not None:
        app.add_url_rule("/planted", "planted", open_to_all(reason="planted by a test")(view), methods=["GET", "POST"])
    return app


@pytest.fixture(autouse=True)
def _quiet_again(stand: Stand) -> Any:
    yield
    stand.another()
    stand.restore()


def test_no_secret_and_no_address_comes_into_a_line(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    app, things = talkative(stand), stand.world.things
    of_mails = ("sign-in token", "path of invited", "withdrawal token", "unsubscription token", "password token")
    names = (*of_mails, "sign-in code")
    paths = ("/sign-in/", "/invitation/", "/references/withdraw/", "/unsubscribe/", "/password/", "/nothing/")
    secrets = [things[name] for name in names]
    asked = f"__Host-asked={BROWSER}"
    for secret, path in zip(secrets, paths, strict=True):
        stand.send("GET", f"{path}{secret}", app=app, cookies=asked)
        stand.send("GET", f"/challenges?x={secret}", app=app)
    stand.send("POST", "/sign-in", app=app, data={"email": CANARY})
    stand.send("POST", "/sign-in/code", app=app, data={"code": things["sign-in code"]}, cookies=asked)
    stand.send("POST", f"/sign-in/{things['sign-in token']}", app=app, cookies=asked)
    stand.send("POST", "/account", "advocate", app=app, data={"name": CANARY, "time_zone": "UTC", "title": _PASSWORD})
    for path in ("/sign-in", "/sign-in/password"):
        stand.send("POST", path, app=app, data={"email": "ana.mitchell@world.example", "password": _PASSWORD})
    stand.send("POST", "/account/password", "advocate", app=app, data={"password": _PASSWORD})
    stand.send("POST", "/admin/people/new", "admin", app=app, data={"name": "Canary", "email": CANARY})
    stand.send("GET", f"/admin/people?q={CANARY}", "admin", app=app, headers={"Authorization": f"Bearer {_PASSWORD}"})
    stand.send("POST", "/account", "advocate", app=app, token="x.y.z", data={"name": CANARY})
    said = "".join(capfd.readouterr())
    assert said.count("event") >= 15, "nothing was logged: the test proves nothing"
    hidden = [*secrets, CANARY, "ana.mitchell", _PASSWORD, BROWSER, STRANGER, KEY, token_for(STRANGER)[:40]]
    assert [secret for secret in [*hidden, *stand.world.tokens.values()] if secret in said] == []


def test_an_accident_tells_the_reference_and_nothing_else(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise RuntimeError(f"cannot mail {CANARY} with {_PASSWORD} token={'k' * 50}")

    answer = stand.send("GET", "/planted", "advocate", app=talkative(stand, broken))
    reference = re.search(r"name this: ([0-9A-F]{8})", answer.text)
    assert answer.status_code == 500
    assert reference, "the page names no reference"
    assert answer.headers["X-Request-Id"].upper().startswith(reference[1])
    for word in ("RuntimeError", "Traceback", "canary", _PASSWORD, "/portal/", "psycopg"):
        assert word not in answer.text
    said = "".join(capfd.readouterr())
    assert answer.headers["X-Request-Id"] in said
    assert "request.failed" in said
    assert CANARY not in said
    assert "k" * 50 not in said


def test_an_error_of_the_database_does_not_write_its_parameters(
    stand: Stand, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        db.session().connection().exec_driver_sql("SELECT %s::text, 1 / 0", (_PASSWORD,))
        return ""

    answer = stand.send("GET", "/planted", "advocate", app=talkative(stand, broken))
    assert answer.status_code == 500
    assert _PASSWORD not in answer.text + "".join(capfd.readouterr())


def test_what_an_accident_had_written_is_taken_back(stand: Stand) -> None:
    def broken() -> str:
        db.session().connection().exec_driver_sql("UPDATE person SET title = 'half done'")
        raise RuntimeError

    assert stand.send("POST", "/planted", "advocate", app=talkative(stand, broken)).status_code == 500
    assert stand.changed() == []


@pytest.mark.parametrize("hostile", ["a\r\nlevel=info event=forged", "a\nevent=forged", "a\rb", "\u2028event=forged"])
def test_nobody_writes_a_line_of_their_own(stand: Stand, capfd: pytest.CaptureFixture[str], hostile: str) -> None:
    def speaks() -> str:
        structlog.get_logger("test").warning("spoken", words=hostile, nested={"words": hostile, "email": CANARY})
        return "said"

    app = talkative(stand, speaks)
    capfd.readouterr()
    assert stand.send("GET", "/planted", app=app).status_code == 200
    lines = [line for line in "".join(capfd.readouterr()).split("\n") if line]
    assert len(lines) == 2, lines
    assert all(json.loads(line)["event"] in {"spoken", "request"} for line in lines)
    assert CANARY not in "".join(lines)


def test_a_line_names_who_did_what_and_what_came_of_it(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    app = talkative(stand)
    capfd.readouterr()
    stand.send("GET", "/admin", "advocate", app=app)
    line = json.loads("".join(capfd.readouterr()).strip().split("\n")[-1])
    assert line["actor"] == stand.world.id_of("advocate")
    assert (line["method"], line["route"], line["status"], line["denied"]) == ("GET", "/admin", 403, "for_managers")
    assert len(line["request_id"]) == 32
    assert line["timestamp"].endswith("Z")


def last_line(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads("".join(capfd.readouterr()).strip().split("\n")[-1])
    return line


def test_a_line_names_what_was_done_once_it_is_kept(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    app, who = talkative(stand), stand.world.id_of("advocate")
    kept = {"name": "Ana M.", "time_zone": "UTC", "title": "CTO"}
    assert stand.send("POST", "/account", "advocate", app=app, data=kept).status_code == 303
    line = last_line(capfd)
    assert (line["did"], line["status"], line["refused"]) == ([f"person.change person:{who}"], 303, None)
    assert stand.send("GET", "/account", "advocate", app=app).status_code == 200
    assert "did" not in last_line(capfd)
    wrong = {**kept, "time_zone": "Mars", "name": ""}
    assert stand.send("POST", "/account", "advocate", app=app, data=wrong).status_code == 422
    line = last_line(capfd)
    assert "did" not in line
    assert line["refused"] == "AccountForm: name, time_zone"
    assert stand.send("POST", "/sign-out", "advocate", app=app).status_code == 303
    assert last_line(capfd)["did"] == [f"session.end person:{who}"]


def test_a_line_names_why_somebody_was_turned_away(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    app, missing = talkative(stand), "00000000-0000-4000-8000-000000000000"
    asked = f"__Host-asked={BROWSER}"
    cases: list[tuple[str, str, str | None, dict[str, Any], tuple[int, str | None, str | None]]] = [
        ("GET", "/account", None, {}, (303, "stranger", None)),
        ("GET", f"/challenges/{missing}", "advocate", {}, (404, "NotFound", "NotFound")),
        ("GET", f"/admin/people/{missing}", "sales", {}, (404, "for_managers", None)),
        ("POST", f"/sales/requests/{missing}/withdrawal", "sales", {}, (404, "NotFound", "NotFound")),
        ("POST", "/account", "advocate", {"token": "wrong"}, (400, "csrf", None)),
        ("POST", "/account", "advocate", {"headers": {"Sec-Fetch-Site": "cross-site"}}, (403, "origin", None)),
        ("POST", "/sign-in/code", None, {"data": {"code": "0" * 8}, "cookies": asked}, (422, None, "Invalid: code")),
        ("POST", "/sign-in/apl_nothing", None, {"cookies": asked}, (410, None, "Gone")),
    ]
    for method, path, who, more, (status, denied, refused) in cases:
        answer = stand.send(method, path, *([who] if who else []), app=app, **more)
        line = last_line(capfd)
        assert (answer.status_code, line["denied"], line["refused"]) == (status, denied, refused), f"{method} {path}"
    for _try in range(4):
        answer = stand.send("POST", "/sign-in", app=app, data={"email": CANARY})
    assert answer.status_code == 429
    line = last_line(capfd)
    assert (line["denied"], line["refused"]) == ("TooManyTries", "TooManyTries")


def test_without_the_database_there_is_a_page_and_with_it_again_the_portal(stand: Stand) -> None:
    """The same process answers again as soon as the database does; nothing is restarted."""
    assert stand.send("GET", "/account", "advocate").status_code == 200
    with closing(psycopg.connect(stand.cluster.url("postgres", superuser=True), autocommit=True)) as chief:
        chief.execute(f'ALTER DATABASE "{stand.name}" ALLOW_CONNECTIONS false')
        chief.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name = 'portal'",
            (stand.name,),
        )
        try:
            for method, path in (("GET", "/account"), ("POST", "/messages/read"), ("GET", "/sign-in"), ("GET", "/")):
                answer = stand.send(method, path, "advocate")
                assert answer.status_code == 503, f"{method} {path}: {answer.status}"
                assert "Back in a moment" in answer.text
                assert "psycopg" not in answer.text
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert stand.send("GET", "/readyz").status_code == 503
            assert stand.send("GET", "/healthz").status_code == 200
            assert stand.send("GET", "/style.css").status_code == 200
        finally:
            chief.execute(f'ALTER DATABASE "{stand.name}" ALLOW_CONNECTIONS true')
    assert stand.send("GET", "/account", "advocate").status_code == 200
    assert stand.send("POST", "/messages/read", "advocate").status_code == 303


def test_a_connection_that_dies_between_two_requests_is_not_noticed(stand: Stand) -> None:
    assert stand.send("GET", "/account", "advocate").status_code == 200
    stand.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name = 'portal'",
        (stand.name,),
    )
    time.sleep(IDLE_SECONDS + 0.1)
    assert stand.send("GET", "/account", "advocate").status_code == 200

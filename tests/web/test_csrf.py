"""Nothing is changed by a request that no page of ours sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from portal.web.csrf import EXEMPT
from tests.authorisation.forms import fields_of
from tests.authorisation.matrix import MATRIX, Row
from tests.authorisation.stand import STRANGER, Stand, token_for
from tests.authorisation.test_matrix import path_of, things
from tests.authorisation.world import BROWSER

OF_MACHINES: Final = {"/csp-report", "/unsubscribe/<token>"}
UNSAFE: Final = [row for row in MATRIX if row.method != "GET" and row.rule not in OF_MACHINES]
FORGERIES: Final[dict[str, dict[str, str]]] = {
    "no token": {"token": ""},
    "a token of another session": {"token": "other"},
    "a token of nobody": {"token": token_for("nobody".ljust(43, "n"))},
    "a broken token": {"token": "x.y.z"},
    "from another site": {"Sec-Fetch-Site": "cross-site"},
    "from a sister site": {"Sec-Fetch-Site": "same-site"},
    "from a foreign origin": {"Origin": "https://evil.example"},
    "from our name on another port": {"Origin": "https://portal.example.com:8443"},
    "from our name without https": {"Origin": "http://portal.example.com"},
    "from a page of nowhere": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
}


def persona_of(row: Row) -> str:
    """The last role that may do it: for advocates' routes the second advocate."""
    cells = row.cells.split()
    last = max(place for place, cell in enumerate(cells) if cell[0] in "go")
    return ("anonymous", "advocate", "other", "sales", "manager", "admin")[last]


@pytest.fixture(autouse=True)
def _as_it_was(stand: Stand) -> Iterator[None]:
    yield
    if stand.changed():
        stand.restore()


@pytest.mark.parametrize("row", UNSAFE, ids=lambda row: row.rule)
def test_a_forged_request_is_refused_and_changes_nothing(stand: Stand, row: Row) -> None:
    persona = persona_of(row)
    own = things(row, persona)[0] if row.of else None
    app = stand.demo if row.demo else stand.app
    for name, forgery in FORGERIES.items():
        headers = {key: value for key, value in forgery.items() if key != "token"}
        token = forgery.get("token")
        other = stand.world.tokens["sales" if persona != "sales" else "manager"]
        answer = stand.send(
            row.method,
            path_of(stand, row, own),
            persona,
            app=app,
            token=token_for(other) if token == "other" else token,
            headers=headers,
            data=fields_of(row.rule, stand.world),
            cookies=f"__Host-asked={BROWSER}",
        )
        assert answer.status_code in {400, 403}, f"{name}: {answer.status}"
        assert stand.changed() == [], name
        assert "Location" not in answer.headers


def test_forgeries_are_refused_before_anybody_is_identified(stand: Stand) -> None:
    answer = stand.send("POST", "/account", "anonymous", token="")
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert STRANGER not in answer.text


def test_the_same_request_from_our_own_page_is_accepted(stand: Stand) -> None:
    """The forgeries fail for what is forged, and for nothing else."""
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "https://portal.example.com"}
    answer = stand.send("POST", "/messages/read", "advocate", headers=headers)
    assert answer.status_code == 303
    stand.restore()


def test_exempt_routes_are_few_and_say_why() -> None:
    assert set(EXEMPT) == {"web.csp_report", "messages.unsubscribe"}
    assert all(len(reason) > 20 for reason in EXEMPT.values())


def test_the_exempt_route_writes_nothing(stand: Stand) -> None:
    answer = stand.send(
        "POST", "/csp-report", token="", data=b'{"csp-report": {}}', content_type="application/csp-report"
    )
    assert answer.status_code == 204
    assert stand.changed() == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_methods_that_no_route_has_are_refused(stand: Stand, method: str) -> None:
    for path in ("/account", "/challenges", "/admin/people", "/nothing"):
        answer = stand.send(method, path, "admin")
        assert answer.status_code in {400, 404, 405}
        assert stand.changed() == []

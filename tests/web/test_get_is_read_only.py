"""A GET changes nothing: PostgreSQL itself refuses it (security.md 11)."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from portal.database import db
from portal.web.policy import open_to_all
from tests.authorisation.matrix import MATRIX, Row
from tests.authorisation.stand import Stand
from tests.authorisation.test_matrix import path_of, things
from tests.authorisation.world import BROWSER
from tests.web.test_csrf import persona_of

PAGES = [row for row in MATRIX if row.method == "GET"]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.rule)
def test_every_page_is_shown_inside_a_read_only_transaction(stand: Stand, row: Row) -> None:
    """Seen from the database: the transaction of each page says that it is read-only, and used no number."""
    persona = persona_of(row)
    own = things(row, persona)[0] if row.of else None
    app = stand.demo if row.demo else stand.app
    told: list[object] = []

    def ask(session: Session) -> None:
        told.append(session.execute(text("SHOW transaction_read_only")).scalar_one())

    event.listen(Session, "before_commit", ask)
    try:
        for method in ("GET", "HEAD"):
            answer = stand.send(method, path_of(stand, row, own), persona, app=app, cookies=f"__Host-asked={BROWSER}")
            assert answer.status_code in {200, 303}
    finally:
        event.remove(Session, "before_commit", ask)
    assert set(told) <= {"on"}
    assert told or row.rule in {"/healthz", "/style.css", "/static/<path:filename>", "/.well-known/change-password"}
    assert stand.changed() == []


def test_a_page_that_writes_fails_and_changes_nothing(stand: Stand) -> None:
    app = stand.another()

    @open_to_all(reason="planted by a test")
    def writes() -> str:
        db.session().execute(text("UPDATE person SET title = 'written by a page'"))
        return "done"

    app.add_url_rule("/planted", "planted", writes, methods=["GET", "POST"])
    assert stand.send("GET", "/planted", "advocate", app=app).status_code == 500
    assert stand.send("HEAD", "/planted", "advocate", app=app).status_code == 500
    assert stand.changed() == []
    assert stand.send("POST", "/planted", "advocate", app=app).status_code == 200
    assert "person" in stand.changed()
    stand.restore()


def test_a_connection_is_writable_again_after_a_page(stand: Stand) -> None:
    for _round in range(3):
        assert stand.send("GET", "/messages", "advocate").status_code == 200
        assert stand.send("POST", "/messages/read", "advocate").status_code == 303
    stand.restore()


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD"])
def test_other_safe_methods_change_nothing(stand: Stand, method: str) -> None:
    for row in MATRIX:
        if row.demo:
            continue
        own = things(row, persona_of(row))[0] if row.of and row.rule != "/csp-report" else None
        answer = stand.send(method, path_of(stand, row, own), persona_of(row) if row.rule != "/csp-report" else None)
        assert answer.status_code < 500
    assert stand.changed() == []

"""The pages at the door, as browsers see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.orm import Session

from portal.access import tokens
from portal.access.models import LoginSession, SignInLink
from portal.people.models import Person
from portal.web.app import Portal
from tests.access.conftest import Mailbox, csrf

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]


def ask(client: FlaskClient, address: str, **more: str) -> int:
    sent = {"csrf_token": csrf(client), "email": address, "next": "", **more}
    return client.post("/sign-in", data=sent).status_code


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/terms", "/privacy"])
def test_strangers_see_the_door(app: Portal, db: Session, path: str) -> None:
    assert app.test_client().get(path).status_code == 200


def test_a_link_lets_in_once_by_a_post_in_the_browser_that_asked(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox
) -> None:
    somebody("Ana Lima", "advocate")
    client = app.test_client()
    assert ask(client, "ANA.LIMA@example.com", next="/account") == 303
    mailbox.deliver()
    link = mailbox.link()
    page = client.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get("/account").status_code == 303, "a GET signs nobody in"
    before = client.get_cookie("session")
    entered = client.post(link, data={"csrf_token": csrf(client, link)})
    assert (entered.status_code, entered.location) == (303, "/account")
    after = client.get_cookie("session")
    assert before is not None
    assert after is not None
    assert before.value != after.value, "a new token at sign-in"
    assert client.get("/account").status_code == 200
    again = app.test_client()
    again.set_cookie("asked", client.get_cookie("asked").value)  # type: ignore[union-attr]
    assert again.get(link).status_code == 410
    assert again.post(link, data={"csrf_token": csrf(again)}).status_code == 410


def test_elsewhere_the_link_shows_a_code_to_type_where_it_was_asked(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox
) -> None:
    somebody("Ana Lima", "advocate")
    desk, phone = app.test_client(), app.test_client()
    ask(desk, "ana.lima@example.com")
    mailbox.deliver()
    link = mailbox.link()
    page = phone.get(link).get_data(as_text=True)
    digits = page.split('aria-label="Code">')[1].split("<")[0]
    assert len(digits.replace(" ", "")) == 8
    refused = phone.post(link, data={"csrf_token": csrf(phone)})
    assert refused.status_code == 410, "the link itself lets nobody in here"
    assert desk.post("/sign-in/code", data={"csrf_token": csrf(desk), "code": "00000000"}).status_code == 422
    assert phone.post("/sign-in/code", data={"csrf_token": csrf(phone), "code": digits}).status_code == 422
    entered = desk.post("/sign-in/code", data={"csrf_token": csrf(desk), "code": digits})
    assert (entered.status_code, entered.location) == (303, "/")
    assert desk.get("/account").status_code == 200
    row = db.scalars(select(SignInLink)).one()
    assert digits.replace(" ", "").encode() not in row.code_hash
    assert link.rsplit("/", maxsplit=1)[-1] not in str(db.execute(text("SELECT * FROM sign_in_link")).all())


def test_unknown_suspended_and_known_addresses_get_the_same_answer(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox
) -> None:
    """The same words, headers and cookies, and the same statements before: asking, then typing a wrong code."""
    somebody("Ana Lima", "advocate")
    somebody("Nobody Special")
    barred = somebody("Bad Bob", "advocate")
    db.execute(update(Person).where(Person.id == barred.id).values(suspended_at=text("now()")))
    db.commit()
    addresses = ("ana.lima@example.com", "bad.bob@example.com", "nobody.special@example.com", "who@example.com")
    clients = {address: app.test_client() for address in addresses}
    asked = [steps_of(clients[address], "/sign-in", {"email": address, "next": ""}) for address in addresses]
    assert len(asked[0][-1]) > 4, "no statements were seen: the test proves nothing"
    assert all(steps == asked[0] for steps in asked), asked
    mailbox.deliver()
    assert len(mailbox.texts()) == 1
    typed = [steps_of(clients[address], "/sign-in/code", {"code": "00000000"}) for address in addresses]
    assert all(steps == typed[0] for steps in typed), typed


def test_a_wrong_code_costs_the_same_for_an_address_that_nobody_has(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody("Ana Lima", "advocate")
    compared: list[int] = []
    right = tokens.is_code
    monkeypatch.setattr(tokens, "is_code", lambda *given: compared.append(len(compared)) or right(*given))
    costs = []
    for address in ("ana.lima@example.com", "who@example.com"):
        client = app.test_client()
        ask(client, address)
        mailbox.deliver()
        compared.clear()
        sent = {"csrf_token": csrf(client), "code": "00000000"}
        assert client.post("/sign-in/code", data=sent).status_code == 422
        costs.append(len(compared))
    assert costs == [1, 1]


def steps_of(client: FlaskClient, path: str, fields: dict[str, str]) -> tuple[object, ...]:
    """Everything that somebody who asks can see of the answer, and the statements that were sent for it."""
    sent = {"csrf_token": csrf(client, path), **fields}
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        response = client.post(path, data=sent)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    passing = {"X-Request-Id", "Set-Cookie", "Content-Length"}
    headers = sorted((name, value) for name, value in response.headers if name not in passing)
    cookies = sorted(
        value.split("=")[0] + re.sub(r"; Expires=[^;]*", "", value[value.index(";") :])
        for value in response.headers.getlist("Set-Cookie")
    )
    body = re.sub(r'value="[^"]*"|X-CSRFToken[^}]*|\b[0-9A-F]{8}\b', "", response.get_data(as_text=True))
    return response.status_code, headers, cookies, body, statements


def test_tries_are_limited_alike_for_known_and_unknown(app: Portal, db: Session, somebody: Somebody) -> None:
    somebody("Ana Lima", "advocate")
    for address in ("ana.lima@example.com", "who@example.com"):
        client = app.test_client()
        assert [ask(client, address) for _try in range(4)] == [303, 303, 303, 429]
    response = client.post("/sign-in", data={"csrf_token": csrf(client), "email": "who@example.com", "next": ""})
    assert "who@example.com" in response.get_data(as_text=True), "what was typed is kept"
    assert int(response.headers["Retry-After"]) > 0


def test_codes_are_tried_five_times(app: Portal, db: Session) -> None:
    client = app.test_client()
    client.set_cookie("asked", "b" * 43)
    sent = {"csrf_token": csrf(client), "code": "12345678"}
    assert [client.post("/sign-in/code", data=sent).status_code for _try in range(6)] == [422] * 5 + [429]


def test_where_tries_cannot_be_counted_the_door_stays_closed(app: Portal, db: Session) -> None:
    db.execute(text("ALTER TABLE throttle RENAME TO throttle_gone"))
    db.commit()
    try:
        assert ask(app.test_client(), "ana.lima@example.com") == 429
    finally:
        db.execute(text("ALTER TABLE throttle_gone RENAME TO throttle"))
        db.commit()
    assert db.scalars(select(SignInLink)).all() == []


@pytest.mark.parametrize("address", ["", "ana", "a" * 300 + "@example.com", "ana@example.com\r\nBcc: x@y.z"])
def test_what_is_no_address_is_said_to_be_none(app: Portal, db: Session, address: str) -> None:
    client = app.test_client()
    sent = {"csrf_token": csrf(client), "email": address, "next": ""}
    assert client.post("/sign-in", data=sent).status_code == 422
    assert db.scalars(select(SignInLink)).all() == []


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        ("/account", "/account"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/no/such/page", "/"),
        ("/sign-out", "/"),
        ("/static/x.css", "/"),
        ("/account\r\nX: y", "/"),
    ],
)
def test_after_signing_in_one_lands_on_pages_of_ours_only(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox, wish: str, where: str
) -> None:
    somebody("Ana Lima", "advocate")
    client = app.test_client()
    ask(client, "ana.lima@example.com", next=wish)
    mailbox.deliver()
    link = mailbox.link()
    assert client.post(link, data={"csrf_token": csrf(client, link)}).location == where


def test_a_post_without_the_pages_token_or_from_elsewhere_is_refused(app: Portal, db: Session) -> None:
    client = app.test_client()
    assert client.post("/sign-in", data={"email": "ana@example.com", "next": ""}).status_code == 400
    sent = {"csrf_token": csrf(client), "email": "ana@example.com", "next": ""}
    assert client.post("/sign-in", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/sign-in", data=sent, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-in", data={**sent, "is_admin": "1"}).status_code == 422


def test_the_account_lists_sessions_and_ends_them(
    app: Portal, db: Session, somebody: Somebody, browser_of: BrowserOf
) -> None:
    ana, bea = somebody("Ana Lima", "advocate"), somebody("Bea Roth", "advocate")
    client, foreign = browser_of(ana), browser_of(bea)
    other = db.scalars(select(LoginSession.public_id).where(LoginSession.person_id == bea.id)).one()
    page = client.get("/account").get_data(as_text=True)
    assert "Firefox on Linux" in page
    token = csrf(client, "/account")
    assert client.post(f"/account/sessions/{other}/end", data={"csrf_token": token}).status_code == 404
    assert client.post(f"/account/sessions/{ana.public_id}/end", data={"csrf_token": token}).status_code == 404
    own = {"csrf_token": csrf(foreign, "/account")}
    assert foreign.post(f"/account/sessions/{other}/end", data=own).status_code == 303
    assert foreign.get("/account").status_code == 303
    assert client.post("/account/sessions/end-others", data={"csrf_token": token}).status_code == 303
    assert client.get("/account").status_code == 200


def test_people_change_their_name_and_zone(db: Session, somebody: Somebody, browser_of: BrowserOf) -> None:
    ana = somebody("Ana Lima", "advocate")
    client = browser_of(ana)
    sent = {"name": "Ana <b>L</b>", "title": "CTO", "time_zone": "Europe/Lisbon"}
    sent["csrf_token"] = csrf(client, "/account")
    assert client.post("/account", data=sent).status_code == 303
    page = client.get("/account").get_data(as_text=True)
    assert "Ana &lt;b&gt;L&lt;/b&gt;" in page
    assert client.post("/account", data={**sent, "time_zone": "Mars"}).status_code == 422
    kept = client.post("/account", data={**sent, "name": "x\u202ey"})
    assert kept.status_code == 422
    assert "CTO" in kept.get_data(as_text=True)
    assert client.post("/account", data={**sent, "roles": "admin"}).status_code == 422


def test_signing_out_deletes_the_session(db: Session, somebody: Somebody, browser_of: BrowserOf) -> None:
    client = browser_of(somebody("Ana Lima", "advocate"))
    token = client.get_cookie("session")
    response = client.post("/sign-out", data={"csrf_token": csrf(client, "/account")})
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert db.scalars(select(LoginSession)).all() == []
    assert token is not None
    client.set_cookie("session", token.value)
    assert client.get("/account").status_code == 303


def test_the_door_is_shut_behind_who_is_in(somebody: Somebody, browser_of: BrowserOf) -> None:
    client = browser_of(somebody("Ana Lima", "advocate"))
    assert client.get("/sign-in").location == "/"


@pytest.mark.parametrize("path", ["/demo/mail", "/demo/mail/20261123-1", "/demo/sign-in"])
def test_the_demos_doors_are_not_there_outside_the_demo(app: Portal, db: Session, path: str) -> None:
    client = app.test_client()
    assert client.get(path).status_code == 404
    assert client.post(path, data={"csrf_token": csrf(client), "role": "admin"}).status_code == 404


def test_a_broken_link_is_gone_and_tells_no_referrer(app: Portal, db: Session) -> None:
    for path in ("/sign-in/apl_nothing", "/invitation/api_nothing"):
        response = app.test_client().get(path)
        assert response.status_code == 410
        assert response.headers["Referrer-Policy"] == "no-referrer"

"""The pages of passwords, as browsers without scripts and managers of passwords see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.access import hashing, sign_in
from portal.access.models import LoginSession, Password, SignInLink
from portal.access.states import Purpose
from portal.people import people
from portal.people.models import Person
from portal.web.app import Portal
from tests.access.conftest import Mailbox, csrf
from tests.access.test_doors import steps_of
from tests.access.test_passwords import ANA, GOOD, OTHER, set_for

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]


def enter(client: FlaskClient, address: str, password: str, **more: str) -> int:
    sent = {"csrf_token": csrf(client), "email": address, "password": password, "next": "", **more}
    return client.post("/sign-in/password", data=sent).status_code


def test_forgotten_then_chosen_then_in(app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    somebody("Ana Lima", "advocate")
    client = app.test_client()
    sent = {"csrf_token": csrf(client, "/password"), "email": ANA}
    assert client.post("/password", data=sent).location == "/password/code"
    assert client.get("/password/code").status_code == 200
    mailbox.deliver()
    link = mailbox.link("password")
    page = client.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'autocomplete="new-password"' in page.text
    assert "maxlength" not in page.text.split('id="new-password"')[1].split(">")[0], "nothing is cut off when pasted"
    weak = client.post(link, data={"csrf_token": csrf(client, link), "password": "password1234"})
    assert weak.status_code == 422
    assert "password1234" not in weak.text, "a password is never shown again"
    done = client.post(link, data={"csrf_token": csrf(client, link), "password": GOOD})
    assert (done.status_code, done.location) == (303, "/sign-in/password")
    assert client.get("/account").status_code == 303, "a reset signs nobody in"
    assert client.get(link).status_code == 410
    before = client.get_cookie("session")
    assert enter(client, ANA.upper(), GOOD, next="/account") == 303
    after = client.get_cookie("session")
    assert before is not None
    assert after is not None
    assert before.value != after.value, "a new token at sign-in"
    assert client.get("/account").status_code == 200


def test_elsewhere_the_link_shows_a_code(app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    somebody("Ana Lima", "advocate")
    desk, phone = app.test_client(), app.test_client()
    desk.post("/password", data={"csrf_token": csrf(desk, "/password"), "email": ANA})
    mailbox.deliver()
    link = mailbox.link("password")
    digits = phone.get(link).text.split('aria-label="Code">')[1].split("<")[0]
    sent = {"password": GOOD}
    assert phone.post(link, data={"csrf_token": csrf(phone), **sent}).status_code == 410
    page = "/password/code"
    assert desk.post(page, data={"csrf_token": csrf(desk, page), "code": "00000000", **sent}).status_code == 422
    kept = desk.post(page, data={"csrf_token": csrf(desk, page), "code": digits, "password": "short"})
    assert kept.status_code == 422
    assert digits in kept.text, "what was typed stays, but for the password"
    assert desk.post(page, data={"csrf_token": csrf(desk, page), "code": digits, **sent}).status_code == 303
    assert enter(desk, ANA, GOOD) == 303


def test_every_failure_looks_costs_and_counts_the_same(
    app: Portal, db: Session, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong, unknown, none, suspended, not confirmed: the same words, statements and comparisons, right or not."""
    for name in ("Ana Lima", "Bad Bob", "Una Proved"):
        set_for(db, somebody(name, "advocate"))
    somebody("Lin Kless", "advocate")
    somebody("Nobody Special")
    bob = people.by_address(db, "bad.bob@example.com")
    assert bob is not None
    db.execute(update(Person).where(Person.id == bob.id).values(suspended_at=text("now()")))
    db.execute(
        text(
            "INSERT INTO person_email (person_id, address) SELECT person_id, 'second@example.com' FROM"
            " person_email WHERE address LIKE 'una%'"
        )
    )
    db.execute(text("DELETE FROM login_session"))
    db.commit()
    cases = [
        (ANA, "not the right one"),
        ("who@example.com", GOOD),
        ("lin.kless@example.com", GOOD),
        ("nobody.special@example.com", GOOD),
        ("bad.bob@example.com", GOOD),
        ("second@example.com", GOOD),
    ]
    compared: list[bool] = []
    right = hashing.fits
    monkeypatch.setattr(hashing, "fits", lambda *given: compared.append(right(*given)) or compared[-1])
    seen = []
    for address, password in cases:
        client = app.test_client()
        shown = steps_of(client, "/sign-in/password", {"email": address, "password": password, "next": ""})
        seen.append((*shown[:3], str(shown[3]).replace(address, ""), shown[4]))
    assert seen[0][0] == 422
    assert len(seen[0][-1]) > 4, "no statements were seen: the test proves nothing"
    assert all(steps == seen[0] for steps in seen)
    assert len(compared) == len(cases)
    assert enter(app.test_client(), ANA, GOOD) == 303


def test_one_comparison_takes_as_long_for_nobody_as_for_somebody(
    app: Portal, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = hashing.make(GOOD)
    nobody = hashing._of_nobody()
    assert hashed.rsplit("$", 2)[0] == nobody.rsplit("$", 2)[0], "the same parameters"
    assert [len(part) for part in hashed.split("$")] == [len(part) for part in nobody.split("$")]
    assert hashing.fits(hashed, GOOD)
    compared: list[str] = []

    class Counting:
        memory_cost, time_cost = 19456, 2

        def verify(self, stored: str, _password: str) -> bool:
            compared.append(stored.rsplit("$", 2)[0])
            return True

    monkeypatch.setattr(hashing, "_hasher", Counting)
    assert hashing.fits(hashed, GOOD)
    assert not hashing.fits(None, GOOD), "what nobody has stored fits nobody, even if it did"
    assert compared == [nobody.rsplit("$", 2)[0]] * 2


def test_asking_for_a_link_tells_nothing_and_is_limited(app: Portal, db: Session, somebody: Somebody) -> None:
    somebody("Ana Lima", "advocate")
    addresses = (ANA, "who@example.com")
    asked = [steps_of(app.test_client(), "/password", {"email": address}) for address in addresses]
    assert asked[0] == asked[1]
    client = app.test_client()
    sent = {"csrf_token": csrf(client, "/password"), "email": ANA}
    assert [client.post("/password", data=sent).status_code for _try in range(3)] == [303, 303, 429]
    sent = {"csrf_token": csrf(client), "email": ANA, "next": ""}
    assert client.post("/sign-in", data=sent).status_code == 303, "links to sign in are counted apart"


def test_where_tries_cannot_be_counted_the_door_stays_closed(app: Portal, db: Session, somebody: Somebody) -> None:
    set_for(db, somebody("Ana Lima", "advocate"))
    db.execute(text("ALTER TABLE throttle RENAME TO throttle_gone"))
    db.commit()
    try:
        assert enter(app.test_client(), ANA, GOOD) == 429
    finally:
        db.execute(text("ALTER TABLE throttle_gone RENAME TO throttle"))
        db.commit()


def test_the_account_sets_replaces_and_removes(
    app: Portal, db: Session, somebody: Somebody, browser_of: BrowserOf
) -> None:
    ana = somebody("Ana Lima", "advocate")
    here, elsewhere = browser_of(ana), browser_of(ana)
    page = here.get("/account").text
    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="username"' in page
    before = here.get_cookie("session")
    done = here.post("/account/password", data={"csrf_token": csrf(here, "/account"), "password": GOOD})
    assert (done.status_code, done.location) == (303, "/account")
    after = here.get_cookie("session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert enter(elsewhere, ANA, GOOD) == 303
    weak = here.post("/account/password", data={"csrf_token": csrf(here, "/account"), "password": "analima"})
    assert weak.status_code == 422
    assert "12 characters" in weak.text
    assert (
        here.post("/account/password", data={"csrf_token": csrf(here, "/account"), "password": OTHER}).status_code
        == 303
    )
    assert elsewhere.get("/account").status_code == 303
    gone = here.post("/account/password/removal", data={"csrf_token": csrf(here, "/account")})
    assert gone.status_code == 303
    assert here.get("/account").status_code == 200
    assert db.scalars(select(Password)).all() == []
    assert enter(elsewhere, ANA, OTHER) == 422


def test_later_the_account_offers_a_link_instead(
    app: Portal, db: Session, somebody: Somebody, browser_of: BrowserOf
) -> None:
    ana = somebody("Ana Lima", "advocate")
    client = browser_of(ana)
    db.execute(update(LoginSession).values(created_at=LoginSession.created_at - text("interval '11 minutes'")))
    db.commit()
    page = client.get("/account").text
    assert "fresh sign-in" in page
    assert 'id="new-password"' not in page
    for path, fields in (("/account/password", {"password": GOOD}), ("/account/password/removal", {})):
        refused = client.post(path, data={"csrf_token": csrf(client, "/account"), **fields})
        assert refused.status_code == 403
        assert "last 10 minutes" in refused.text
    assert client.post("/password", data={"csrf_token": csrf(client, "/account"), "email": ANA}).status_code == 303
    link = db.scalars(select(SignInLink)).one()
    assert link.purpose is Purpose.PASSWORD
    assert sign_in.LIFETIME.total_seconds() == 600


def test_managers_of_passwords_find_the_way(app: Portal, db: Session) -> None:
    client = app.test_client()
    assert client.get("/.well-known/change-password").location == "/account#password"
    page = client.get("/sign-in").text
    form = page.split('action="/sign-in/password"')[1].split("</form>")[0]
    assert 'autocomplete="username"' in form
    assert 'autocomplete="current-password"' in form
    assert "maxlength" not in form.split('type="password"')[0].rsplit("<input", 1)[1]
    assert "<details" in page
    assert "open" in client.get("/sign-in/password").text.split('<details class="fold"')[1].split(">")[0]

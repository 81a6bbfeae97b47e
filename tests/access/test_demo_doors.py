"""The doors that only the demo has, and the mailbox of what did not leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal import create_app
from portal.access import invitations
from portal.audit import SYSTEM
from portal.database import db as database
from portal.messages.jobs import send
from portal.messages.models import Message
from portal.people import people
from portal.web.app import Portal
from tests.access.conftest import csrf
from tests.browsing import Client
from tests.conftest import make_settings


@pytest.fixture
def demo(app: Portal, db: Session, tmp_path: Path) -> Iterator[Portal]:
    settings = make_settings(app.config["PORTAL"].database_url, tmp_path, env="demo")
    portal = create_app(settings)
    portal.test_client_class = Client
    yield portal
    with portal.app_context():
        database.engine.dispose()


def enter(client: FlaskClient, role: str) -> int:
    return client.post("/demo/sign-in", data={"csrf_token": csrf(client), "role": role}).status_code


def test_one_click_signs_in_as_the_first_of_each_role(demo: Portal, db: Session) -> None:
    for name, role in (("Ana Lima", "advocate"), ("Mia Roth", "manager"), ("Tom Ray", "sales"), ("Ada King", "admin")):
        people.add_person(db, name, by=SYSTEM, roles=[role])
    people.add_person(db, "Second Advocate", by=SYSTEM, roles=["advocate"])
    db.commit()
    page = demo.test_client().get("/sign-in").get_data(as_text=True)
    assert [name in page for name in ("Ana, ", "Mia, ", "Tom, ", "Ada, ", "Second, ")] == [True] * 4 + [False]
    client = demo.test_client()
    assert enter(client, "advocate") == 303
    assert "Ana Lima" in client.get("/account").get_data(as_text=True)
    assert client.get("/admin/people").status_code == 403
    manager = demo.test_client()
    assert enter(manager, "manager") == 303
    assert manager.get("/admin/people").status_code == 200


@pytest.mark.parametrize("role", ["admin", "emperor", ""])
def test_nobody_comes_in_as_somebody_who_is_not_there(demo: Portal, db: Session, role: str) -> None:
    people.add_person(db, "Ana Lima", by=SYSTEM, roles=["advocate"])
    db.commit()
    client = demo.test_client()
    assert enter(client, role) == 400
    assert client.get("/account").status_code == 303


def test_the_mailbox_shows_mails_and_their_links_can_be_clicked(demo: Portal, db: Session) -> None:
    client = demo.test_client()
    assert "No mail yet" in client.get("/demo/mail").get_data(as_text=True)
    person = people.add_person(db, "Ana <i>Lima", by=SYSTEM)
    invitations.invite(db, person.id, "ana@example.com", "advocate", by=SYSTEM)
    db.commit()
    message_id = db.query(Message.id).scalar()
    db.commit()
    with demo.app_context():
        send(message_id)
    listed = client.get("/demo/mail").get_data(as_text=True)
    assert "You are invited" in listed
    assert "<i>" not in listed
    path = listed.split('href="/demo/mail/')[1].split('"')[0]
    shown = client.get(f"/demo/mail/{path}")
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    link = shown.get_data(as_text=True).split('href="http://localhost/invitation/')[1].split('"')[0]
    assert client.get(f"/invitation/{link}").status_code == 200


@pytest.mark.parametrize("name", ["nothing-at-all", "..%2f..%2fsecret_key", "x"])
def test_the_mailbox_shows_mails_only(demo: Portal, db: Session, name: str) -> None:
    assert demo.test_client().get(f"/demo/mail/{name}").status_code == 404

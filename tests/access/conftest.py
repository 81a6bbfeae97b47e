"""Who stands at the doors: people made through the verbs, and browsers of theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.access.sign_in import mail_link
from portal.audit import SYSTEM, Actor
from portal.database import run
from portal.messages.jobs import send
from portal.messages.mail import folder
from portal.people import people
from portal.people.models import Person
from portal.web.app import Portal
from tests.browsing import Client, signed_in


@pytest.fixture(autouse=True)
def _browsers_of_their_own(app: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", Client)


class Mailbox:
    """What the worker would have mailed: runs the queued jobs of a test."""

    def __init__(self, app: Portal, db: Session) -> None:
        self.app, self.db, self.done = app, db, set[int]()

    def deliver(self) -> None:
        """Run what is queued, also what that queues."""
        for _round in range(3):
            rows = self.db.execute(
                text("SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
            ).all()
            self.db.commit()
            for row in rows:
                if row.id not in self.done:
                    self.done.add(row.id)
                    self._run(row.task_name, row.args)

    def _run(self, name: str, arguments: dict[str, int]) -> None:
        if name == "messages.send":
            send(**arguments)
        elif name == "access.mail_link":
            run(lambda session: mail_link(session, **arguments))

    def texts(self) -> list[str]:
        """The mails, oldest first, as plain text."""
        return [self._text(file) for file in sorted(folder(self.app.config["PORTAL"]).glob("[0-9]*.eml"))]

    def link(self, page: str = "(?:sign-in|invitation)") -> str:
        """The path of the link in the newest mail that leads to a page."""
        return str(re.findall(rf"http://localhost(/{page}/\S+)", "\n".join(self.texts()))[-1])

    @staticmethod
    def _text(file: Path) -> str:
        body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        return str(body.get_content()) if body else ""


@pytest.fixture
def mailbox(app: Portal, db: Session) -> Mailbox:
    for file in folder(app.config["PORTAL"]).glob("*.eml"):
        file.unlink()
    return Mailbox(app, db)


@pytest.fixture
def somebody(db: Session) -> Callable[..., Person]:
    def make(name: str, *roles: str, email: str | None = None) -> Person:
        address = email or f"{name.lower().replace(' ', '.')}@example.com"
        person = people.add_person(db, name, by=SYSTEM, email=address, roles=roles, verified=True)
        db.commit()
        return person

    return make


@pytest.fixture
def browser_of(app: Portal, db: Session) -> Callable[[Person], FlaskClient]:
    return lambda person: signed_in(app, db, person.id, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")


def actor(person: Person, *roles: str) -> Actor:
    return Actor(person.id, frozenset(roles))


def csrf(client: FlaskClient, path: str = "/sign-in") -> str:
    """The token of the page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found, "the page holds no form"
    return found.group(1)


__all__ = ["Mailbox", "actor", "csrf"]

"""Browsers without JavaScript: they follow the forms of the pages that they were given."""

from __future__ import annotations

import re
import secrets
from contextvars import Context
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.access import sessions
from portal.audit import Actor
from portal.database import kept
from portal.web.app import Portal
from portal.web.session import hash_token


class Client(FlaskClient):
    """Its requests come as from outside: without the application context, and so without the session, of the test."""

    def open(self, *arguments: Any, **named: Any) -> Any:
        """Send a request in a context of its own."""
        return Context().run(super().open, *arguments, **named)


def signed_in(app: Portal, session: Session, person_id: int, user_agent: str = "test") -> Client:
    """A client in which somebody is signed in."""
    token = secrets.token_urlsafe(32)
    sessions.start(session, person_id, hash_token(token), user_agent)
    session.commit()
    client = Client(app, app.response_class)
    client.set_cookie("session", token)
    return client


class Browser:
    """Requests of one person, or of a stranger."""

    def __init__(self, app: Portal, session: Session, who: Actor | None) -> None:
        if who is None:
            self.client = Client(app, app.response_class)
        else:
            assert who.person_id is not None
            self.client = signed_in(app, session, who.person_id)

    def get(self, path: str) -> TestResponse:
        """A page."""
        return self.client.get(path)

    def opens(self, path: str) -> None:
        """Get a page that must be there, with nothing kept from an earlier one: what is counted is always the same."""
        kept.forget_all()
        assert self.get(path).status_code == 200

    def post(self, path: str, page: str | None = None, **fields: Any) -> TestResponse:
        """Send a form, with the token of the page it stands on."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text) if page else None
        found = found or re.search(r'"X-CSRFToken": "([^"]+)"', self.get(page or "/challenges").text)
        assert found, "the page holds no token"
        return self.client.post(path, data={"csrf_token": found[1], **fields})

"""A signed-in browser without JavaScript: follows the forms of the pages it was given."""

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
from portal.web import shell
from portal.web.app import Portal
from portal.web.session import hash_token


class Browser:
    """Requests of one person."""

    def __init__(self, app: Portal, session: Session, who: Actor) -> None:
        token = secrets.token_urlsafe(32)
        assert who.person_id is not None
        sessions.start(session, who.person_id, hash_token(token), "test")
        session.commit()
        self.client: FlaskClient = app.test_client()
        self.client.set_cookie("session", token)

    def get(self, path: str) -> TestResponse:
        """A page."""
        return self._sent("GET", path)

    def opens(self, path: str) -> None:
        """Get a page that must be there, with nothing kept from an earlier one: what is counted is always the same."""
        shell._kept.clear()
        assert self.get(path).status_code == 200

    def post(self, path: str, page: str | None = None, **fields: Any) -> TestResponse:
        """Send a form, with the token of the page it stands on."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text) if page else None
        found = found or re.search(r'"X-CSRFToken": "([^"]+)"', self.get(page or "/challenges").text)
        assert found, "the page holds no token"
        return self._sent("POST", path, data={"csrf_token": found[1], **fields})

    def _sent(self, method: str, path: str, **more: Any) -> TestResponse:
        """Sent as from outside: without the application context, and so without the session, of the test."""
        return Context().run(self.client.open, path, method=method, **more)

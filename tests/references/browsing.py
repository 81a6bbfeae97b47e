"""A signed-in browser without JavaScript."""

from __future__ import annotations

import re
import secrets
from contextvars import Context
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.access import sessions
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.consented import Known


class Browser:
    """Requests of one person, or of a stranger."""

    def __init__(self, app: Portal, session: Session, who: Known | None) -> None:
        self.client: FlaskClient = app.test_client()
        if who is not None:
            token = secrets.token_urlsafe(32)
            sessions.start(session, who.id, hash_token(token), "test")
            session.commit()
            self.client.set_cookie("session", token)

    def get(self, path: str) -> TestResponse:
        """A page."""
        return self._sent("GET", path)

    def post(self, path: str, page: str, **fields: Any) -> TestResponse:
        """Send a form, with the token of the page it stands on."""
        found = re.search(r'"X-CSRFToken": "([^"]+)"', self.get(page).text)
        assert found, "the page holds no token"
        return self._sent("POST", path, data={"csrf_token": found[1], **fields})

    def _sent(self, method: str, path: str, **more: Any) -> TestResponse:
        """Sent as from outside: without the application context, and so without the session, of the test."""
        return Context().run(self.client.open, path, method=method, **more)

"""The session cookie: a random token and nothing else; what it stands for is a row."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.settings import Settings

_NOTICE_SECONDS: Final = 120
_KEPT_SECONDS: Final = 90 * 24 * 3600


class PortalSession(dict[str, Any], SessionMixin):
    """What Flask calls the session: the cookie's token, the CSRF secret derived of it, notices for the next page."""

    def __init__(self, token: str, secret: str, *, fresh: bool, notices: list[Any]) -> None:
        super().__init__({"csrf_token": csrf_secret(secret, token)})
        if notices:
            self["_flashes"] = notices
        self.token = token
        self.fresh = fresh
        self.had_notices = bool(notices)
        self.changed_token = False
        self.accessed_by_form = False

    def __getitem__(self, key: str) -> Any:
        if key == "csrf_token":
            self.accessed_by_form = True
        return super().__getitem__(key)

    @property
    def token_hash(self) -> bytes:
        """The key under which the database knows this session."""
        return hash_token(self.token)

    def renew(self, settings: Settings) -> bytes:
        """Take a new token, at sign-in and whenever rights change; returns its hash for the row."""
        self.token = secrets.token_urlsafe(32)
        self.changed_token = True
        self["csrf_token"] = csrf_secret(settings.signing_keys[0], self.token)
        g.pop("csrf_token", None)
        return self.token_hash


def hash_token(token: str) -> bytes:
    """SHA-256 of a secret token: what is stored of it."""
    return hashlib.sha256(token.encode()).digest()


def csrf_secret(key: str, token: str) -> str:
    """The CSRF secret of a session: HMAC of its token, so that nothing needs to be stored for strangers."""
    return hmac.new(key.encode(), b"csrf:" + token.encode(), hashlib.sha256).hexdigest()


class TokenSessions(SessionInterface):
    """Opens and saves `PortalSession`s."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        prefix = "__Host-" if settings.https else ""
        self.cookie = f"{prefix}session"
        self.notice_cookie = f"{prefix}notice"
        self.signer = URLSafeTimedSerializer(settings.signing_keys[::-1], salt="notice")

    def open_session(self, app: Flask, request: Request) -> PortalSession:  # noqa: ARG002 -- Flask's signature
        """Read the token from the cookie, or make one that is set when the response is saved."""
        token = request.cookies.get(self.cookie, "")
        fresh = not 40 <= len(token) <= 64
        if fresh:
            token = secrets.token_urlsafe(32)
        return PortalSession(token, self.settings.signing_keys[0], fresh=fresh, notices=self._notices(request))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Set the cookie when the token is new, and carry notices to the next page."""
        assert isinstance(session, PortalSession)
        if session.changed_token or (session.fresh and session.accessed_by_form):
            self._set(response, self.cookie, session.token, _KEPT_SECONDS if session.changed_token else None)
        notices = session.get("_flashes")
        if notices:
            self._set(response, self.notice_cookie, str(self.signer.dumps(notices)), _NOTICE_SECONDS)
        elif session.had_notices:
            response.delete_cookie(
                self.notice_cookie, path="/", secure=self.settings.https, httponly=True, samesite="Lax"
            )

    def _notices(self, request: Request) -> list[Any]:
        raw = request.cookies.get(self.notice_cookie)
        if not raw:
            return []
        try:
            return [tuple(notice) for notice in self.signer.loads(raw, max_age=_NOTICE_SECONDS)]
        except (BadSignature, json.JSONDecodeError, TypeError):
            return []

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self.settings.https, httponly=True, samesite="Lax"
        )

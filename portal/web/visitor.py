"""Who visits, as far as every face needs to know; `access` supplies the loader."""

from __future__ import annotations

from typing import Any, Protocol, cast
from uuid import UUID

from flask import g
from flask_login import LoginManager, current_user

from portal.audit import Actor

login = LoginManager()
login.request_loader(lambda _request: None)


class Visitor(Protocol):
    """Somebody signed in."""

    person_id: int
    public_id: UUID
    name: str
    initials: str
    roles: frozenset[str]
    locale: str
    time_zone: str
    session_id: int
    facts: dict[str, Any]

    @property
    def actor(self) -> Actor:
        """The visitor as verbs know them (`by=`)."""
        ...


def visitor_or_none() -> Visitor | None:
    """Who visits, or None for a stranger, and where the database does not answer."""
    if g.get("no_database"):
        return None
    user = current_user._get_current_object() if current_user else None  # itself, since a proxy asks at every use
    return cast(Visitor, user) if user is not None and user.is_authenticated else None


def visitor_if_known() -> Visitor | None:
    """Who visits, if this request has already asked; never asks the database."""
    return visitor_or_none() if "_login_user" in g else None


def current_visitor() -> Visitor:
    """Who visits, on a route whose policy keeps strangers out."""
    return cast(Visitor, current_user)

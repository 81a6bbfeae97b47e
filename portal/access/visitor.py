"""Who visits: session, person, roles and the facts of the frame, in one statement a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final
from typing import cast as cast_type
from uuid import UUID

from flask import Request, session
from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, bindparam, cast, func, select

from portal import clock
from portal.access import sessions
from portal.access.models import LoginSession
from portal.audit import Actor
from portal.clock import PORTAL_NOW
from portal.database import db
from portal.database.prepared import Prepared
from portal.messages.models import Message
from portal.people.models import Person, PersonRole, initials
from portal.people.states import IN_PROGRAM, Role
from portal.web.session import PortalSession
from portal.web.visitor import login

FACTS: Final[dict[str, Callable[[ColumnElement[int]], ScalarSelect[Any]]]] = {}
"""What the frame shows of a visitor by name; each makes a subquery of the person's id. Upper slices add some."""
_SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(slots=True)
class SignedIn:
    """Somebody signed in (the `Visitor` of portal.web.visitor)."""

    person_id: int
    public_id: UUID
    name: str
    roles: frozenset[str]
    locale: str
    time_zone: str
    session_id: int
    facts: dict[str, Any] = field(default_factory=dict)
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What flask-login keeps; we keep nothing there."""
        return str(self.session_id)

    @property
    def initials(self) -> str:
        """First letters of the first and last word of the name."""
        return initials(self.name)

    @property
    def actor(self) -> Actor:
        """The visitor as verbs know them (`by=`)."""
        return Actor(self.person_id, self.roles)

    @property
    def balance(self) -> int | None:
        """Points to spend, where points are kept."""
        return self.facts.get("balance")

    @property
    def unread(self) -> int:
        """Messages not read yet."""
        return self.facts.get("unread") or 0


def load(token_hash: bytes) -> SignedIn | None:
    """Who is signed in under a token, or None; suspension, ended sessions and lost roles hold at once."""
    reading = db.session()
    found = _statement(tuple(FACTS))(reading, token_hash=token_hash)
    if not found:
        return None
    row = found[0]
    clock.noted(reading, row.now)
    roles = set(row.roles or ())
    if row.advocate_status not in IN_PROGRAM:
        roles.discard(Role.ADVOCATE.value)
    if not roles:
        return None
    if row.now - row.last_seen_at > _SEEN_EVERY:
        sessions.seen(row.session_id)
    return SignedIn(
        person_id=row.person_id,
        public_id=row.public_id,
        name=row.name,
        roles=frozenset(roles),
        locale=row.locale,
        time_zone=row.time_zone,
        session_id=row.session_id,
        facts={name: getattr(row, f"fact_{name}") for name in FACTS},
    )


@login.request_loader  # type: ignore[untyped-decorator]
def load_from_request(_request: Request) -> SignedIn | None:
    """Flask-login asks once a request."""
    cookie = browser_session()
    return None if cookie.fresh else load(cookie.token_hash)


def browser_session() -> PortalSession:
    """The cookie of this request."""
    return cast_type(PortalSession, session)


def may_sign_in(person: Person, roles: frozenset[Role]) -> bool:
    """Whether a person may come in: staff, or an advocate in the program; never while suspended."""
    staff = roles - {Role.ADVOCATE}
    advocate = Role.ADVOCATE in roles and person.advocate_status in IN_PROGRAM
    return person.suspended_at is None and (bool(staff) or advocate)


@lru_cache(maxsize=8)
def _statement(names: tuple[str, ...]) -> Prepared:
    return Prepared(lambda: _select(names))


def _select(names: tuple[str, ...]) -> Select[Any]:
    role = cast(PersonRole.role, Text)
    roles = select(func.array_agg(role)).where(PersonRole.person_id == Person.id).scalar_subquery()
    facts = [FACTS[name](Person.__table__.c.id).label(f"fact_{name}") for name in names]
    return (
        select(
            LoginSession.id.label("session_id"),
            LoginSession.last_seen_at,
            PORTAL_NOW.label("now"),
            Person.id.label("person_id"),
            Person.public_id,
            Person.name,
            Person.locale,
            Person.time_zone,
            Person.advocate_status,
            roles.label("roles"),
            *facts,
        )
        .join(Person, Person.id == LoginSession.person_id)
        .where(LoginSession.token_hash == bindparam("token_hash"), LoginSession.is_live())
        .where(Person.suspended_at.is_(None))
    )


FACTS["unread"] = lambda person_id: (
    select(func.count()).where(Message.person_id == person_id, Message.read_at.is_(None)).scalar_subquery()
)

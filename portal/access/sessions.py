"""Sessions: rows that a cookie's token points at; ended by the person, by staff, by time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, not_, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.access.models import LoginSession
from portal.audit import SYSTEM, Actor
from portal.clock import PORTAL_NOW, now
from portal.database import db
from portal.database.invariants import invariant
from portal.database.refusal import NotAllowed, NotFound
from portal.people.people import ON_ROLE_CHANGE, roles_of
from portal.people.states import MANAGERS, STAFF, Role

IDLE: Final = {True: timedelta(minutes=30), False: timedelta(days=14)}
ABSOLUTE: Final = {True: timedelta(hours=12), False: timedelta(days=90)}
"""How long a session lives without a visit, and at most, for staff and for advocates."""

RECENT: Final = timedelta(minutes=10)
"""How long after signing in somebody may change how they sign in."""

invariant(
    "access.sessions_of_members",
    "Nobody is signed in who is suspended or holds no role.",
    "SELECT s.id AS what FROM login_session s JOIN person p ON p.id = s.person_id WHERE p.suspended_at IS NOT NULL"
    " OR NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = s.person_id)",
)


def start(
    session: Session, person_id: int, token_hash: bytes, user_agent: str, *, replaces: bytes | None = None
) -> LoginSession:
    """Sign a person in under a new token; the browser's former session, if any, ends."""
    if replaces is not None:
        session.execute(delete(LoginSession).where(LoginSession.token_hash == replaces))
    staff = bool(roles_of(session, person_id) & STAFF)
    began = now(session)
    started = LoginSession(
        person_id=person_id,
        token_hash=token_hash,
        created_at=began,
        last_seen_at=began,
        expires_at=began + ABSOLUTE[staff],
        idle_seconds=int(IDLE[staff].total_seconds()),
        user_agent=_printable(user_agent)[:200],
    )
    session.add(started)
    session.flush()
    who = Actor(person_id)
    audit.record(session, "session.start", f"login_session:{started.id}", by=who)
    return started


def list_of(session: Session, person_id: int) -> list[LoginSession]:
    """A person's live sessions, the latest seen first; at most fifty."""
    wanted = select(LoginSession).where(LoginSession.person_id == person_id, LoginSession.is_live())
    return list(session.scalars(wanted.order_by(LoginSession.last_seen_at.desc(), LoginSession.id).limit(50)))


def end(session: Session, public_id: UUID, *, by: Actor, person_id: int | None = None) -> None:
    """End one of one's own sessions, or one of `person_id`. Refuses as `end_all`, and `NotFound` for another's."""
    whose = by.person_id if person_id is None else person_id
    _may_end(session, whose, by)
    one = delete(LoginSession).where(LoginSession.public_id == public_id, LoginSession.person_id == whose)
    if session.execute(one.returning(LoginSession.id)).first() is None:
        raise NotFound(_l("There is no such session."))
    audit.record(session, "session.end", f"person:{whose}", by=by)


def end_token(session: Session, token_hash: bytes, *, by: Actor) -> None:
    """Sign out: end the session of a browser."""
    if session.execute(
        delete(LoginSession).where(LoginSession.token_hash == token_hash).returning(LoginSession.id)
    ).first():
        audit.record(session, "session.end", f"person:{by.person_id}", by=by)


def end_all(session: Session, person_id: int, *, by: Actor = SYSTEM, but: int | None = None) -> int:
    """End a person's sessions, all or all but one; how many.

    Refuses `NotAllowed` for others' unless by managers, and for those of managers unless by administrators.
    """
    _may_end(session, person_id, by)
    wanted = delete(LoginSession).where(LoginSession.person_id == person_id)
    if but is not None:
        wanted = wanted.where(LoginSession.id != but)
    ended = len(session.execute(wanted.returning(LoginSession.id)).all())
    if ended:
        audit.record(session, "session.end_all", f"person:{person_id}", by=by, ended=ended)
    return ended


def is_recent(session: Session, session_id: int) -> bool:
    """Whether somebody signed in to this session a moment ago."""
    wanted = select(LoginSession.id).where(LoginSession.id == session_id, LoginSession.is_live())
    return session.scalar(wanted.where(LoginSession.created_at > PORTAL_NOW - RECENT)) is not None


def require_recent(session: Session, session_id: int) -> None:
    """Refuse (`NotAllowed`) a session in which somebody signed in longer ago than `RECENT`."""
    if not is_recent(session, session_id):
        raise NotAllowed(
            _l("For this you must have signed in within the last 10 minutes. Sign out, in again, and return.")
        )


def seen(session_id: int) -> None:
    """Note that a session was used, in a transaction of its own, so that pages stay free of writes."""
    late = update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=PORTAL_NOW)
    with db.engine.begin() as connection:
        connection.execute(late)


def forget_ended(session: Session) -> int:
    """Delete the rows of sessions that time has ended; how many."""
    gone = delete(LoginSession).where(not_(LoginSession.is_live()))
    return len(session.execute(gone.returning(LoginSession.id)).all())


def ends_at(row: LoginSession) -> datetime:
    """When a session ends if nobody uses it any more."""
    return min(row.expires_at, row.last_seen_at + timedelta(seconds=row.idle_seconds))


def _may_end(session: Session, person_id: int | None, by: Actor) -> None:
    if by.person_id == person_id or by.is_system:
        return
    by.require(*MANAGERS)
    if person_id is not None and roles_of(session, person_id) & MANAGERS:
        by.require(Role.ADMIN)


def _printable(user_agent: str) -> str:
    return "".join(character for character in user_agent if character.isprintable())


def _on_role_change(session: Session, person_id: int) -> None:
    end_all(session, person_id)


ON_ROLE_CHANGE.append(_on_role_change)

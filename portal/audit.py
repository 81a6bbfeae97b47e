"""Append-only record of what matters: who did what to which thing, in the same transaction as the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Identity, Index, event
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base
from portal.database.refusal import NotAllowed

_DONE: Final = "done"
_MOST: Final = 50
"""Deeds named in one log line; the record itself holds all."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with roles, or the system (no person)."""

    person_id: int | None
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_system(self) -> bool:
        """Whether a job, an import or a command acts, on nobody's behalf."""
        return self.person_id is None

    def has(self, *roles: str) -> bool:
        """Whether the actor holds one of the roles; the system may do what any role may."""
        return self.is_system or bool(self.roles.intersection(roles))

    def require(self, *roles: str) -> None:
        """Refuse (`NotAllowed`) an actor who holds none of the roles."""
        if not self.has(*roles):
            raise NotAllowed


SYSTEM: Final = Actor(None)
"""The portal itself: jobs, imports, commands."""


class AuditEntry(Base):
    """One line of the record; holds ids, never names or addresses (trust.md, ground rules)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    actor_id: Mapped[int | None]
    action: Mapped[str]
    subject: Mapped[str]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


def record(session: Session, action: str, subject: str, *, by: Actor, **details: object) -> None:
    """Append a line: `action` as `noun.verb`, `subject` as `<table>:<id>`; `details` are ids and plain values only.

    Once it is committed, the log line of the request names it too, as `did`.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    session.add(
        AuditEntry(action=action, subject=subject, actor_id=by.person_id, request_id=request_id, details=details)
    )
    if request_id is not None:
        session.info.setdefault(_DONE, []).append(f"{action} {subject}")


@event.listens_for(Session, "after_commit")
def _say_done(session: Session) -> None:
    """What was kept goes into the log lines that follow in this request."""
    done = session.info.pop(_DONE, None)
    if done:
        earlier = structlog.contextvars.get_contextvars().get("did", [])
        structlog.contextvars.bind_contextvars(did=[*earlier, *done][:_MOST])


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_DONE, None)

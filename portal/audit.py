"""Append-only record of what matters: who did what to which thing, in the same transaction as the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Identity, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base
from portal.database.refusal import NotAllowed


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
    """Append a line: `action` as `noun.verb`, `subject` as `<table>:<id>`; `details` are ids and plain values only."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    session.add(
        AuditEntry(action=action, subject=subject, actor_id=by.person_id, request_id=request_id, details=details)
    )

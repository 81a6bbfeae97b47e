"""What the screens of consent need, as small rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.models import ConsentCurrent, ConsentEvent, Kind, Notice
from portal.consent.scopes import SCOPES, Scope

ENDS_SOON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands on one scope: `state` is `agreed`, `ending`, `not_agreed`, `withdrawn` or `expired`."""

    scope: Scope
    state: str
    since: datetime | None = None
    valid_until: datetime | None = None
    version: int | None = None

    @property
    def live(self) -> bool:
        """Whether it holds now."""
        return self.state in {"agreed", "ending"}


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of a person's history: an event of consent (with `scope`, `receipt`) or a disclosure (`to`, `fields`)."""

    at: datetime
    kind: str
    scope: str | None
    channel: str | None
    by_self: bool
    receipt: UUID | None
    to: str | None
    fields: tuple[str, ...]
    subject: str | None


def standings(session: Session, person_id: int) -> list[Standing]:
    """Where a person stands on each scope, in one statement."""
    found = session.execute(
        select(ConsentEvent.scope, ConsentEvent.kind, ConsentEvent.at, ConsentEvent.valid_until, Notice.version)
        .join(ConsentCurrent, ConsentCurrent.event_id == ConsentEvent.id)
        .join(Notice, Notice.id == ConsentEvent.notice_id)
        .where(ConsentCurrent.person_id == person_id)
    )
    moment = now(session)
    stands = {row.scope: _standing(SCOPES[row.scope], row, moment) for row in found if row.scope in SCOPES}
    return [stands.get(key) or Standing(scope, "not_agreed") for key, scope in SCOPES.items()]


def _standing(scope: Scope, row: object, moment: datetime) -> Standing:
    kind, at, valid_until, version = row.kind, row.at, row.valid_until, row.version  # type: ignore[attr-defined]
    if kind is Kind.WITHDRAWN:
        return Standing(scope, "withdrawn", at, None, version)
    if kind is Kind.EXPIRED or valid_until <= moment:
        return Standing(scope, "expired", valid_until or at, None, version)
    return Standing(scope, "ending" if valid_until - moment <= ENDS_SOON else "agreed", at, valid_until, version)


_HISTORY: Final = text(
    """
    SELECT * FROM (
      (SELECT at, kind::text, scope, channel::text, actor_id = person_id AS by_self, public_id AS receipt,
              NULL::text AS shown_to, NULL::text[] AS fields, NULL::text AS subject, id AS nth
         FROM consent_event WHERE person_id = :person ORDER BY id DESC LIMIT :most)
      UNION ALL
      (SELECT d.at, 'disclosed', NULL, NULL, false, NULL, reader.name, d.fields, d.subject, d.id
         FROM disclosure d JOIN person reader ON reader.id = d.to_person_id
        WHERE d.person_id = :person ORDER BY d.id DESC LIMIT :most)
    ) both_kinds ORDER BY at DESC, nth DESC LIMIT :most
    """
)


def history(session: Session, person_id: int, *, limit: int = 6) -> list[Happening]:
    """The newest events of consent and disclosures of a person, newest first, in one statement."""
    rows = session.execute(_HISTORY, {"person": person_id, "most": limit})
    return [
        Happening(
            r.at, r.kind, r.scope, r.channel, bool(r.by_self), r.receipt, r.shown_to, tuple(r.fields or ()), r.subject
        )
        for r in rows
    ]


def event_of(session: Session, person_id: int, public_id: UUID) -> int | None:
    """The key of an event of this person, or None where it is missing or somebody else's."""
    wanted = select(ConsentEvent.id).where(ConsentEvent.public_id == public_id, ConsentEvent.person_id == person_id)
    return session.scalar(wanted)

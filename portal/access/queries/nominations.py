"""Nominations as lists, and the history of one: who, why, what was decided, what followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.access.models import Invitation, Nomination
from portal.access.states import NominationState
from portal.clock import PORTAL_NOW
from portal.database.refusal import NotFound
from portal.people.models import Company, Person
from portal.people.states import Role
from portal.web.paging import Cursor, Page, page_of


@dataclass(frozen=True, slots=True)
class NominationRow:
    """A nomination in a list."""

    id: int
    public_id: UUID
    name: str
    title: str | None
    company: str | None
    reason: str
    state: NominationState
    nominated_by: str | None
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    address: str
    person_id: int | None
    person: UUID | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a nomination: who did it, when, and what they said."""

    title: LazyString
    at: datetime
    by: str | None = None
    said: str | None = None
    icon: str = "circle-check"
    tone: str = "brand"


_FOLLOWED: Final = 10
_ENDS: Final = {
    "accepted": (_l("Joined"), "user-check", "ok"),
    "ended": (_l("The invitation was withdrawn or sent anew"), "minus", "brand"),
    "expired": (_l("The invitation ran out"), "clock", "warn"),
}


def nominations(
    session: Session,
    *,
    state: NominationState | None = None,
    decided: bool = False,
    nominated_by: int | None = None,
    after: Cursor | None = None,
    limit: int = 25,
) -> Page[NominationRow]:
    """Nominations, the newest first; those that wait with the oldest first."""
    waiting = state is NominationState.NEW
    wanted = _nomination_rows()
    if state is not None:
        wanted = wanted.where(Nomination.state == state)
    if decided:
        wanted = wanted.where(Nomination.state != NominationState.NEW)
    if nominated_by is not None:
        wanted = wanted.where(Nomination.nominated_by == nominated_by)
    if after is not None:
        wanted = wanted.where(Nomination.id > after[0] if waiting else Nomination.id < after[0])
    wanted = wanted.order_by(Nomination.id if waiting else Nomination.id.desc()).limit(limit + 1)
    rows = [NominationRow(**row._mapping) for row in session.execute(wanted)]
    return page_of(rows, limit, lambda row: (row.id,))


def nomination(session: Session, public_id: UUID, *, nominated_by: int | None = None) -> NominationRow:
    """One nomination; with `nominated_by` only one of theirs. Refuses `NotFound`."""
    wanted = _nomination_rows().where(Nomination.public_id == public_id)
    if nominated_by is not None:
        wanted = wanted.where(Nomination.nominated_by == nominated_by)
    row = session.execute(wanted).first()
    if row is None:
        raise NotFound
    return NominationRow(**row._mapping)


def steps(session: Session, row: NominationRow) -> list[Step]:
    """What happened to a nomination and the invitations that followed from it, the newest first; at most 22 steps."""
    found = [Step(_l("Nominated"), row.created_at, row.nominated_by, row.reason, "hand-heart")]
    if row.decided_at is not None:
        approved = row.state is NominationState.APPROVED
        icon, tone = ("check", "ok") if approved else ("minus", "brand")
        found.append(Step(row.state.label, row.decided_at, row.decided_by, row.note, icon, tone))
        if approved and row.person_id is not None:
            found += _followed(session, row.person_id, row.decided_at)
    return sorted(found, key=lambda step: step.at)[::-1]


def earlier(session: Session, row: NominationRow, *, nominated_by: int | None = None) -> list[NominationRow]:
    """Other nominations of the same address or person, the newest first, at most ten; for a rep only their own."""
    same = func.lower(Nomination.address) == row.address.lower()
    if row.person_id is not None:
        same = or_(same, Nomination.person_id == row.person_id)
    wanted = _nomination_rows().where(same, Nomination.id != row.id)
    if nominated_by is not None:
        wanted = wanted.where(Nomination.nominated_by == nominated_by)
    rows = session.execute(wanted.order_by(Nomination.id.desc()).limit(10))
    return [NominationRow(**found._mapping) for found in rows]


def _followed(session: Session, person_id: int, since: datetime) -> Iterator[Step]:
    """The invitations as advocate since then: sent by whom, and what came of each."""
    by = aliased(Person)
    over = and_(Invitation.expires_at <= PORTAL_NOW, Invitation.ended_at.is_(None))
    came = case(
        (Invitation.accepted_at.is_not(None), "accepted"),
        (over, "expired"),
        (Invitation.ended_at.is_not(None), "ended"),
    )
    ended = func.coalesce(Invitation.accepted_at, Invitation.ended_at, Invitation.expires_at)
    wanted = (
        select(Invitation.created_at, by.name.label("by"), came.label("came"), ended.label("ended"))
        .outerjoin(by, by.id == Invitation.created_by)
        .where(Invitation.person_id == person_id, Invitation.role == Role.ADVOCATE, Invitation.created_at >= since)
    )
    for row in session.execute(wanted.order_by(Invitation.id.desc()).limit(_FOLLOWED)):
        yield Step(_l("Invited"), row.created_at, row.by, icon="mail")
        if row.came is not None:
            title, icon, tone = _ENDS[row.came]
            yield Step(title, row.ended, icon=icon, tone=tone)


def _nomination_rows() -> Select[*tuple[Any, ...]]:
    by, decider, them = aliased(Person), aliased(Person), aliased(Person)
    return (
        select(
            Nomination.id,
            Nomination.public_id,
            Nomination.name,
            Nomination.title,
            func.coalesce(Company.name, Nomination.company_name).label("company"),
            Nomination.reason,
            Nomination.state,
            by.name.label("nominated_by"),
            Nomination.created_at,
            decider.name.label("decided_by"),
            Nomination.decided_at,
            Nomination.note,
            Nomination.address,
            Nomination.person_id,
            them.public_id.label("person"),
        )
        .outerjoin(Company, Company.id == Nomination.company_id)
        .outerjoin(by, by.id == Nomination.nominated_by)
        .outerjoin(decider, decider.id == Nomination.decided_by)
        .outerjoin(them, them.id == Nomination.person_id)
    )

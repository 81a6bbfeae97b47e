"""Exceptions of the limits as lists and one by one, with the names they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import BigInteger, Select, Uuid, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased

from portal.clock import PORTAL_NOW
from portal.consent.activities import ACTIVITIES
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.people.models import Company, Person
from portal.references.models import ActivityType, Opportunity
from portal.references.models.exceptions import ExceptionState, LimitException, standing
from portal.references.models.pool import PoolEntry
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 25
_LARGEST: Final = 2**62
_ROWS: Final = bindparam("rows", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class Asked:
    """An exception; `who` are the initials of the person it is for, `company` is named where theirs is excepted."""

    id: int
    public_id: UUID
    person_id: int | None
    who: str | None
    company: str | None
    activity: str
    prospect: str
    deal: UUID | None
    entry: UUID | None
    reason: str
    state: ExceptionState
    asked_by: int
    asker: str
    created_at: datetime
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    note: str | None
    spent: bool
    over: bool

    @property
    def what(self) -> LazyString:
        """The activity to be asked for."""
        return ACTIVITIES[self.activity].name

    @property
    def word(self) -> LazyString:
        """How it stands, in a word."""
        return standing(self.state, spent=self.spent, over=self.over)[0]

    @property
    def tone(self) -> str:
        """The tone of that word's badge."""
        return standing(self.state, spent=self.spent, over=self.over)[1]

    @property
    def waits(self) -> bool:
        """Whether it can still be decided on."""
        return self.state is ExceptionState.WAITING and not self.over

    @property
    def usable(self) -> bool:
        """Whether an ask may use it now."""
        return self.state is ExceptionState.APPROVED and not self.spent and not self.over


def one(session: Session, public_id: UUID) -> Asked:
    """One exception. Refuses `NotFound`."""
    for row in _one(session, public_id=public_id):
        return Asked(**row._mapping)
    raise NotFound


def waiting(session: Session, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Asked]:
    """Those that wait for a decision and have not run out, the oldest first."""
    rows = _waiting(session, after=after[0] if after else 0, rows=limit + 1)
    return page_of([Asked(**row._mapping) for row in rows], limit, lambda row: (row.id,))


def over(session: Session, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Asked]:
    """Those that were decided on, withdrawn or have run out, the newest first."""
    rows = _over(session, after=after[0] if after else _LARGEST, rows=limit + 1)
    return page_of([Asked(**row._mapping) for row in rows], limit, lambda row: (row.id,))


def of(session: Session, person_id: int, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Asked]:
    """Those that somebody asked for, the newest first."""
    rows = _of(session, person=person_id, after=after[0] if after else _LARGEST, rows=limit + 1)
    return page_of([Asked(**row._mapping) for row in rows], limit, lambda row: (row.id,))


def _rows() -> Select[*tuple[Any, ...]]:
    person, asker, decider = (aliased(Person) for _name in range(3))
    return (
        select(
            LimitException.id,
            LimitException.public_id,
            LimitException.person_id,
            case((person.id.is_not(None), func.portal_initials(person.name))).label("who"),
            Company.name.label("company"),
            ActivityType.key.label("activity"),
            LimitException.prospect_name.label("prospect"),
            Opportunity.public_id.label("deal"),
            PoolEntry.public_id.label("entry"),
            LimitException.reason,
            LimitException.state,
            LimitException.asked_by,
            asker.name.label("asker"),
            LimitException.created_at,
            LimitException.expires_at,
            decider.name.label("decider"),
            LimitException.decided_at,
            LimitException.note,
            LimitException.ask_id.is_not(None).label("spent"),
            (LimitException.expires_at <= PORTAL_NOW).label("over"),
        )
        .join(ActivityType, ActivityType.id == LimitException.activity_type_id)
        .join(asker, asker.id == LimitException.asked_by)
        .outerjoin(person, person.id == LimitException.person_id)
        .outerjoin(Company, Company.id == LimitException.company_id)
        .outerjoin(Opportunity, Opportunity.id == LimitException.opportunity_id)
        .outerjoin(PoolEntry, PoolEntry.person_id == LimitException.person_id)
        .outerjoin(decider, decider.id == LimitException.decided_by)
    )


@Prepared
def _one() -> Select[*tuple[Any, ...]]:
    return _rows().where(LimitException.public_id == bindparam("public_id", type_=Uuid()))


@Prepared
def _waiting() -> Select[*tuple[Any, ...]]:
    found = _rows().where(LimitException.decided_at.is_(None), LimitException.expires_at > PORTAL_NOW)
    found = found.where(LimitException.id > bindparam("after", type_=BigInteger))
    return found.order_by(LimitException.id).limit(_ROWS)


@Prepared
def _over() -> Select[*tuple[Any, ...]]:
    found = _rows().where(LimitException.decided_at.is_not(None) | (LimitException.expires_at <= PORTAL_NOW))
    found = found.where(LimitException.id < bindparam("after", type_=BigInteger))
    return found.order_by(LimitException.id.desc()).limit(_ROWS)


@Prepared
def _of() -> Select[*tuple[Any, ...]]:
    found = _rows().where(LimitException.asked_by == bindparam("person", type_=BigInteger))
    found = found.where(LimitException.id < bindparam("after", type_=BigInteger))
    return found.order_by(LimitException.id.desc()).limit(_ROWS)

"""What an advocate can spend points on, and what of it is still out of their reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, DateTime, Select, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.database.refusal import NotFound
from portal.points.models import Account, AccountKind, Level
from portal.rewards.limits import YEAR
from portal.rewards.models import LARGEST_LIMIT, Redemption, Reward
from portal.rewards.states import GIVEN_BACK, RewardState
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 24
FEW_LEFT: Final = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as one advocate sees it; `had`: when they redeemed it, the newest first (only where that is limited)."""

    id: int
    public_id: UUID
    name: str
    description: str
    art: str
    price: int
    stock: int | None
    delivery: str
    needs_approval: bool
    per_person: int | None
    per_year: int | None
    level: str | None
    level_needs: int | None
    lifetime: int
    had: Sequence[datetime] | None
    at: datetime

    @property
    def sold_out(self) -> bool:
        """Whether none is left."""
        return self.stock == 0

    @property
    def few_left(self) -> bool:
        """Whether so few are left that it is worth saying."""
        return self.stock is not None and 0 < self.stock <= FEW_LEFT

    @property
    def level_to_go(self) -> int:
        """Points that are missing to its level."""
        return max(0, (self.level_needs or 0) - self.lifetime)

    @property
    def used_up(self) -> bool:
        """Whether they have had it as often as one person may."""
        return self.per_person is not None and len(self.had or ()) >= self.per_person

    @property
    def again_at(self) -> datetime | None:
        """When they may have it again, where they had it as often as one person may in a year."""
        if self.per_year is None:
            return None
        lately = [when for when in self.had or () if when > self.at - YEAR]
        return lately[self.per_year - 1] + YEAR if len(lately) >= self.per_year else None

    @property
    def open_to_them(self) -> bool:
        """Whether only points can be missing."""
        return not (self.sold_out or self.level_to_go or self.used_up or self.again_at)


def catalogue(
    session: Session, person_id: int, *, up_to: int | None = None, after: Cursor | None = None, limit: int = PAGE
) -> Page[Offer]:
    """What can be redeemed, the cheapest first; `up_to` leaves out what costs more points or needs a higher level."""
    found = _offers(person_id)
    if up_to is not None:
        found = found.where(Reward.price <= up_to, func.coalesce(Level.threshold, 0) <= _lifetime(person_id))
    if after:
        found = found.where(tuple_(Reward.price, Reward.id) > tuple_(*after))
    rows = session.execute(found.order_by(Reward.price, Reward.id).limit(limit + 1))
    return page_of([Offer(*row) for row in rows], limit, lambda offer: (offer.price, offer.id))


def offer(session: Session, person_id: int, public_id: UUID) -> Offer:
    """One reward of the catalogue. Refuses `NotFound`."""
    row = session.execute(_offers(person_id).where(Reward.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such reward."))
    return Offer(*row)


def _offers(person_id: int) -> Select[*tuple[Any, ...]]:
    had = (
        select(Redemption.created_at)
        .where(
            Redemption.person_id == person_id,
            Redemption.reward_id == Reward.id,
            Redemption.state.not_in(GIVEN_BACK),
        )
        .order_by(Redemption.created_at.desc())
        .limit(LARGEST_LIMIT)
        .correlate(Reward)
        .scalar_subquery()
    )
    limited = or_(Reward.per_person.is_not(None), Reward.per_year.is_not(None))
    return (
        select(
            Reward.id,
            Reward.public_id,
            Reward.name,
            Reward.description,
            Reward.art,
            Reward.price,
            Reward.stock,
            Reward.delivery,
            Reward.needs_approval,
            Reward.per_person,
            Reward.per_year,
            Level.name,
            Level.threshold,
            _lifetime(person_id),
            case((limited, func.array(had, type_=ARRAY(DateTime(timezone=True))))),
            PORTAL_NOW,
        )
        .outerjoin(Level, Level.id == Reward.level_id)
        .where(Reward.state == RewardState.ACTIVE)
    )


def _lifetime(person_id: int) -> Any:
    lifetime = select(func.max(Account.lifetime)).where(
        Account.person_id == person_id, Account.kind == AccountKind.PERSON, Account.unit == "points"
    )
    return func.coalesce(lifetime.scalar_subquery(), 0)

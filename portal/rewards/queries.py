"""What the screens of rewards show, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail
from portal.points.causes import CAUSES, Named
from portal.rewards.models import Redemption, RedemptionEvent, Reward
from portal.rewards.states import TRANSITIONS, RewardState, State
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 24
FEW_LEFT: Final = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as an advocate sees it."""

    id: int
    public_id: UUID
    name: str
    description: str
    art: str
    price: int
    stock: int | None
    delivery: str

    @property
    def sold_out(self) -> bool:
        """Whether none is left."""
        return self.stock == 0

    @property
    def few_left(self) -> bool:
        """Whether so few are left that it is worth saying."""
        return self.stock is not None and 0 < self.stock <= FEW_LEFT


@dataclass(frozen=True, slots=True)
class Order:
    """A redemption as the person sees it."""

    id: int
    public_id: UUID
    name: str
    art: str
    price: int
    delivery: str
    state: State
    note: str | None
    created_at: datetime
    decided_at: datetime | None

    @property
    def cancellable(self) -> bool:
        """Whether it can still be taken back."""
        return State.CANCELLED in TRANSITIONS[self.state]

    @property
    def points_are_back(self) -> bool:
        """Whether the points went back to the person."""
        return self.state in (State.FAILED, State.CANCELLED, State.REFUNDED)


@dataclass(frozen=True, slots=True)
class Step:
    """A step in a redemption's history; `by` is empty for the portal itself."""

    state: State
    at: datetime
    note: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A redemption as the desk sees it, with the address to send to."""

    order: Order
    person_id: int
    advocate: str
    title: str | None
    company: str | None
    address: str | None

    @property
    def deliverable(self) -> bool:
        """Whether it can be said to be delivered, or not to be deliverable."""
        return self.dispatchable or State.FULFILLED in TRANSITIONS[self.order.state]

    @property
    def dispatchable(self) -> bool:
        """Whether it can be said to be on its way."""
        return State.DISPATCHING in TRANSITIONS[self.order.state]

    @property
    def refundable(self) -> bool:
        """Whether its points can go back."""
        return State.REFUNDED in TRANSITIONS[self.order.state]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the desk's queue."""

    id: int
    public_id: UUID
    advocate: str
    name: str
    price: int
    state: State
    since: datetime


@dataclass(frozen=True, slots=True)
class Shelved:
    """A row of the catalogue's editor."""

    id: int
    public_id: UUID
    name: str
    art: str
    price: int
    stock: int | None
    state: RewardState
    redeemed: int


_OFFER: Final = (
    Reward.id,
    Reward.public_id,
    Reward.name,
    Reward.description,
    Reward.art,
    Reward.price,
    Reward.stock,
    Reward.delivery,
)
_ORDER: Final = (
    Redemption.id,
    Redemption.public_id,
    Redemption.name,
    Reward.art,
    Redemption.price,
    Redemption.delivery,
    Redemption.state,
    Redemption.note,
    Redemption.created_at,
    Redemption.decided_at,
)


def catalogue(
    session: Session, *, up_to: int | None = None, after: Cursor | None = None, limit: int = PAGE
) -> Page[Offer]:
    """What can be redeemed, the cheapest first; `up_to` leaves out what costs more points."""
    found = select(*_OFFER).where(Reward.state == RewardState.ACTIVE)
    if up_to is not None:
        found = found.where(Reward.price <= up_to)
    if after:
        found = found.where(tuple_(Reward.price, Reward.id) > tuple_(*after))
    rows = session.execute(found.order_by(Reward.price, Reward.id).limit(limit + 1))
    return page_of([Offer(*row) for row in rows], limit, lambda offer: (offer.price, offer.id))


def offer(session: Session, public_id: UUID) -> Offer:
    """One reward of the catalogue. Refuses `NotFound`."""
    row = session.execute(
        select(*_OFFER).where(Reward.public_id == public_id, Reward.state == RewardState.ACTIVE)
    ).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such reward."))
    return Offer(*row)


def orders(session: Session, person_id: int, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Order]:
    """A person's redemptions, newest first."""
    found = _orders().where(Redemption.person_id == person_id)
    if after:
        found = found.where(Redemption.id < after[0])
    rows = session.execute(found.order_by(Redemption.id.desc()).limit(limit + 1))
    return page_of([Order(*row) for row in rows], limit, lambda order: (order.id,))


def order(session: Session, person_id: int, public_id: UUID) -> Order:
    """One of a person's own redemptions. Refuses `NotFound`, also for a stranger's."""
    row = session.execute(
        _orders().where(Redemption.public_id == public_id, Redemption.person_id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such redemption."))
    return Order(*row)


def history(session: Session, redemption_id: int) -> Sequence[Step]:
    """The steps of a redemption, newest first; there are a handful at most."""
    rows = session.execute(
        select(RedemptionEvent.state, RedemptionEvent.at, RedemptionEvent.note, Person.name)
        .outerjoin(Person, Person.id == RedemptionEvent.actor_id)
        .where(RedemptionEvent.redemption_id == redemption_id)
        .order_by(RedemptionEvent.id.desc())
        .limit(PAGE)
    )
    return [Step(*row) for row in rows]


def queue(session: Session, *, done: bool, after: Cursor | None = None, limit: int = PAGE) -> Page[Waiting]:
    """The desk's redemptions: those under way, the oldest first, or those that have ended, the newest first."""
    found = select(
        Redemption.id,
        Redemption.public_id,
        Person.name,
        Redemption.name,
        Redemption.price,
        Redemption.state,
        Redemption.created_at,
    ).join(Person, Person.id == Redemption.person_id)
    if done:
        found = found.where(Redemption.decided_at.is_not(None)).order_by(Redemption.id.desc())
        found = found.where(Redemption.id < after[0]) if after else found
    else:
        found = found.where(Redemption.decided_at.is_(None)).order_by(Redemption.id)
        found = found.where(Redemption.id > after[0]) if after else found
    rows = session.execute(found.limit(limit + 1))
    return page_of([Waiting(*row) for row in rows], limit, lambda row: (row.id,))


def claim(session: Session, public_id: UUID) -> Claim:
    """One redemption for the desk, with whom it goes to. Refuses `NotFound`."""
    row = session.execute(
        _orders()
        .add_columns(Person.id, Person.name, Person.title, Company.name, PersonEmail.address)
        .join(Person, Person.id == Redemption.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.is_primary)
        .where(Redemption.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such redemption."))
    return Claim(Order(*row[: len(_ORDER)]), *row[len(_ORDER) :])


def shelf(session: Session, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Shelved]:
    """Every reward, newest first, with how often it was redeemed (and not given back)."""
    redeemed = (
        select(func.count())
        .where(Redemption.reward_id == Reward.id, Redemption.state.not_in((State.FAILED, State.CANCELLED)))
        .scalar_subquery()
    )
    found = select(
        Reward.id, Reward.public_id, Reward.name, Reward.art, Reward.price, Reward.stock, Reward.state, redeemed
    )
    if after:
        found = found.where(Reward.id < after[0])
    rows = session.execute(found.order_by(Reward.id.desc()).limit(limit + 1))
    return page_of([Shelved(*row) for row in rows], limit, lambda row: (row.id,))


def reward(session: Session, public_id: UUID) -> Reward:
    """One reward in any state, for the desk. Refuses `NotFound`."""
    found = session.scalar(select(Reward).where(Reward.public_id == public_id))
    if found is None:
        raise NotFound(_l("There is no such reward."))
    return found


def _orders() -> Select[*tuple[Any, ...]]:
    return select(*_ORDER).join(Reward, Reward.id == Redemption.reward_id)


def _named(session: Session, ids: Sequence[int]) -> Mapping[int, Named]:
    """What the statement of points calls a redemption."""
    rows = session.execute(select(Redemption.id, Redemption.name, Redemption.public_id).where(Redemption.id.in_(ids)))
    return {row.id: (row.name, f"/redemptions/{row.public_id}") for row in rows}


CAUSES["redemption"] = _named

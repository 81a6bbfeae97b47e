"""What the desk shows of rewards and redemptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.database.refusal import NotFound
from portal.people.models import Company, Person, PersonEmail
from portal.points.models import Level
from portal.rewards.models import Redemption, Reward, RewardCode
from portal.rewards.queries.orders import COLUMNS, Order, select_orders
from portal.rewards.states import TRANSITIONS, RewardState, State, Way
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 24


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
    def approvable(self) -> bool:
        """Whether somebody has to agree to it first."""
        return self.order.state is State.AWAITING_APPROVAL

    @property
    def deliverable(self) -> bool:
        """Whether it can be said to be delivered."""
        if self.order.way == Way.CODE:
            return False
        return self.dispatchable or State.FULFILLED in TRANSITIONS[self.order.state]

    @property
    def dispatchable(self) -> bool:
        """Whether it can be said to be on its way."""
        return self.order.state is State.HELD

    @property
    def failing(self) -> bool:
        """Whether it can be said not to be deliverable: by hand, or a code that nobody has opened yet."""
        return self.deliverable or self.order.code_ready

    @property
    def showable(self) -> bool:
        """Whether the person can be let see their code once more."""
        return self.order.way == Way.CODE and self.order.state is State.FULFILLED and not self.order.showings_left

    @property
    def refundable(self) -> bool:
        """Whether its points can go back."""
        return State.REFUNDED in TRANSITIONS[self.order.state]


class Show(StrEnum):
    """What the desk's queue is narrowed to."""

    ALL = ""
    APPROVE = "approve"
    SEND = "send"
    LATE = "late"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Overview:
    """How much waits at the desk, how much of it for somebody to agree, and how much is overdue."""

    waiting: int
    to_approve: int
    late: int


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
    late: bool


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


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of a reward: those that are free, and those that somebody has."""

    free: int
    given: int


def _overdue() -> ColumnElement[bool]:
    return Redemption.due_at < PORTAL_NOW


_NARROWER: Final = {
    Show.ALL: true(),
    Show.APPROVE: Redemption.state == State.AWAITING_APPROVAL,
    Show.SEND: Redemption.state != State.AWAITING_APPROVAL,
    Show.LATE: _overdue(),
}


def queue(session: Session, show: Show, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Waiting]:
    """The desk's redemptions: what waits there, the oldest first, or what has ended, the newest first."""
    found = select(
        Redemption.id,
        Redemption.public_id,
        Person.name,
        Redemption.name,
        Redemption.price,
        Redemption.state,
        Redemption.created_at,
        and_(waits_at_the_desk(), _overdue()),
    ).join(Person, Person.id == Redemption.person_id)
    if show is Show.DONE:
        found = found.where(Redemption.decided_at.is_not(None)).order_by(Redemption.id.desc())
        found = found.where(Redemption.id < after[0]) if after else found
    else:
        found = found.where(waits_at_the_desk(), _NARROWER[show]).order_by(Redemption.id)
        found = found.where(Redemption.id > after[0]) if after else found
    rows = session.execute(found.limit(limit + 1))
    return page_of([Waiting(*row) for row in rows], limit, lambda row: (row.id,))


def overview(session: Session) -> Overview:
    """How much waits at the desk."""
    approvals = func.count().filter(Redemption.state == State.AWAITING_APPROVAL)
    late = func.count().filter(_overdue())
    return Overview(*session.execute(select(func.count(), approvals, late).where(waits_at_the_desk())).one())


def waits_at_the_desk() -> ColumnElement[bool]:
    """The condition that somebody of the team has something to do about a redemption."""
    by_hand = or_(Redemption.way != Way.CODE, Redemption.state == State.AWAITING_APPROVAL)
    return and_(Redemption.decided_at.is_(None), by_hand)


def claim(session: Session, public_id: UUID) -> Claim:
    """One redemption for the desk, with whom it goes to. Refuses `NotFound`."""
    row = session.execute(
        select_orders()
        .add_columns(Person.id, Person.name, Person.title, Company.name, PersonEmail.address)
        .join(Person, Person.id == Redemption.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.is_primary)
        .where(Redemption.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such redemption."))
    return Claim(Order(*row[: len(COLUMNS)]), *row[len(COLUMNS) :])


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


def codes(session: Session, reward: Reward) -> Codes | None:
    """How many codes a reward has, if it is delivered by codes."""
    if reward.fulfilment != Way.CODE:
        return None
    given = func.count(RewardCode.redemption_id)
    row = session.execute(select(func.count() - given, given).where(RewardCode.reward_id == reward.id)).one()
    return Codes(*row)


def levels(session: Session) -> list[tuple[UUID, str]]:
    """The levels that a reward can ask for, the lowest first; everybody stands on the very lowest."""
    rows = session.execute(select(Level.public_id, Level.name).where(Level.threshold > 0).order_by(Level.threshold))
    return [(row.public_id, row.name) for row in rows]


def level_of(session: Session, reward: Reward) -> UUID | None:
    """The level from which a reward can be redeemed."""
    return session.scalar(select(Level.public_id).where(Level.id == reward.level_id))

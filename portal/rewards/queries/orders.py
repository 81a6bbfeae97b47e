"""What an advocate has ordered, and where each order stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.database.refusal import NotFound
from portal.people.models import Person
from portal.rewards.models import Redemption, RedemptionEvent, Reward, RewardCode
from portal.rewards.states import GIVEN_BACK, NOT_APPROVED, OPEN, TRANSITIONS, State, Way
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 24


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
    approved_at: datetime | None
    declined: bool
    needs_approval: bool
    way: str
    showings_left: int | None
    due_at: datetime
    at: datetime

    @property
    def open(self) -> bool:
        """Whether it is still under way."""
        return self.state in OPEN

    @property
    def late(self) -> bool:
        """Whether somebody of the team should have done something by now."""
        return self.open and self.due_at < self.at and not self.code_ready

    @property
    def code_ready(self) -> bool:
        """Whether a code waits to be opened for the first time."""
        return self.way == Way.CODE and self.state in (State.HELD, State.DISPATCHING)

    @property
    def code_again(self) -> bool:
        """Whether somebody of the team lets them see their code once more."""
        return self.state is State.FULFILLED and bool(self.showings_left)

    @property
    def label(self) -> LazyString:
        """Where it stands, as people read it."""
        return NOT_APPROVED if self.declined else self.state.label

    @property
    def cancellable(self) -> bool:
        """Whether it can still be taken back."""
        return State.CANCELLED in TRANSITIONS[self.state]

    @property
    def points_are_back(self) -> bool:
        """Whether the points went back to the person."""
        return self.state in GIVEN_BACK


@dataclass(frozen=True, slots=True)
class Step:
    """A step in a redemption's history; `by` is empty for the portal itself."""

    state: State
    at: datetime
    note: str | None
    by: str | None


COLUMNS: Final = (
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
    Redemption.approved_at,
    Redemption.declined,
    Redemption.needs_approval,
    Redemption.way,
    RewardCode.showings_left,
    Redemption.due_at,
    PORTAL_NOW,
)


def orders(session: Session, person_id: int, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Order]:
    """A person's redemptions, newest first."""
    found = select_orders().where(Redemption.person_id == person_id)
    if after:
        found = found.where(Redemption.id < after[0])
    rows = session.execute(found.order_by(Redemption.id.desc()).limit(limit + 1))
    return page_of([Order(*row) for row in rows], limit, lambda order: (order.id,))


def order(session: Session, person_id: int, public_id: UUID) -> Order:
    """One of a person's own redemptions. Refuses `NotFound`, also for a stranger's."""
    row = session.execute(
        select_orders().where(Redemption.public_id == public_id, Redemption.person_id == person_id)
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


def select_orders() -> Select[*tuple[Any, ...]]:
    orders = select(*COLUMNS).join(Reward, Reward.id == Redemption.reward_id)
    return orders.outerjoin(RewardCode, RewardCode.redemption_id == Redemption.coded)

"""What an advocate comes home to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import Session

from portal.challenges.queries import offers
from portal.challenges.queries.offers import Offer
from portal.database.prepared import Prepared
from portal.points import recognition
from portal.points.balance import Balance
from portal.points.recognition import Standing
from portal.references.models.pool import PoolProposal, ProposalState
from portal.references.queries import asks
from portal.references.queries.asks import TheAsk
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import GIVEN_BACK, RewardState

_CARDS = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """A reward worth saving for: the cheapest still out of reach, else the dearest in reach, if only points decide."""

    public_id: UUID
    name: str
    art: str
    price: int


@dataclass(frozen=True, slots=True)
class Home:
    """The page: what waits for an answer, what to do next, where one stands."""

    asks: list[TheAsk]
    proposed: bool
    feature: Offer | None
    picks: list[Offer]
    balance: Balance
    standing: Standing
    goal: Goal | None


def home(session: Session, person_id: int, *, asked: bool) -> Home:
    """Everything on the page, in a bounded number of statements; `asked`: whether an ask of theirs is open."""
    rows = _where_they_stand(session, person=person_id)
    position, nearby = recognition.position_from(rows), rows[0]
    offered = offers.next_for(session, person_id, limit=_CARDS)
    return Home(
        asks=asks.waiting(session, person_id, limit=2) if asked else [],
        proposed=nearby.proposed,
        feature=offered[0] if offered else None,
        picks=offered[1:],
        balance=position.balance,
        standing=position.standing,
        goal=Goal(nearby.public_id, nearby.goal, nearby.art, nearby.price) if nearby.public_id else None,
    )


@Prepared
def _where_they_stand() -> Select[*tuple[Any, ...]]:
    """Their place on the ladder, with what to save for and whether the pool was proposed to them, on every row."""
    ladder, available = recognition.select_position()
    person = bindparam("person", type_=BigInteger)
    had = exists().where(
        Redemption.person_id == person, Redemption.reward_id == Reward.id, Redemption.state.not_in(GIVEN_BACK)
    )
    goal = (
        select(Reward.public_id, Reward.name, Reward.art, Reward.price)
        .where(Reward.state == RewardState.ACTIVE, or_(Reward.stock.is_(None), Reward.stock > 0))
        .where(Reward.level_id.is_(None), Reward.per_person.is_(None) | ~had, Reward.per_year.is_(None) | ~had)
        .order_by((Reward.price > available).desc(), func.abs(Reward.price - available), Reward.id)
        .limit(1)
        .lateral("goal")
    )
    proposed = exists().where(PoolProposal.person_id == person, PoolProposal.state == ProposalState.OPEN)
    columns = (goal.c.public_id, goal.c.name.label("goal"), goal.c.art, goal.c.price, proposed.label("proposed"))
    return ladder.outerjoin(goal, true()).add_columns(*columns)

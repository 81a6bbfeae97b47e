"""What an advocate comes home to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.challenges.queries import offers
from portal.challenges.queries.offers import Offer
from portal.points import balance, recognition
from portal.points.balance import Balance
from portal.points.recognition import Standing
from portal.references.models.pool import PoolProposal, ProposalState
from portal.references.queries import asks
from portal.references.queries.asks import TheAsk
from portal.rewards.models import Reward
from portal.rewards.states import RewardState

_CARDS = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """A reward worth saving for: the cheapest that is still out of reach, else the dearest in reach."""

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


def home(session: Session, person_id: int) -> Home:
    """Everything on the page, in a bounded number of statements."""
    points = balance.of(session, person_id)
    offered = offers.next_for(session, person_id, limit=_CARDS)
    return Home(
        asks=asks.waiting(session, person_id, limit=2),
        proposed=_proposed(session, person_id),
        feature=offered[0] if offered else None,
        picks=offered[1:],
        balance=points,
        standing=recognition.standing(recognition.ladder(session), points.lifetime),
        goal=_goal(session, points.available),
    )


def _proposed(session: Session, person_id: int) -> bool:
    wanted = select(PoolProposal.person_id).where(
        PoolProposal.person_id == person_id, PoolProposal.state == ProposalState.OPEN
    )
    return session.execute(wanted.limit(1)).first() is not None


def _goal(session: Session, available: int) -> Goal | None:
    beyond = Reward.price > available
    wanted = (
        select(Reward.public_id, Reward.name, Reward.art, Reward.price)
        .where(Reward.state == RewardState.ACTIVE, or_(Reward.stock.is_(None), Reward.stock > 0))
        .order_by(beyond.desc(), func.abs(Reward.price - available), Reward.id)
        .limit(1)
    )
    row = session.execute(wanted).first()
    return Goal(*row) if row else None

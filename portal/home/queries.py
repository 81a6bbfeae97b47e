"""What an advocate comes home to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.orm import Session

from portal.challenges.queries import offers
from portal.challenges.queries.offers import Offer
from portal.points import recognition
from portal.points.balance import Balance
from portal.points.recognition import Standing
from portal.references.queries import asks
from portal.references.queries.asks import TheAsk

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


def home(session: Session, person_id: int, *, asked: bool) -> Home:
    """Everything on the page, in a bounded number of statements; `asked`: whether an ask of theirs is open."""
    position = recognition.position(session, person_id)
    offered = offers.next_for(session, person_id, limit=_CARDS)
    nearby = session.execute(_NEARBY, {"person": person_id, "available": position.balance.available}).one()
    return Home(
        asks=asks.waiting(session, person_id, limit=2) if asked else [],
        proposed=nearby.proposed,
        feature=offered[0] if offered else None,
        picks=offered[1:],
        balance=position.balance,
        standing=position.standing,
        goal=Goal(nearby.public_id, nearby.name, nearby.art, nearby.price) if nearby.public_id else None,
    )


_NEARBY: Final = text("""
SELECT EXISTS (SELECT FROM pool_proposal WHERE person_id = :person AND state = 'open') AS proposed, goal.*
  FROM (VALUES (1)) AS page
  LEFT JOIN LATERAL (
    SELECT public_id, name, art, price FROM reward WHERE state = 'active' AND (stock IS NULL OR stock > 0)
     ORDER BY price > :available DESC, abs(price - :available), id LIMIT 1) AS goal ON true
""").bindparams(bindparam("person", type_=BigInteger), bindparam("available", type_=BigInteger))

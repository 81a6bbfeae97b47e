"""Levels: where lifetime points have brought somebody, and the moment they reach the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from portal.database.prepared import Prepared
from portal.messages import messages
from portal.points.balance import Balance
from portal.points.models import Account, AccountKind, Level


@dataclass(frozen=True, slots=True)
class Rung:
    """A level on the ladder; `number` counts from 1."""

    number: int
    name: str
    threshold: int
    benefit: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The level that lifetime points have brought, and the next one, if there is one."""

    level: Rung
    following: Rung | None
    lifetime: int

    @property
    def to_go(self) -> int:
        """Points that are missing to the next level."""
        return self.following.threshold - self.lifetime if self.following else 0

    @property
    def needed(self) -> int:
        """What fills the ring: the next level's threshold, or what is there already on the last."""
        return self.following.threshold if self.following else self.lifetime


@dataclass(frozen=True, slots=True)
class Position:
    """What a person has, and where that stands on the ladder."""

    balance: Balance
    standing: Standing
    ladder: list[Rung]


def position(session: Session, person_id: int) -> Position:
    """Balance and standing of a person as stored, in one statement; for screens."""
    return position_from(_position(session, person=person_id))


def position_from(rows: Sequence[Row[Any]]) -> Position:
    """What the rows of `select_position` say, whatever else they hold."""
    rungs = [Rung(number, row.name, row.threshold, row.benefit) for number, row in enumerate(rows, start=1)]
    first = rows[0]
    balance = Balance(first.posted - first.held, first.held, first.lifetime, first.owed)
    return Position(balance, standing(rungs, balance.lifetime), rungs)


def select_position() -> tuple[Select[*tuple[Any, ...]], ColumnElement[int]]:
    """The ladder with what the person of the parameter `person` has, a row a level; and the points they can spend."""
    own, debt = aliased(Account), aliased(Account)
    ladder = (
        select(
            Level.name,
            Level.threshold,
            Level.benefit,
            func.coalesce(own.posted, 0).label("posted"),
            func.coalesce(own.held, 0).label("held"),
            func.coalesce(own.lifetime, 0).label("lifetime"),
            func.coalesce(-debt.posted, 0).label("owed"),
        )
        .select_from(Level)
        .outerjoin(own, _account(own, AccountKind.PERSON))
        .outerjoin(debt, _account(debt, AccountKind.CLAWBACK))
        .order_by(Level.threshold)
    )
    return ladder, func.coalesce(own.posted - own.held, 0)


@Prepared
def _position() -> Select[*tuple[Any, ...]]:
    return select_position()[0]


def _account(account: type[Account], kind: AccountKind) -> ColumnElement[bool]:
    person = bindparam("person", type_=BigInteger)
    return and_(account.kind == kind, account.person_id == person, account.unit == "points")


def standing(rungs: list[Rung], lifetime: int) -> Standing:
    """Where `lifetime` points stand on the ladder; the lowest level needs none."""
    reached = [rung for rung in rungs if rung.threshold <= lifetime]
    level = reached[-1] if reached else rungs[0]
    following = next((rung for rung in rungs if rung.threshold > lifetime), None)
    return Standing(level, following, lifetime)


def advance(session: Session, person_id: int, *, before: int, after: int) -> Level | None:
    """Tell the person of the highest level that their lifetime points have just reached, if any."""
    reached = session.scalars(
        select(Level)
        .where(Level.threshold > before, Level.threshold <= after)
        .order_by(Level.threshold.desc())
        .limit(1)
    ).one_or_none()
    if reached is not None:
        messages.notify(
            session,
            person_id,
            "points.level_reached",
            link="/points/levels",
            subject_ref=f"level:{reached.id}",
            level=reached.name,
            benefit=reached.benefit,
        )
    return reached

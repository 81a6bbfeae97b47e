"""Levels: where lifetime points have brought somebody, and the moment they reach the next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.messages import messages
from portal.points.models import Level


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


def ladder(session: Session) -> list[Rung]:
    """All levels, lowest first."""
    rows = session.execute(select(Level.name, Level.threshold, Level.benefit).order_by(Level.threshold))
    return [Rung(number, *row) for number, row in enumerate(rows, start=1)]


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

"""The verbs on levels: name them, set what they need and open, remove them; never without saying whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from portal import audit
from portal.audit import Actor
from portal.database.invariants import invariant
from portal.database.prepared import Prepared
from portal.database.refusal import Conflict, Invalid, NotFound, explain
from portal.people.models import PersonRole
from portal.people.states import MANAGERS, Role
from portal.points.models import LARGEST_AMOUNT, LONGEST_BENEFIT, LONGEST_LEVEL, Account, AccountKind, Level

MOST: Final = 20
"""More levels than this tell nobody apart."""
_LOWEST: Final = _l("The lowest level needs no points: everybody stands somewhere. Change its name and benefit only.")

explain("level_lowest", _LOWEST)
explain("uq_level_name", _l("Another level has this name."))
explain("uq_level_threshold", _l("Another level needs as many points."))

invariant(
    "points.lowest_level_needs_nothing",
    "Whoever has no points yet stands on a level, too.",
    "SELECT 'levels' AS what WHERE NOT EXISTS (SELECT FROM level WHERE threshold = 0)",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does at once, in people: who stands on a higher level by it, who on a lower one."""

    rises: int = 0
    falls: int = 0

    def __str__(self) -> str:
        return f"{self.rises}/{self.falls}"


class Unsaid(Conflict):
    """The change concerns people, and the manager has not said that they know how many."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(_l("Nothing is saved yet. Look at what changes for whom, then save it."))
        self.effect = effect


@dataclass(frozen=True, slots=True)
class Step:
    """A level with how many advocates stand on it."""

    public_id: UUID
    name: str
    threshold: int
    benefit: str
    people: int


def ladder(session: Session) -> list[Step]:
    """All levels, the lowest first, with how many advocates stand on each."""
    return [Step(**row._mapping) for row in _ladder(session)]


def of(session: Session, public_id: UUID) -> Level:
    """One level. Refuses `NotFound`."""
    level = session.scalar(select(Level).where(Level.public_id == public_id))
    if level is None:
        raise NotFound
    return level


def add(session: Session, name: str, threshold: int, benefit: str, *, by: Actor, agreed: str = "") -> Level:
    """Add a level that needs `threshold` lifetime points. Whoever has as many stands on it at once.

    `agreed` is the effect (`str(Effect)`) that the manager was shown. Refuses `NotAllowed` for all but managers,
    `Invalid` values, `Unsaid` where the effect is another one.
    """
    by.require(*MANAGERS)
    levels = _lock(session)
    if len(levels) >= MOST:
        raise Conflict(_l("There are %(most)s levels already; more tell nobody apart.", most=MOST))
    level = Level()
    _describe(level, name, benefit, levels)
    level.threshold = _threshold(threshold, level, levels)
    above = next((other.threshold for other in levels if other.threshold > threshold), None)
    effect = _agree(Effect(rises=_between(session, threshold, above)), agreed)
    session.add(level)
    session.flush()
    session.refresh(level, ["public_id"])
    audit.record(session, "level.add", f"level:{level.id}", by=by, threshold=threshold, rises=effect.rises)
    return level


def change(
    session: Session, level_id: int, *, name: str, threshold: int, benefit: str, by: Actor, agreed: str = ""
) -> Level:
    """Change a level; nothing changes where it is so already. Levels keep their order, the lowest its 0 points.

    Refuses as `add` does, and `NotFound`.
    """
    by.require(*MANAGERS)
    levels = _lock(session)
    level = _among(levels, level_id)
    before = (level.name, level.threshold, level.benefit)
    session.expunge(level)  # nothing of it is written before all of it is checked
    _describe(level, name, benefit, levels)
    old, new = level.threshold, _threshold(threshold, level, levels)
    _in_its_place(level, new, levels)
    low, high = min(old, new), max(old, new)
    concerned = _between(session, low, high) if low < high else 0
    effect = _agree(Effect(falls=concerned) if new > old else Effect(rises=concerned), agreed)
    level.threshold = new
    session.add(level)
    if before != (level.name, level.threshold, level.benefit):
        session.flush()
        numbers = {"threshold": new, "rises": effect.rises, "falls": effect.falls}
        audit.record(session, "level.change", f"level:{level.id}", by=by, **numbers)
    return level


def remove(session: Session, level_id: int, *, by: Actor, agreed: str = "") -> None:
    """Remove a level: whoever stands on it stands on the one below. Refuses as `change` does, `Conflict` the lowest."""
    by.require(*MANAGERS)
    levels = _lock(session)
    level = _among(levels, level_id)
    if level.threshold == 0:
        raise Conflict(_LOWEST)
    above = next((other.threshold for other in levels if other.threshold > level.threshold), None)
    effect = _agree(Effect(falls=_between(session, level.threshold, above)), agreed)
    session.delete(level)
    session.flush()
    audit.record(session, "level.remove", f"level:{level_id}", by=by, threshold=level.threshold, falls=effect.falls)


def _lock(session: Session) -> Sequence[Level]:
    """All levels, locked in one order, so that two managers change them one after the other."""
    wanted = select(Level).order_by(Level.id).with_for_update(key_share=True)
    found = session.scalars(wanted.execution_options(populate_existing=True)).all()
    return sorted(found, key=lambda level: level.threshold)


def _among(levels: Sequence[Level], level_id: int) -> Level:
    for level in levels:
        if level.id == level_id:
            return level
    raise NotFound(_l("There is no such level."))


def _describe(level: Level, name: str, benefit: str, levels: Sequence[Level]) -> None:
    level.name = _line(name, "name", LONGEST_LEVEL)
    level.benefit = _line(benefit, "benefit", LONGEST_BENEFIT)
    if any(other is not level and other.name.lower() == level.name.lower() for other in levels):
        raise Invalid(_l("Another level has this name."), field="name")


def _threshold(threshold: int, level: Level, levels: Sequence[Level]) -> int:
    if not 0 <= threshold <= LARGEST_AMOUNT:
        raise Invalid(_l("Points are whole numbers from 0 to 1,000,000,000."), field="threshold")
    if any(other is not level and other.threshold == threshold for other in levels):
        raise Invalid(_l("Another level needs as many points."), field="threshold")
    return threshold


def _in_its_place(level: Level, threshold: int, levels: Sequence[Level]) -> None:
    if level.threshold == 0 and threshold != 0:
        raise Invalid(_LOWEST, field="threshold")
    low, high = sorted((level.threshold, threshold))
    if any(other is not level and low < other.threshold < high for other in levels):
        raise Invalid(
            _l("Another level lies between. Levels keep their order: remove this one and add it anew."),
            field="threshold",
        )


def _agree(effect: Effect, agreed: str) -> Effect:
    if effect != Effect() and agreed != str(effect):
        raise Unsaid(effect)
    return effect


def _between(session: Session, low: int, high: int | None) -> int:
    """How many advocates have at least `low` lifetime points and less than `high`; none have an upper end."""
    wanted = select(func.count()).select_from(Account).where(*_advocates(), Account.lifetime >= low)
    return session.scalars(wanted if high is None else wanted.where(Account.lifetime < high)).one()


def _advocates() -> tuple[Any, ...]:
    holds = select(PersonRole.person_id).where(PersonRole.role == Role.ADVOCATE)
    return Account.kind == AccountKind.PERSON, Account.unit == "points", Account.person_id.in_(holds)


@Prepared
def _ladder() -> Select[*tuple[Any, ...]]:
    higher = aliased(Level)
    above = select(func.min(higher.threshold)).where(higher.threshold > Level.threshold).scalar_subquery()
    people = select(func.count()).select_from(Account).where(*_advocates(), Account.lifetime >= Level.threshold)
    people = people.where(Account.lifetime < func.coalesce(above.correlate(Level), 2**62))
    return select(
        Level.public_id,
        Level.name,
        Level.threshold,
        Level.benefit,
        people.correlate(Level).scalar_subquery().label("people"),
    ).order_by(Level.threshold)


def _line(words: str, field: str, longest: int) -> str:
    clean = " ".join(words.split())
    if not clean:
        raise Invalid(_l("Please fill this in."), field=field)
    if not clean.isprintable():
        raise Invalid(_l("This contains characters that cannot be shown."), field=field)
    if len(clean) > longest:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=longest), field=field)
    return clean

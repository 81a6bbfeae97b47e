"""The leaderboard: who earned most this quarter and ever, one's own place, and who does not want to be listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from portal import audit
from portal.audit import Actor
from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared
from portal.database.refusal import NotAllowed
from portal.people import people
from portal.people.models import Person, PersonRole
from portal.people.states import STAFF, AdvocateStatus, Role
from portal.points.models import Account, AccountKind, BoardAbsence, PeriodPoints

TOP: Final = 10
NEXT: Final = 2
"""Neighbours on each side."""
COUNTED: Final = 1000
"""Whoever has more people than this ahead reads "beyond 1,000": a place further down costs more than it tells."""
_ME: Final = bindparam("me", type_=BigInteger)
_MINE: Final = bindparam("mine", type_=BigInteger)


class Span(StrEnum):
    """What a board counts: this calendar quarter (UTC), or everything ever earned."""

    QUARTER = "quarter"
    EVER = "ever"


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody on the board, as others see them; people with as many points share a place."""

    number: int
    name: str
    points: int
    me: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody next to me, and how many points are between us."""

    name: str
    points: int
    me: bool
    apart: int


@dataclass(frozen=True, slots=True)
class Board:
    """A board as one person sees it; `place` is None for who is not on it, or beyond `COUNTED`."""

    top: Sequence[Place]
    around: Sequence[Neighbour]
    points: int
    listed: bool
    absent: bool
    place: int | None
    since: date

    @property
    def on_it(self) -> bool:
        """Whether I am on the board, wherever."""
        return self.listed and self.points > 0

    @property
    def shows_me(self) -> bool:
        """Whether the top ten hold me with somebody below."""
        return any(place.me for place in self.top[: TOP - NEXT])


def short_name(name: str) -> str:
    """How others read a name on the board: the first word, and the initial of the last ("Ana M.")."""
    first, *rest = name.split() or ["?"]
    return f"{first} {rest[-1][0].upper()}." if rest else first


def board(session: Session, person_id: int, span: Span) -> Board:
    """The board of a span as a person sees it, in at most three statements; each a few short index scans.

    On it are advocates who earned something, are not suspended, have not left, are not staff and did not opt out;
    whoever is not on it does not count for anybody's place.
    """
    ask = _ASK[span]
    (mine,) = ask.mine(session, me=person_id)
    top = _ranked(ask.top(session), person_id)
    place, around = None, list[Neighbour]()
    if mine.listed and mine.points:
        rows = ask.around(session, me=person_id, mine=mine.points)
        ahead = rows[0].ahead
        place = ahead + 1 if ahead < COUNTED else None
        around = [_neighbour(row, person_id, mine.points) for row in rows]
    return Board(top, around, mine.points, mine.listed, mine.absent, place, mine.since)


def set_listed(session: Session, person_id: int, listed: bool, *, by: Actor) -> None:
    """Put oneself on the boards or take oneself off; again changes nothing. Refuses `NotAllowed` for others."""
    if by.person_id != person_id:
        raise NotAllowed(_l("Only they themselves choose whether they are on the leaderboard."))
    people.lock_person(session, person_id)
    absence = session.get(BoardAbsence, person_id)
    if listed == (absence is None):
        return
    if absence is None:
        session.add(BoardAbsence(person_id=person_id))
    else:
        session.delete(absence)
    audit.record(session, "board.join" if listed else "board.leave", f"person:{person_id}", by=by)


def is_listed(session: Session, person_id: int) -> bool:
    """Whether somebody did not opt out."""
    return not _absent(session, me=person_id)


def _ranked(rows: Sequence[Row[Any]], person_id: int) -> list[Place]:
    places: list[Place] = []
    for ordinal, row in enumerate(rows, start=1):
        number = places[-1].number if places and places[-1].points == row.points else ordinal
        places.append(Place(number, short_name(row.name), row.points, row.id == person_id))
    return places


def _neighbour(row: Row[Any], person_id: int, mine: int) -> Neighbour:
    return Neighbour(short_name(row.name), row.points, row.id == person_id, abs(row.points - mine))


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the points of a span are."""

    points: InstrumentedAttribute[int]
    person_id: InstrumentedAttribute[Any]
    within: ColumnElement[bool]

    def rows(self, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """People on the board."""
        found = select(Person.id, Person.name, self.points.label("points")).join_from(
            self.points.class_, Person, Person.id == self.person_id
        )
        return found.where(self.within, self.points > 0, _listed(), *conditions)

    def top(self) -> Select[*tuple[Any, ...]]:
        """The first ten."""
        return self.rows().order_by(self.points.desc(), self.person_id).limit(TOP)

    def mine(self) -> Select[*tuple[Any, ...]]:
        """One person's points, and whether they are on the board."""
        points = select(self.points).where(self.within, self.person_id == Person.id).scalar_subquery()
        return select(
            func.coalesce(points, 0).label("points"),
            _listed().label("listed"),
            _absence().label("absent"),
            _quarter().label("since"),
        ).where(Person.id == _ME)

    def around(self) -> Select[*tuple[Any, ...]]:
        """Somebody and their neighbours, the best first: four short scans of the index, and a bounded count."""
        equal, more, less = self.points == _MINE, self.points > _MINE, self.points < _MINE
        above = _first(
            self.rows(equal, self.person_id < _ME).order_by(self.person_id.desc()),
            self.rows(more).order_by(self.points, self.person_id.desc()),
        )
        below = _first(
            self.rows(equal, self.person_id > _ME).order_by(self.person_id),
            self.rows(less).order_by(self.points.desc(), self.person_id),
        )
        near = union_all(above, self.rows(equal, self.person_id == _ME), below).subquery()
        ahead = self.rows(more).limit(COUNTED).subquery()
        counted = select(func.count()).select_from(ahead).scalar_subquery()
        return select(near, counted.label("ahead")).order_by(near.c.points.desc(), near.c.id)


def _first(*scans: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The nearest few: those with as many points come before the others."""
    parts = []
    for rank, scan in enumerate(scans):
        part = scan.limit(NEXT).subquery()
        parts.append(select(part, literal(rank).label("rank")))
    both = union_all(*parts).subquery()
    distance = func.abs(both.c.points - _MINE)
    nearest = select(both.c.id, both.c.name, both.c.points)
    return nearest.order_by(both.c.rank, distance, func.abs(both.c.id - _ME)).limit(NEXT)


def _absence() -> ColumnElement[bool]:
    return exists().where(BoardAbsence.person_id == Person.id).correlate(Person)


def _listed() -> ColumnElement[bool]:
    def holds(*roles: Role) -> ColumnElement[bool]:
        return exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(roles)).correlate(Person)

    status = Person.advocate_status
    return and_(
        Person.suspended_at.is_(None),
        or_(status.is_(None), status != AdvocateStatus.LEFT),
        holds(Role.ADVOCATE),
        ~holds(*sorted(STAFF)),
        ~_absence(),
    )


def _quarter() -> ColumnElement[date]:
    return cast(func.portal_quarter(PORTAL_NOW), Date)


@Prepared
def _absent() -> Select[*tuple[Any, ...]]:
    return select(BoardAbsence.person_id).where(BoardAbsence.person_id == _ME)


class _Asked:
    """The statements of one board."""

    def __init__(self, source: _Source) -> None:
        self.top = Prepared(source.top)
        self.mine = Prepared(source.mine)
        self.around = Prepared(source.around)


_ASK: Final = {
    Span.QUARTER: _Asked(_Source(PeriodPoints.points, PeriodPoints.person_id, PeriodPoints.period == _quarter())),
    Span.EVER: _Asked(
        _Source(
            Account.lifetime,
            Account.person_id,
            and_(Account.kind == AccountKind.PERSON, Account.unit == "points"),
        )
    ),
}

"""Everything about one person in time order: each slice adds the kinds of line that it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Row,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    cast,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from portal.database.prepared import Prepared
from portal.people.models import Person
from portal.web.paging import Cursor, Page, page_of

PAGE: Final = 25
_TOP: Final = ("infinity", "~", 2**63 - 1)
"""Above every line: later than all times, behind all names of sources."""


class Chapter(StrEnum):
    """What a line is about; the page shows one chapter or all of them."""

    JOINING = "joining"
    CHALLENGES = "challenges"
    POINTS = "points"
    REWARDS = "rewards"
    REFERENCES = "references"
    MESSAGES = "messages"

    @property
    def label(self) -> LazyString:
        """The chapter as people read it."""
        return _LABELS[self]


_LABELS: Final = {
    Chapter.JOINING: _l("Coming in"),
    Chapter.CHALLENGES: _l("Challenges"),
    Chapter.POINTS: _l("Points"),
    Chapter.REWARDS: _l("Rewards"),
    Chapter.REFERENCES: _l("References"),
    Chapter.MESSAGES: _l("Messages"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A line as a source tells it; what only the page knows (when, by whom) is added there."""

    title: str | LazyString
    note: str | None = None
    icon: str = "circle-check"
    tone: str = "brand"
    href: str | None = None
    points: int | None = None
    badge: tuple[str | LazyString, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: what happened, when, and who did it if it was not the person."""

    told: Told
    at: datetime
    by: str | None
    source: str
    id: int


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of line: its rows (made with `line`) of a person, and how one of them is told."""

    key: str
    chapter: Chapter
    rows: Callable[[ColumnElement[int]], Select[Any]]
    tell: Callable[[Row[Any]], Told]


SOURCES: Final[dict[str, Source]] = {}
"""By key; of lines at one instant the later key stands above: what follows from another has a later one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that says where a person stands, above their lines."""

    label: str | LazyString
    value: str
    note: str | None = None


FIGURES: Final[list[Callable[[Session, int], Figure | None]]] = []
"""Called as `(session, person_id)` for an advocate, in the order in which the slices came; a statement each."""


def source(key: str, chapter: Chapter, rows: Callable[[ColumnElement[int]], Select[Any]]) -> Callable[..., Any]:
    """Add a kind of line; a decorator of the function that tells one."""

    def add(tell: Callable[[Row[Any]], Told]) -> Callable[[Row[Any]], Told]:
        SOURCES[key] = Source(key, chapter, rows, tell)
        return tell

    return add


def line(
    at: Any,
    number: Any,
    *,
    word: Any = None,
    title: Any = None,
    note: Any = None,
    by: Any = None,
    amount: Any = None,
    ref: Any = None,
) -> Select[Any]:
    """The columns that every source selects: a time, a number that is unique in the source, and what it tells of."""
    given = (("word", word, Text), ("title", title, Text), ("note", note, Text), ("by_id", by, BigInteger))
    columns = [_column(value, kind).label(name) for name, value, kind in given]
    more = (_column(amount, BigInteger).label("amount"), _column(ref, Uuid).label("ref"))
    return select(at.label("at"), cast(number, BigInteger).label("number"), *columns, *more)


def of(
    session: Session, person_id: int, *, chapter: Chapter | None = None, after: Cursor | None = None, limit: int = PAGE
) -> Page[Line]:
    """A page of a person's lines, the newest first, in one statement."""
    at, key, number = after or _TOP
    values = {"person": person_id, "at": at, "key": key, "number": number, "rows": limit + 1}
    found = _statement(chapter, len(SOURCES))(session, **values)
    lines = [
        Line(SOURCES[row.source].tell(row), row.at, row.by if row.by_id != person_id else None, row.source, row.number)
        for row in found
    ]
    return page_of(lines, limit, lambda one: (one.at, one.source, one.id))


def figures(session: Session, person: Person) -> list[Figure]:
    """Where an advocate stands, in numbers; none for who is no advocate."""
    found = (count(session, person.id) for count in FIGURES) if person.advocate_status else ()
    return [figure for figure in found if figure is not None]


@lru_cache(maxsize=16)
def _statement(chapter: Chapter | None, _known: int) -> Prepared:
    wanted = [each for each in SOURCES.values() if chapter in (None, each.chapter)]
    return Prepared(lambda: _select(wanted))


def _select(wanted: list[Source]) -> Select[Any]:
    """Each source gives no more than a page shows; the newest of them all are the page."""
    found = union_all(*(_newest(each) for each in wanted)).subquery()
    by = aliased(Person)
    shown = select(*found.c, by.name.label("by")).outerjoin(by, by.id == found.c.by_id)
    return shown.order_by(found.c.at.desc(), found.c.source.desc(), found.c.number.desc()).limit(_rows())


def _newest(each: Source) -> Select[Any]:
    rows = each.rows(bindparam("person", type_=BigInteger)).subquery()
    mark = tuple_(
        cast(bindparam("at", type_=String), DateTime(timezone=True)),
        bindparam("key", type_=Text),
        bindparam("number", type_=BigInteger),
    )
    key = cast(literal(each.key), Text)
    older = select(key.label("source"), *rows.c).where(tuple_(rows.c.at, key, rows.c.number) < mark)
    return select(older.order_by(rows.c.at.desc(), rows.c.number.desc()).limit(_rows()).subquery())


def _rows() -> ColumnElement[int]:
    return bindparam("rows", type_=BigInteger)


def _column(value: Any, kind: type[Any]) -> ColumnElement[Any]:
    return cast(null() if value is None else value, kind)


def public(path: str, ref: UUID | None) -> str | None:
    """The page of a thing, where the line knows one."""
    return f"{path}/{ref}" if ref else None

"""What the program team looks at in the morning: what is due, who has not answered, who was asked how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import BigInteger, DateTime, TextClause, bindparam, select, text
from sqlalchemy.orm import Session

from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.references.activity_words import words_of
from portal.references.models import Assignment
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 25
AHEAD: Final = timedelta(days=7)
"""What is due within this time is due soon."""
MOST_COUNTED: Final = 500
"""Numbers beyond this read "500+"."""
_EVER: Final = "0001-01-01T00:00:00+00:00"
_MOST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is of each, counted up to `MOST_COUNTED`."""

    overdue: int
    ahead: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Due:
    """Something that somebody accepted; `due_at` is the agreed time, else the end of the day by which it is needed."""

    id: int
    request: UUID
    number: int
    prospect: str
    activity: str
    who: str
    rep: str
    starts_at: datetime | None
    needed_by: date
    due_at: datetime
    over: bool
    offered: bool

    @property
    def what(self) -> LazyString:
        """What was accepted."""
        return words_of(self.activity).activity.name

    @property
    def meets(self) -> bool:
        """Whether there is a time to agree on."""
        return words_of(self.activity).activity.meets


@dataclass(frozen=True, slots=True)
class Waiting:
    """An ask that nobody has answered."""

    id: int
    public_id: UUID
    request: UUID
    number: int
    prospect: str
    activity: str
    who: str
    rep: str
    asked_at: datetime
    answer_by: datetime
    late: bool
    reminded: bool

    @property
    def what(self) -> LazyString:
        """What was asked for."""
        return words_of(self.activity).activity.name


@dataclass(frozen=True, slots=True)
class Loaded:
    """Somebody, or a company, with the asks of the running window against the limit."""

    id: int
    public_id: UUID
    name: str
    of: str | None
    asks: int
    allowed: int
    until: datetime | None

    @property
    def full(self) -> bool:
        """Whether the limit is reached."""
        return self.asks >= self.allowed


def numbers(session: Session) -> Numbers:
    """How much is due and unanswered, in one statement."""
    (row,) = _numbers(session, most=MOST_COUNTED, ahead=AHEAD.total_seconds())
    return Numbers(**row._mapping)


def due(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Due]:
    """What is due within a week or was due before and nobody has confirmed, the most urgent first."""
    at, nth = (after[0], after[1]) if after else (_EVER, 0)
    rows = _due(session, at=at, nth=nth, rows=limit + 1, ahead=AHEAD.total_seconds())
    return page_of([Due(**row._mapping) for row in rows], limit, lambda row: (row.due_at.isoformat(), row.id))


def waiting(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Waiting]:
    """The asks that nobody has answered, the one that ends first at the head."""
    at, nth = (after[0], after[1]) if after else (_EVER, 0)
    rows = _waiting(session, at=at, nth=nth, rows=limit + 1)
    return page_of([Waiting(**row._mapping) for row in rows], limit, lambda row: (row.answer_by.isoformat(), row.id))


def ask_of(session: Session, public_id: UUID) -> int:
    """The key of an ask by the id of its address. Refuses `NotFound`."""
    found = session.scalar(select(Assignment.id).where(Assignment.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def people(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Loaded]:
    """Who was asked most within the running window of the limits."""
    return _loaded(session, _people, after, limit)


def companies(session: Session, *, after: Cursor | None = None, limit: int = PER_PAGE) -> Page[Loaded]:
    """The companies whose people were asked most within their running window."""
    return _loaded(session, _companies, after, limit)


def _loaded(session: Session, prepared: Prepared, after: Cursor | None, limit: int) -> Page[Loaded]:
    most, nth = (after[0], after[1]) if after else (_MOST, 0)
    rows = prepared(session, most=most, nth=nth, rows=limit + 1)
    return page_of([Loaded(**row._mapping) for row in rows], limit, lambda row: (row.asks, row.id))


_DUE_AT: Final = "coalesce(c.starts_at, (r.needed_by + 1)::timestamp AT TIME ZONE 'UTC')"
_ACCEPTED: Final = """
    FROM reference_request r
    JOIN assignment s ON s.request_id = r.id AND s.state = 'accepted'
    JOIN reference_call c ON c.assignment_id = s.id
"""
_WITH_NAMES: Final = """
    JOIN activity_type t ON t.id = r.activity_type_id
    JOIN person p ON p.id = s.person_id
    JOIN person rep ON rep.id = r.requested_by
"""


def _clause(statement: str, **types: Any) -> TextClause:
    known = {"rows": BigInteger(), "nth": BigInteger(), **types}
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in known.items()))


@Prepared
def _numbers() -> TextClause:
    return text(
        f"""
        SELECT count(*) FILTER (WHERE d.due_at <= portal_now()) AS overdue,
               count(*) FILTER (WHERE d.due_at > portal_now()) AS ahead,
               (SELECT count(*) FROM (SELECT FROM assignment WHERE state = 'asked' LIMIT :most) w) AS unanswered
          FROM (SELECT {_DUE_AT} AS due_at {_ACCEPTED}
                 WHERE r.state = 'scheduled' AND {_DUE_AT} <= portal_now() + make_interval(secs => :ahead)
                 LIMIT 2 * :most) d
        """  # noqa: S608 -- put together from constants
    )


@Prepared
def _due() -> TextClause:
    return _clause(
        f"""
        SELECT s.id, r.public_id AS request, r.id AS number, r.prospect_name AS prospect, t.key AS activity,
               portal_initials(p.name) AS who, rep.name AS rep, c.starts_at, r.needed_by, {_DUE_AT} AS due_at,
               {_DUE_AT} <= portal_now() AS over,
               EXISTS (SELECT FROM call_time o WHERE o.call_id = c.id AND o.withdrawn_at IS NULL) AS offered
        {_ACCEPTED} {_WITH_NAMES}
         WHERE r.state = 'scheduled' AND {_DUE_AT} <= portal_now() + make_interval(secs => :ahead)
           AND ({_DUE_AT}, s.id) > (:at, :nth)
         ORDER BY {_DUE_AT}, s.id LIMIT :rows
        """,  # noqa: S608 -- put together from constants
        at=DateTime(timezone=True),
    )


@Prepared
def _waiting() -> TextClause:
    return _clause(
        f"""
        SELECT s.id, s.public_id, r.public_id AS request, r.id AS number, r.prospect_name AS prospect,
               t.key AS activity, portal_initials(p.name) AS who, rep.name AS rep, s.asked_at, s.answer_by,
               s.answer_by <= portal_now() + interval '24 hours' AS late,
               EXISTS (SELECT FROM message m WHERE m.kind = 'request.reminder'
                          AND m.subject_ref = 'assignment:' || s.id) AS reminded
          FROM assignment s JOIN reference_request r ON r.id = s.request_id {_WITH_NAMES}
         WHERE s.state = 'asked' AND (s.answer_by, s.id) > (:at, :nth)
         ORDER BY s.answer_by, s.id LIMIT :rows
        """,  # noqa: S608 -- put together from constants
        at=DateTime(timezone=True),
    )


_MOST_FIRST: Final = """
    SELECT a.{whose} AS id, count(*) AS asks FROM ask a
     WHERE a.freed_at IS NULL AND a.{whose} IS NOT NULL
       AND a.asked_at > portal_now() - (SELECT make_interval(hours => {window}) FROM program)
     GROUP BY a.{whose}
    HAVING count(*) < :most OR (count(*) = :most AND a.{whose} > :nth)
     ORDER BY count(*) DESC, a.{whose} LIMIT :rows
"""


@Prepared
def _people() -> TextClause:
    counted = _MOST_FIRST.format(whose="person_id", window="person_window_hours")
    return _clause(
        f"""
        SELECT n.id, p.public_id, p.name, c.name AS of, n.asks, l.allowed,
               greatest(l.paused_until, l.gap_until, l.window_until) AS until
          FROM ({counted}) n
          JOIN person p ON p.id = n.id
          LEFT JOIN company c ON c.id = p.company_id
         CROSS JOIN LATERAL portal_load(n.id) l
         ORDER BY n.asks DESC, n.id
        """,  # noqa: S608 -- put together from constants
        most=BigInteger(),
    )


@Prepared
def _companies() -> TextClause:
    counted = _MOST_FIRST.format(whose="company_id", window="company_window_hours")
    return _clause(
        f"""
        SELECT n.id, c.public_id, c.name, c.industry AS of, n.asks, g.company_asks AS allowed, d.until
          FROM ({counted}) n
          JOIN company c ON c.id = n.id
         CROSS JOIN program g
          LEFT JOIN LATERAL (
            SELECT a.asked_at + make_interval(hours => g.company_window_hours) AS until FROM ask a
             WHERE a.company_id = n.id AND a.freed_at IS NULL AND n.asks >= g.company_asks
               AND a.asked_at > portal_now() - make_interval(hours => g.company_window_hours)
             ORDER BY a.asked_at DESC OFFSET greatest(g.company_asks, 1) - 1 LIMIT 1) d ON true
         ORDER BY n.asks DESC, n.id
        """,  # noqa: S608 -- put together from constants
        most=BigInteger(),
    )

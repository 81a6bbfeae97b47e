"""Nobody gets worn out: the limits, said in words before the database's trigger refuses (trust.md, fatigue)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from babel.dates import format_date
from flask_babel import get_locale, get_timezone, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now, wall
from portal.database.prepared import Prepared
from portal.database.refusal import Invalid, NotFound, explain
from portal.people.people import lock_person
from portal.people.states import STAFF
from portal.program import current
from portal.references.models import ActivityType, AdvocateLimits, Ask, AskSource

LONGEST_PAUSE: Final = timedelta(days=366)
LONGEST_GAP: Final = 180
"""The most days between two asks that somebody may wish for."""

explain("fatigue_person_window", _l("They have had as many asks as their limit allows. Try somebody else."))
explain("fatigue_person_gap", _l("They were asked a short while ago and are resting. Try somebody else."))
explain("fatigue_person_open", _l("They have an ask that is not answered yet. Try somebody else."))
explain("fatigue_company_window", _l("Their company has had as many asks as the program allows. Try another company."))
explain("fatigue_person_paused", _l("They take no asks at the moment. Try somebody else."))
explain("fatigue_unknown", _l("Their limits cannot be read, so nobody can be asked. Tell the program team."))
explain("ask_in_the_future", _l("An ask can only be noted after it was made."))


@dataclass(frozen=True, slots=True)
class Load:
    """How much somebody was asked, against what is allowed; times are None where nothing stands in the way."""

    person_id: int
    asks: int
    allowed: int
    open_asks: int
    allowed_open: int
    away: bool
    last_asked_at: datetime | None
    paused_until: datetime | None
    gap_until: datetime | None
    window_until: datetime | None
    company_asks: int
    company_allowed: int
    company_until: datetime | None
    own_allowed: int | None
    own_gap_until: datetime | None

    @property
    def askable(self) -> bool:
        """Whether they can be asked now; the same conditions as in the trigger `ask_counted`."""
        return not (
            self.away
            or self.paused_until
            or self.open_asks >= self.allowed_open
            or self.asks >= self.allowed
            or self.gap_until
            or self.company_until
        )

    @property
    def over_company(self) -> bool:
        """Whether their company's limit stands in the way."""
        return self.company_until is not None

    @property
    def over_person(self) -> bool:
        """Whether their own count or rest stands in the way."""
        return self.asks >= self.allowed or self.gap_until is not None

    @property
    def excepted(self) -> bool:
        """Whether an exception could let them be asked: only limits of the program stand in the way, no wish of theirs.

        One open ask at a time is no such limit: it ends by itself within days.
        """
        wishes = self.away or self.paused_until or self.own_gap_until or self.open_asks >= self.allowed_open
        if wishes or (self.own_allowed is not None and self.asks >= self.own_allowed):
            return False
        return self.over_person or self.over_company

    @property
    def resting_until(self) -> datetime | None:
        """When they can be asked again, as far as a date is known; None also where they can be asked now."""
        known = [until for until in (self.paused_until, self.gap_until, self.window_until, self.company_until) if until]
        return max(known) if known and not self.away else None


_loads: Final = Prepared(
    lambda: text(
        "SELECT p.id AS person_id, l.* FROM unnest(:people) AS p(id) CROSS JOIN LATERAL portal_load(p.id) AS l"
        " WHERE l.allowed IS NOT NULL"
    ).bindparams(bindparam("people", type_=ARRAY(BigInteger)))
)


def loads(session: Session, person_ids: Iterable[int]) -> dict[int, Load]:
    """The loads of several people, in one statement; asks nothing for nobody."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    return {row.person_id: Load(**row._mapping) for row in _loads(session, people=wanted)}


def load_of(session: Session, person_id: int) -> Load:
    """The load of one person. Refuses `NotFound`."""
    found = loads(session, [person_id])
    if person_id not in found:
        raise NotFound
    return found[person_id]


def why_resting(load: Load, who: str) -> str:
    """Why somebody cannot be asked now, like "J. W. is resting until 4 January (2 asks this quarter)."."""
    until = _day(load.resting_until) if load.resting_until else ""
    if load.away or load.allowed == 0 or not (until or load.open_asks >= load.allowed_open):
        return str(_("%(who)s takes no asks at the moment.", who=who))
    if load.paused_until:
        return str(_("%(who)s takes no asks until %(until)s.", who=who, until=until))
    if load.asks >= load.allowed:
        asks = ngettext("%(num)d ask this quarter", "%(num)d asks this quarter", load.asks)
        return str(_("%(who)s is resting until %(until)s (%(asks)s).", who=who, until=until, asks=asks))
    if load.open_asks >= load.allowed_open:
        return str(_("%(who)s has an ask that is not answered yet. One at a time is the rule.", who=who))
    if load.gap_until and load.last_asked_at:
        asked = _day(load.last_asked_at)
        return str(
            _("%(who)s is resting until %(until)s (last asked on %(asked)s).", who=who, until=until, asked=asked)
        )
    return str(
        _(
            "%(who)s's company is resting until %(until)s (enough asks of its people this quarter).",
            who=who,
            until=until,
        )
    )


def note_in_pool(session: Session, person_id: int) -> None:
    """Keep the pool's `last_asked_at` and `next_askable_at` in step, under the person's lock.

    It is the person's own rest. What their company's limit adds is asked of `loads` where it is shown: writing the rows
    of colleagues, whose locks nobody holds here, let neighbours wait for each other in a circle.
    """
    session.execute(_NOTE, {"person": person_id})


_NOTE: Final = text("""
    UPDATE pool_entry SET (last_asked_at, next_askable_at) = (
        SELECT l.last_asked_at, greatest(l.paused_until, l.gap_until, l.window_until)
        FROM portal_load(pool_entry.person_id) l)
    WHERE person_id = :person
    """)


def lower(
    session: Session, person_id: int, asks_per_window: int | None, *, by: Actor, gap_days: int | None = None
) -> AdvocateLimits:
    """Ask this person less often than the program would: fewer asks in a window, more days between two.

    None takes the program's own limit, and where it becomes stricter than theirs, it counts. Refuses `NotFound` for
    anybody but the person, `Invalid` for what would let them be asked more often than the program allows.
    """
    limits = _own_limits(session, person_id, by)
    highest = current(session).person_asks
    if asks_per_window is not None and not 0 <= asks_per_window <= highest:
        raise Invalid(_("Choose a number from 0 to %(highest)d.", highest=highest), field="asks_per_window")
    least = gap_in_days(current(session).person_gap_hours)
    if gap_days is not None and not max(least, 1) <= gap_days <= LONGEST_GAP:
        raise Invalid(
            _("Choose from %(least)d to %(most)d days.", least=max(least, 1), most=LONGEST_GAP), field="gap_days"
        )
    limits.asks_per_window, limits.gap_days = asks_per_window, gap_days
    about = f"person:{person_id}"
    audit.record(session, "limits.change", about, by=by, asks_per_window=asks_per_window, gap_days=gap_days)
    session.flush()
    note_in_pool(session, person_id)
    return limits


def pause(session: Session, person_id: int, until: datetime | None, *, by: Actor) -> AdvocateLimits:
    """Take no asks until a moment (None: take them again): nobody finds or asks them. What was asked stays asked.

    Refuses `NotFound` for anybody but the person, `Invalid` for the past and for more than a year.
    """
    limits = _own_limits(session, person_id, by)
    if until is not None and not now(session) < until <= now(session) + LONGEST_PAUSE:
        raise Invalid(_("Choose a time within the next twelve months."), field="until")
    # An ask that came before, though its transaction began later, was not made in the pause.
    last = session.scalar(select(func.max(Ask.asked_at)).where(Ask.person_id == person_id))
    since = max(now(session), last) if last is not None else now(session)
    limits.paused_until, limits.paused_at = until, since if until is not None else None
    audit.record(session, "limits.pause", f"person:{person_id}", by=by, until=until.isoformat() if until else None)
    session.flush()
    note_in_pool(session, person_id)
    return limits


def gap_in_days(hours: int) -> int:
    """The program's gap in whole days, rounded up."""
    return -(-hours // 24)


def log_outside(
    session: Session, person_id: int, asked_at: datetime, *, by: Actor, activity: str = "reference_call"
) -> Ask:
    """Note an ask that was made outside the portal: it counts like any other, and is never refused for a limit.

    Another one for the same day and kind changes nothing and gives the first. Refuses `NotAllowed` for all but staff,
    `Invalid` for a time to come.
    """
    by.require(*STAFF)
    if asked_at > now(session):
        raise Invalid(_("An ask can only be noted after it was made."), field="asked_at")
    lock_person(session, person_id)
    kind = session.scalars(select(ActivityType).where(ActivityType.key == activity)).one()
    earlier = session.scalar(
        select(Ask).where(
            Ask.person_id == person_id,
            Ask.activity_type_id == kind.id,
            Ask.source == AskSource.OUTSIDE,
            func.date(func.timezone("UTC", Ask.asked_at)) == asked_at.astimezone(UTC).date(),
        )
    )
    if earlier is not None:
        return earlier
    ask = Ask(person_id=person_id, activity_type_id=kind.id, source=AskSource.OUTSIDE, asked_at=asked_at)
    session.add(ask)
    session.flush()
    audit.record(session, "ask.outside", f"ask:{ask.id}", by=by, person_id=person_id)
    note_in_pool(session, person_id)
    return ask


def free(session: Session, assignment_id: int) -> None:
    """Let an ask count no longer, because it was cancelled before it reached anybody."""
    session.execute(
        update(Ask).where(Ask.assignment_id == assignment_id, Ask.freed_at.is_(None)).values(freed_at=now(session))
    )


def _own_limits(session: Session, person_id: int, by: Actor) -> AdvocateLimits:
    if by.person_id != person_id:
        raise NotFound
    lock_person(session, person_id)
    limits = session.get(AdvocateLimits, person_id)
    if limits is None:
        limits = AdvocateLimits(person_id=person_id)
        session.add(limits)
    return limits


def _day(moment: datetime) -> str:
    local = moment.astimezone(get_timezone())
    pattern = "d MMMM" if moment - wall() < timedelta(days=300) else "d MMMM y"
    return str(format_date(local, pattern, locale=get_locale()))

"""Finding a time for a call: the advocate offers some, the rep picks one or asks for others, either side moves it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent import disclosures
from portal.consent.consents import is_live
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.references import history, invites, requests
from portal.references.assignments import CHANGED, Locked, call_of, lock_of, move_call
from portal.references.invites import Told
from portal.references.models import (
    LONGEST_PLACE,
    MOST_TIMES,
    OPEN_CALL,
    Assignment,
    CallState,
    CallTime,
    EventKind,
    ReferenceCall,
)
from portal.references.reminders import THE_DAY_BEFORE
from portal.web import words

NOTICE: Final = timedelta(hours=1)
"""How far ahead an offered time is at least."""
_NO_LONGER: Final = _l("This time is not on offer any more. Look at the times again.")

explain("fk_reference_call_time", _NO_LONGER)
explain("fk_reference_call_acceptance", CHANGED)
explain("reference_call_is_told", CHANGED)

Found = tuple[Locked, Assignment, ReferenceCall]


def local(typed: datetime, zone: ZoneInfo, *, field: str | None = None) -> datetime:
    """A time on somebody's wall as a moment, in UTC. Refuses `Invalid` where the clock skips it or shows it twice."""
    if not 2000 <= typed.year <= 2100:
        raise Invalid(_("Choose a time within the next weeks."), field=field)
    first, second = (typed.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        raise Invalid(_("The clocks change in that hour. Choose another time."), field=field)
    return first


def offer(session: Session, call_id: int, starts: Iterable[datetime], *, by: Actor) -> ReferenceCall:
    """Offer times for a call, at most `MOST_TIMES`, instead of those on offer. The rep picks one of them.

    A call that is scheduled at another time is moved by it: it has no time until one is picked, calendars are told. The
    same times again change nothing. Refuses `NotFound` for anybody but the advocate, `Conflict` for a call that is
    over, `Invalid` for no times, too many, and such as are too soon or after contact data have closed.
    """
    locked, assignment, call = _of_advocate(session, call_id, by)
    wanted = _checked(session, assignment, starts)
    known = _known(session, call)
    if {one.starts_at for one in known if one.withdrawn_at is None} == set(wanted):
        return call
    for one in known:
        one.withdrawn_at = one.withdrawn_at or now(session)
    session.flush()
    earlier = {one.starts_at: one for one in known}
    for position, start in enumerate(wanted, 1):
        time = earlier.get(start) or CallTime(call_id=call.id, starts_at=start)
        time.position, time.offered_at, time.withdrawn_at = position, now(session), None
        session.add(time)
    call.times_wanted_at = None
    if call.state is CallState.SCHEDULED and call.starts_at not in wanted:
        _undate(session, call)
    history.note(session, locked.request, EventKind.TIMES_OFFERED, by=by, assignment=assignment, times=len(wanted))
    if call.state is CallState.PROPOSED:
        _tell_of_times(session, call, len(wanted))
    session.flush()
    return call


def pick(session: Session, time: UUID, *, seen: int, by: Actor, place: str = "") -> ReferenceCall:
    """Take one of the times on offer: both sides are told, by mail with an invite. Another one later moves the call.

    `seen` is the `sequence` that the rep looked at: who decides on what somebody has changed since is refused. The same
    time and place again change nothing. Refuses `NotFound` for a time of somebody else's request, `NotAllowed` for the
    advocate, `Conflict` for a time that is over or not on offer, a call that is over and a consent that has run out,
    `Invalid` for a long place.
    """
    call_id = session.scalar(select(CallTime.call_id).where(CallTime.public_id == time))
    if call_id is None:
        raise NotFound
    locked, assignment, call = _of_rep(session, call_id, by)
    where = _place(place)
    picked = session.scalars(
        select(CallTime).where(CallTime.public_id == time).execution_options(populate_existing=True)
    ).one()
    if call.state is CallState.SCHEDULED and (call.starts_at, call.place) == (picked.starts_at, where):
        return call
    _may_be_picked(session, assignment, call, picked, seen)
    disclosures.record(
        session,
        assignment.person_id,
        to_person_id=locked.request.requested_by,
        fields=("email", "name"),
        scope=assignment.scope,
        subject=f"call:{call.id}",
    )
    history.note(session, locked.request, EventKind.TIME_PICKED, by=by, assignment=assignment, call_id=call.id)
    told = Told.MOVED if call.state is CallState.SCHEDULED else Told.INVITED
    if call.state is not CallState.SCHEDULED:
        move_call(call, CallState.SCHEDULED)
    call.starts_at, call.place, call.times_wanted_at = picked.starts_at, where, None
    if picked.starts_at <= now(session) + THE_DAY_BEFORE:
        call.brought_to_mind = call.sequence + 1  # the invite itself comes within the day
    invites.tell(session, call, told, picked.starts_at)
    return call


def want_others(session: Session, call_id: int, *, by: Actor) -> ReferenceCall:
    """Ask the advocate for other times: those on offer are so no longer, and a call that was scheduled has no time now.

    A second click changes nothing. Refuses as `pick` does.
    """
    locked, assignment, call = _of_rep(session, call_id, by)
    on_offer = [one for one in _known(session, call) if one.withdrawn_at is None]
    if call.times_wanted_at is not None and not on_offer:
        return call
    if call.state is CallState.SCHEDULED:
        _undate(session, call)
    for one in on_offer:
        one.withdrawn_at = now(session)
    call.times_wanted_at = now(session)
    history.note(session, locked.request, EventKind.TIMES_WANTED, by=by, assignment=assignment)
    session.flush()
    messages.answered(session, f"call:{call.id}")
    sides = invites.sides_of(session, call.id)
    messages.notify(
        session,
        sides.advocate_id,
        "call.times_wanted",
        link=sides.path("advocate"),
        subject_ref=f"call:{call.id}",
        prospect=sides.prospect,
    )
    return call


def _undate(session: Session, call: ReferenceCall) -> None:
    """Take a scheduled call's time away; calendars are told."""
    before = call.starts_at
    assert before is not None
    move_call(call, CallState.PROPOSED)
    call.starts_at = None
    invites.tell(session, call, Told.CANCELLED, before)


def _checked(session: Session, assignment: Assignment, starts: Iterable[datetime]) -> list[datetime]:
    wanted = sorted({start.astimezone(UTC) for start in starts})
    if not wanted:
        raise Invalid(_("Offer at least one time."))
    if len(wanted) > MOST_TIMES:
        raise Invalid(_("Offer at most %(most)d times.", most=MOST_TIMES))
    latest = assignment.contact_until
    assert latest is not None, "whoever accepted has a time until which contact data are open"
    if wanted[0] < now(session) + NOTICE or wanted[-1] > latest:
        raise Invalid(_("Choose times that are at least an hour ahead and before %(day)s.", day=words.day(latest)))
    return wanted


def _place(typed: str) -> str | None:
    place = " ".join(typed.split())
    if len(place) > LONGEST_PLACE:
        raise Invalid(_("Please shorten this to %(limit)d characters.", limit=LONGEST_PLACE), field="place")
    return place or None


def _may_be_picked(session: Session, assignment: Assignment, call: ReferenceCall, picked: CallTime, seen: int) -> None:
    if picked.withdrawn_at is not None:
        raise Conflict(_NO_LONGER)
    if call.sequence != seen:
        raise Conflict(_("Somebody has picked a time already. Look at the call again."))
    if picked.starts_at <= now(session):
        raise Conflict(_("This time is over. Ask for other ones."))
    if not is_live(session, assignment.person_id, assignment.scope):
        raise Conflict(_("They no longer agree to calls of this kind."))


def _known(session: Session, call: ReferenceCall) -> list[CallTime]:
    found = select(CallTime).where(CallTime.call_id == call.id).order_by(CallTime.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def _of_advocate(session: Session, call_id: int, by: Actor) -> Found:
    locked, assignment, call = _locked(session, call_id)
    if by.person_id is None or by.person_id != assignment.person_id:
        raise NotFound
    return _still(locked, assignment, call)


def _of_rep(session: Session, call_id: int, by: Actor) -> Found:
    locked, assignment, call = _locked(session, call_id)
    requests.owned(session, locked.request.id, by=by)
    if by.person_id in (None, assignment.person_id):
        raise NotAllowed(_("Somebody else has to pick the time of your call."))
    return _still(locked, assignment, call)


def _locked(session: Session, call_id: int) -> Found:
    assignment_id = session.scalar(select(ReferenceCall.assignment_id).where(ReferenceCall.id == call_id))
    if assignment_id is None:
        raise NotFound
    locked, assignment = lock_of(session, assignment_id)
    call = call_of(session, assignment)
    assert call is not None
    return locked, assignment, call


def _still(locked: Locked, assignment: Assignment, call: ReferenceCall) -> Found:
    if call.state not in OPEN_CALL:
        raise Conflict(_("This call is over already."))
    return locked, assignment, call


def _tell_of_times(session: Session, call: ReferenceCall, times: int) -> None:
    messages.answered(session, f"call:{call.id}")
    sides = invites.sides_of(session, call.id)
    messages.notify(
        session,
        sides.rep_id,
        "call.times_offered",
        link=sides.path("sales"),
        subject_ref=f"call:{call.id}",
        prospect=sides.prospect,
        who=sides.initials,
        times=times,
    )

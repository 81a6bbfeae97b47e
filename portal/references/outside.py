"""Calls that were arranged without the portal: noted by the address that was called, they count like all others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Invalid
from portal.people import people
from portal.people.states import STAFF, Role
from portal.people.values import clean_address
from portal.references import fatigue
from portal.references.models import Ask

_LONGEST_AGO: Final = timedelta(days=366)


def note(session: Session, address: str, day: date, *, by: Actor) -> Ask | None:
    """Note that somebody was asked for a call outside the portal; it counts for their limits, once for a day.

    It pays nothing: points come of calls that were asked for and confirmed here. None for an address of nobody who
    takes part, which the screen must not tell apart: else it would say who does. Refuses `NotAllowed` for all but
    staff, `Invalid` for what is no address, a day to come and one more than a year ago.
    """
    by.require(*STAFF)
    moment = now(session)
    if not (moment - _LONGEST_AGO).date() <= day <= moment.date():
        raise Invalid(_("Choose a day of the last twelve months, today at the latest."), field="day")
    person = people.by_address(session, clean_address(address))
    if person is None or Role.ADVOCATE not in people.roles_of(session, person.id):
        return None
    noon = datetime.combine(day, time(12), UTC)
    return fatigue.log_outside(session, person.id, min(noon, moment), by=by)

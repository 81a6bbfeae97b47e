"""Building the demo program, the same each time but for the date it ends on: today."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, clock
from portal.access import invitations, nominations
from portal.audit import SYSTEM, AuditEntry
from portal.database import run
from portal.database.refusal import Conflict
from portal.demo import cast, founding
from portal.demo.calendar import Calendar
from portal.demo.founding import World
from portal.demo.history import Life
from portal.demo.trade import CLAIMS, ENDINGS, Asking, Claiming
from portal.people import people
from portal.people.models import Person, Role

DAYS: Final = 112
_BUILT: Final = "demo.build"
_OFFERED_AFTER: Final = (2, 2, 12, 30, 45, 60)


def is_built(session: Session) -> bool:
    """Whether the demo was built to its end here.

    Refuses (`Conflict`) an instance that holds anybody else: the demo never mixes with real people, nor with the half
    of one that was interrupted.
    """
    if session.scalar(select(AuditEntry.id).where(AuditEntry.action == _BUILT).limit(1)) is not None:
        return True
    if session.scalar(select(Person.id).limit(1)) is not None:
        raise Conflict(_("This instance holds people already, or half a demo. Start over with bin/demo --reset."))
    return False


def build() -> int:
    """Let the demo program happen in an empty instance, through the verbs and under the one clock; how many deeds."""
    last = clock.wall() - timedelta(minutes=5)
    calendar = Calendar(last - timedelta(days=DAYS), last)
    world = World()
    calendar.plan(calendar.first, lambda session: founding.found(session, world))
    calendar.plan(calendar.after_days(0.1), lambda session: founding.stock(session, world))
    calendar.plan(calendar.after_days(3), lambda session: founding.write_down(session, world))
    for offer, days in zip(cast.OFFERS, _OFFERED_AFTER, strict=True):
        calendar.plan(calendar.after_days(days), partial(founding.offer, world=world, offer=offer))
    calendar.plan(calendar.after_days(DAYS - 70), lambda session: founding.sell(session, world))
    lives = [Life(calendar, world, place) for place in range(len(cast.ADVOCATES))]
    for life in lives:
        life.begin()
    lives[0].leave_something_begun()
    for place in range(len(ENDINGS)):
        Asking(calendar, world, place).begin()
    for place in range(len(CLAIMS)):
        Claiming(calendar, world, place).begin()
    calendar.plan(calendar.before_now(days=6), lambda session: _invite(session, world))
    calendar.plan(calendar.before_now(days=2), lambda session: _nominate(session, world))
    deeds = calendar.live()
    run(lambda session: audit.record(session, _BUILT, "program:1", by=SYSTEM, deeds=deeds))
    return deeds


def _invite(session: Session, world: World) -> None:
    for who in cast.INVITED:
        person = people.add_person(session, who.name, by=SYSTEM, title=who.title, company_id=world.firms[who.firm])
        invitations.invite(session, person.id, who.address, Role.ADVOCATE, by=world.manager())


def _nominate(session: Session, world: World) -> None:
    for name, title, firm, reason in cast.NOMINATED:
        nominations.nominate(
            session,
            name=name,
            title=title,
            address=cast.Someone(name, title, firm).address,
            company_id=world.firms[firm],
            reason=reason,
            by=world.staff[cast.REPS[0].name],
        )

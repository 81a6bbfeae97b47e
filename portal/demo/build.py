"""Building the demo program, the same each time but for the date it ends on: today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session

from portal import audit, clock
from portal.audit import SYSTEM, AuditEntry
from portal.database import db, run
from portal.database.refusal import Conflict
from portal.demo import cast, founding
from portal.demo.calendar import Calendar
from portal.demo.desk import Desk
from portal.demo.founding import World
from portal.demo.history import Life
from portal.demo.trade import CLAIMS, ENDINGS, WISHES, Asking, Claiming, Wishing
from portal.people.models import Person

DAYS: Final = 400
_BUILT: Final = "demo.build"


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
    with _not_waiting_for_the_disk():
        return _build()


@contextmanager
def _not_waiting_for_the_disk() -> Iterator[None]:
    """Let no deed wait until the disk has it: half a demo is started over anyway."""
    event.listen(db.engine, "connect", _loosen)
    db.engine.dispose()
    try:
        yield
    finally:
        event.remove(db.engine, "connect", _loosen)
        db.session.remove()
        db.engine.dispose()


def _loosen(connection: DBAPIConnection, _record: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("SET synchronous_commit TO off")
    connection.commit()


def _build() -> int:
    last = clock.wall() - timedelta(minutes=5)
    calendar = Calendar(last - timedelta(days=DAYS), last)
    world = World()
    calendar.plan(calendar.first, lambda session: founding.found(session, world))
    calendar.plan(calendar.after_days(0.1), lambda session: founding.stock(session, world))
    calendar.plan(calendar.after_days(3), lambda session: founding.write_down(session, world))
    for offer in cast.OFFERS:
        days = DAYS - 3 if offer.after is None else offer.after
        calendar.plan(calendar.after_days(days), partial(founding.offer, world=world, offer=offer))
    calendar.plan(calendar.after_days(20), lambda session: founding.sell(session, world))
    lives = [Life(calendar, world, place) for place in range(len(cast.ADVOCATES))]
    for life in lives:
        life.begin()
    lives[0].leave_something_begun()
    for place in range(len(ENDINGS)):
        Asking(calendar, world, place).begin()
    for place in range(len(CLAIMS)):
        Claiming(calendar, world, place).begin()
    for place in range(len(WISHES)):
        Wishing(calendar, world, place).begin()
    Desk(calendar, world, lives).begin()
    deeds = calendar.live()
    run(lambda session: audit.record(session, _BUILT, "program:1", by=SYSTEM, deeds=deeds))
    return deeds

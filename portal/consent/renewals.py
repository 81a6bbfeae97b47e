"""Asking once, before a consent runs out, whether somebody wants to renew it. Nothing happens without them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.models import ConsentCurrent, ConsentReminder
from portal.consent.queries import ENDS_SOON
from portal.messages import messages
from portal.people.models import Person
from portal.people.people import lock_person
from portal.people.states import IN_PROGRAM

KIND = "renewal.due"


def due(session: Session, *, limit: int = 200) -> list[int]:
    """The people who have consents that run out within 30 days and were not reminded of, at most `limit` of them."""
    wanted = (
        select(ConsentCurrent.person_id)
        .join(Person, Person.id == ConsentCurrent.person_id)
        .where(_ending(session), Person.advocate_status.in_(IN_PROGRAM), Person.suspended_at.is_(None))
        .group_by(ConsentCurrent.person_id)
        .order_by(ConsentCurrent.person_id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


def remind(session: Session, person_id: int) -> bool:
    """Remind of all of a person's consents that run out soon, each once in its life; whether there were any."""
    lock_person(session, person_id)
    ending = session.execute(
        select(ConsentCurrent.event_id, ConsentCurrent.scope, ConsentCurrent.valid_until)
        .where(ConsentCurrent.person_id == person_id, _ending(session))
        .order_by(ConsentCurrent.valid_until, ConsentCurrent.event_id)
    ).all()
    if not ending:
        return False
    moment = now(session)
    session.add_all(ConsentReminder(event_id=row.event_id, person_id=person_id, at=moment) for row in ending)
    messages.notify(
        session,
        person_id,
        KIND,
        link="/references",
        subject_ref=f"consent_event:{ending[0].event_id}",
        scopes=sorted(row.scope for row in ending),
        valid_until=ending[0].valid_until.isoformat(),
    )
    session.flush()
    return True


def still_ends(session: Session, person_id: int, event_id: int) -> bool:
    """Whether a consent that was reminded of holds and was not renewed meanwhile."""
    holds = exists().where(
        ConsentCurrent.person_id == person_id,
        ConsentCurrent.event_id == event_id,
        ConsentCurrent.live,
        ConsentCurrent.valid_until > now(session),
    )
    return bool(session.scalar(select(holds)))


def _ending(session: Session) -> ColumnElement[bool]:
    moment = now(session)
    return and_(
        ConsentCurrent.live,
        ConsentCurrent.valid_until > moment,
        ConsentCurrent.valid_until <= moment + ENDS_SOON,
        ~exists().where(ConsentReminder.event_id == ConsentCurrent.event_id),
    )

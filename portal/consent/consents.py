"""The verbs of consent: give, withdraw, let run out. No points are ever given or taken here (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import SYSTEM, Actor
from portal.clock import PORTAL_NOW, now
from portal.consent import notices
from portal.consent.models import Channel, ConsentCurrent, ConsentEvent, Disclosure, Kind
from portal.consent.scopes import SCOPES, known_scopes
from portal.database.refusal import Conflict, NotAllowed, explain
from portal.messages import messages
from portal.people.models import Person
from portal.people.people import lock_person
from portal.people.states import IN_PROGRAM, MANAGERS

VALID_FOR: Final = timedelta(days=365)
"""How long a consent holds."""
_SECOND_CLICK: Final = timedelta(minutes=1)

ON_WITHDRAWAL: Final[list[Callable[[Session, int, frozenset[str]], None]]] = []
"""Called as `(session, person_id, scopes)`, under the person's lock, before consent ends: close what stands on it."""
ON_GIVING: Final[list[Callable[[Session, int, bool], None]]] = []
"""Called as `(session, person_id, company_name_ok)`, under the person's lock, after consent was given."""

explain(
    "ck_consent_event_own",
    _l("Only the person can agree to this, nobody for them."),
)


def give(
    session: Session,
    person_id: int,
    scopes: Iterable[str],
    *,
    by: Actor,
    channel: Channel = Channel.PORTAL,
    company_name_ok: bool = False,
) -> list[ConsentEvent]:
    """Agree to scopes for 365 days from now; agreeing again renews. Never earns points.

    A second click within a minute finds the first one's events. Refuses `NotAllowed` for anybody but the person,
    `Conflict` for who is not in the program, `Invalid` scopes.
    """
    wanted = known_scopes(scopes)
    if by.person_id != person_id:
        raise NotAllowed(_l("Only the person can agree to this, nobody for them."))
    person = lock_person(session, person_id)
    if person.advocate_status not in IN_PROGRAM or person.suspended_at is not None:
        raise Conflict(_l("Only advocates of the program can agree to this."))
    earlier = _just_given(session, person_id, wanted, company_name_ok)
    if earlier:
        return earlier
    events = [_giving(session, person, scope, channel, company_name_ok) for scope in wanted]
    _write(session, events, by=by)
    for follow in ON_GIVING:
        follow(session, person_id, company_name_ok)
    messages.notify(
        session,
        person_id,
        "consent.given",
        link="/references",
        subject_ref=f"consent_event:{events[0].id}",
        scopes=wanted,
        event=str(events[0].public_id),
        valid_until=(events[0].at + VALID_FOR).isoformat(),
    )
    return events


def withdraw(
    session: Session,
    person_id: int,
    scopes: Iterable[str] | None = None,
    *,
    by: Actor,
    channel: Channel = Channel.PORTAL,
) -> list[ConsentEvent]:
    """Take consent back, for some scopes or all; it always succeeds and works at once.

    First closes what stands on it (`ON_WITHDRAWAL`), then writes the events; what is not live stays as it is.
    Never takes points. Refuses `NotAllowed` for anybody but the person and, on their behalf, the program team.
    """
    if by.person_id != person_id:
        by.require(*MANAGERS)
    lock_person(session, person_id)
    live = live_scopes(session, person_id)
    ending = [scope for scope in live if scopes is None or scope in set(scopes)]
    if not ending:
        return []
    events = _end(session, person_id, ending, Kind.WITHDRAWN, by=by, channel=channel)
    messages.notify(
        session,
        person_id,
        "consent.withdrawn",
        link="/references",
        subject_ref=f"consent_event:{events[0].id}",
        scopes=ending,
    )
    return events


def overdue(session: Session, *, limit: int = 200) -> list[int]:
    """The people who have consents whose time is up, at most `limit` of them."""
    due = (
        select(ConsentCurrent.person_id)
        .where(ConsentCurrent.live, ConsentCurrent.valid_until <= now(session))
        .group_by(ConsentCurrent.person_id)
        .order_by(ConsentCurrent.person_id)
        .limit(limit)
    )
    return list(session.scalars(due))


def expire(session: Session, person_id: int) -> bool:
    """Let a person's consents run out whose time has come; whether there were any.

    One person a transaction: what closes with a consent takes locks that come after those of all people.
    """
    lock_person(session, person_id)
    over = select(ConsentCurrent.scope).where(
        ConsentCurrent.person_id == person_id, ConsentCurrent.live, ConsentCurrent.valid_until <= now(session)
    )
    ending = sorted(session.scalars(over))
    if not ending:
        return False
    events = _end(session, person_id, ending, Kind.EXPIRED, by=SYSTEM, channel=Channel.JOB)
    messages.notify(
        session,
        person_id,
        "consent.expired",
        link="/references",
        subject_ref=f"consent_event:{events[0].id}",
        scopes=ending,
    )
    return True


def live_scopes(session: Session, person_id: int) -> list[str]:
    """The scopes of a person that have not ended, whether or not their time is up (see `is_live`)."""
    wanted = select(ConsentCurrent.scope).where(ConsentCurrent.person_id == person_id, ConsentCurrent.live)
    return sorted(session.scalars(wanted))


def is_live(session: Session, person_id: int, scope: str) -> bool:
    """Whether a consent holds at this moment: given, not withdrawn, and its time is not up."""
    holds = exists().where(
        ConsentCurrent.person_id == person_id,
        ConsentCurrent.scope == scope,
        ConsentCurrent.live,
        ConsentCurrent.valid_until > now(session),
    )
    return bool(session.scalar(select(holds)))


def _giving(session: Session, person: Person, scope: str, channel: Channel, company_name_ok: bool) -> ConsentEvent:
    return ConsentEvent(
        person_id=person.id,
        kind=Kind.GIVEN,
        scope=scope,
        notice_id=notices.current(session, SCOPES[scope].activity, person.locale).id,
        channel=channel,
        actor_id=person.id,
        company_name_ok=company_name_ok,
    )


def _just_given(session: Session, person_id: int, scopes: list[str], company_name_ok: bool) -> list[ConsentEvent]:
    found = session.scalars(
        select(ConsentEvent)
        .join(ConsentCurrent, ConsentCurrent.event_id == ConsentEvent.id)
        .where(ConsentCurrent.person_id == person_id, ConsentCurrent.live, ConsentEvent.scope.in_(scopes))
        .where(ConsentEvent.at > now(session) - _SECOND_CLICK, ConsentEvent.company_name_ok == company_name_ok)
        .order_by(ConsentEvent.id)
    ).all()
    return list(found) if len(found) == len(scopes) else []


def _end(
    session: Session, person_id: int, scopes: list[str], kind: Kind, *, by: Actor, channel: Channel
) -> list[ConsentEvent]:
    for close in ON_WITHDRAWAL:
        close(session, person_id, frozenset(scopes))
    session.flush()
    given = session.scalars(
        select(ConsentEvent)
        .join(ConsentCurrent, ConsentCurrent.event_id == ConsentEvent.id)
        .where(ConsentCurrent.person_id == person_id, ConsentCurrent.scope.in_(scopes))
        .order_by(ConsentEvent.id)
    )
    events = [
        ConsentEvent(
            person_id=person_id,
            kind=kind,
            scope=event.scope,
            notice_id=event.notice_id,
            channel=channel,
            actor_id=by.person_id,
            company_name_ok=event.company_name_ok,
        )
        for event in given
    ]
    _write(session, events, by=by)
    return events


def _write(session: Session, events: list[ConsentEvent], *, by: Actor) -> None:
    at = _moment(session, events[0].person_id)
    for event in events:
        event.at = at
        event.valid_until = at + VALID_FOR if event.kind is Kind.GIVEN else None
    session.add_all(events)
    session.flush()
    for event in events:
        audit.record(
            session,
            f"consent.{event.kind.value}",
            f"consent_event:{event.id}",
            by=by,
            person_id=event.person_id,
            scope=event.scope,
        )


def _moment(session: Session, person_id: int) -> datetime:
    """Now, but not before what the record holds of this person, whose lock the caller holds.

    Who waited for the lock began before whom they waited for; the record keeps the order in which things happened.
    """
    events = select(func.max(ConsentEvent.at)).where(ConsentEvent.person_id == person_id).scalar_subquery()
    shown = select(func.max(Disclosure.at)).where(Disclosure.person_id == person_id).scalar_subquery()
    moment: datetime = session.execute(select(func.greatest(PORTAL_NOW, events, shown))).scalar_one()
    return moment.astimezone(UTC)

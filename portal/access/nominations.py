"""Nominations: staff propose a customer, a manager approves, which invites them, or declines with a note."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.access import invitations
from portal.access.models import Nomination
from portal.access.states import TRANSITIONS, NominationState
from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people.companies import company_named
from portal.people.models import Person, PersonRole
from portal.people.people import (
    add_person,
    by_address,
    lock_person,
    move_advocate,
)
from portal.people.states import IN_PROGRAM, MANAGERS, STAFF, AdvocateStatus, Role
from portal.people.states import TRANSITIONS as STATUS_TRANSITIONS
from portal.people.values import clean_address, plain_name

LONGEST: Final = 1000
_ALREADY: Final = _l("Somebody has nominated this address already, and it waits for a decision.")
explain("uq_nomination_open", _ALREADY)


def nominate(
    session: Session,
    *,
    name: str,
    address: str,
    reason: str,
    by: Actor,
    title: str | None = None,
    company_id: int | None = None,
    company_name: str | None = None,
) -> Nomination:
    """Propose a customer as advocate; the program managers are told.

    Refuses `NotAllowed` for who is no staff, `Invalid` values, `Conflict` for who is an advocate or nominated already.
    """
    by.require(*STAFF)
    clean = clean_address(address)
    why = _text(reason, "reason")
    if not why:
        raise Invalid(_l("Please say in a sentence why they would be a good advocate."), field="reason")
    person = _not_an_advocate_yet(session, clean)
    nomination = Nomination(
        person_id=person.id if person else None,
        name=plain_name(name),
        address=clean,
        title=_text(title, "title", 200) or None,
        company_id=company_id,
        company_name=_text(company_name, "company_name", 200) or None,
        reason=why,
        nominated_by=by.person_id,
        created_at=now(session),
    )
    session.add(nomination)
    if person is not None and AdvocateStatus.NOMINATED in STATUS_TRANSITIONS[person.advocate_status]:
        move_advocate(session, person.id, AdvocateStatus.NOMINATED, by=by)
    session.flush()
    audit.record(session, "nomination.make", f"nomination:{nomination.id}", by=by)
    _tell_managers(session, nomination)
    return nomination


def approve(session: Session, nomination_id: int, *, by: Actor, note: str = "") -> Nomination:
    """Take the nominated customer into the program by inviting them; a second approval returns the first result.

    Refuses `NotAllowed` for all but managers and for oneself, `Conflict` for one that was declined, and as
    `invitations.invite`.
    """
    nomination, person = _lock(session, nomination_id, by)
    if nomination.state is NominationState.APPROVED:
        return nomination
    if person is not None and person.id == by.person_id:
        raise NotAllowed(_l("Somebody else has to decide about you."))
    company_id = nomination.company_id or company_named(session, nomination.company_name, by=by)
    if person is None:
        person = add_person(session, nomination.name, by=by, title=nomination.title, company_id=company_id)
        move_advocate(session, person.id, AdvocateStatus.NOMINATED, by=by)
    elif person.company_id is None:
        person.company_id = company_id
    nomination.person_id = person.id
    _move(session, nomination, NominationState.APPROVED, by, note)
    invitations.invite(session, person.id, nomination.address, Role.ADVOCATE, by=by)
    _tell(session, nomination)
    return nomination


def decline(session: Session, nomination_id: int, *, by: Actor, note: str) -> Nomination:
    """Do not take the nominated customer; the note is for who nominated. A second time returns the first result.

    Refuses `NotAllowed`, `Invalid` without a note, `Conflict` for one that was approved.
    """
    if not _text(note, "note"):
        raise Invalid(_l("Please say why in a sentence; whoever nominated will read it."), field="note")
    nomination, person = _lock(session, nomination_id, by)
    if nomination.state is NominationState.NOT_APPROVED:
        return nomination
    _move(session, nomination, NominationState.NOT_APPROVED, by, note)
    if person is not None and person.advocate_status is AdvocateStatus.NOMINATED:
        move_advocate(session, person.id, AdvocateStatus.DECLINED, by=by)
    _tell(session, nomination)
    return nomination


def _not_an_advocate_yet(session: Session, address: str) -> Person | None:
    """The person of an address, locked, if there is one; refuse advocates, and addresses that wait for a decision."""
    person = by_address(session, address)
    if person is not None:
        person = lock_person(session, person.id)
        if person.advocate_status in IN_PROGRAM:
            raise Conflict(_l("This person is an advocate already."), field="email")
    already = select(Nomination.id).where(
        func.lower(Nomination.address) == address.lower(), Nomination.state == NominationState.NEW
    )
    if session.scalar(already) is not None:
        raise Conflict(_ALREADY, field="email")
    return person


def _tell_managers(session: Session, nomination: Nomination) -> None:
    for manager_id in _managers(session, but=nomination.nominated_by):
        messages.notify(
            session,
            manager_id,
            "access.nominated",
            link="/admin/nominations",
            subject_ref=f"nomination:{nomination.id}",
            name=nomination.name,
        )


def _lock(session: Session, nomination_id: int, by: Actor) -> tuple[Nomination, Person | None]:
    """Lock the person, if they are known, then the nomination."""
    by.require(*MANAGERS)
    found = session.get(Nomination, nomination_id)
    if found is None:
        raise NotFound(_l("There is no such nomination."))
    known = found.person_id or getattr(by_address(session, found.address), "id", None)
    person = lock_person(session, known) if known else None
    wanted = select(Nomination).where(Nomination.id == nomination_id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True)).one(), person


def _move(session: Session, nomination: Nomination, state: NominationState, by: Actor, note: str) -> None:
    if state not in TRANSITIONS[nomination.state]:
        raise Conflict(_l("Somebody has decided about this nomination already."))
    nomination.state, nomination.decided_at = state, now(session)
    nomination.decided_by, nomination.note = by.person_id, _text(note, "note") or None
    session.flush()
    messages.answered(session, f"nomination:{nomination.id}")
    audit.record(session, f"nomination.{state.value}", f"nomination:{nomination.id}", by=by)


def _tell(session: Session, nomination: Nomination) -> None:
    if nomination.nominated_by is None or nomination.nominated_by == nomination.decided_by:
        return
    messages.notify(
        session,
        nomination.nominated_by,
        "access.nomination_decided",
        link=f"/sales/nominate/{nomination.public_id}",
        subject_ref=f"nomination:{nomination.id}",
        name=nomination.name,
        approved=nomination.state is NominationState.APPROVED,
        note=nomination.note,
    )


def _managers(session: Session, *, but: int | None) -> list[int]:
    holders = select(PersonRole.person_id).join(Person, Person.id == PersonRole.person_id)
    active = holders.where(PersonRole.role == Role.MANAGER, Person.suspended_at.is_(None))
    return [found for found in session.scalars(active.order_by(PersonRole.person_id).limit(50)) if found != but]


def _text(value: str | None, field: str, longest: int = LONGEST) -> str:
    clean = (value or "").strip()
    if len(clean) > longest:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=longest), field=field)
    return clean

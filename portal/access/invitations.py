"""Invitations: with a role, once, within 14 days, in any browser; accepting is agreeing to the terms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import uuid4

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.access import terms, throttle, tokens
from portal.access.models import Invitation
from portal.access.visitor import may_sign_in
from portal.audit import SYSTEM, Actor
from portal.clock import PORTAL_NOW, now
from portal.database.refusal import Conflict, Gone, Invalid, NotAllowed, NotFound
from portal.messages import messages
from portal.people.models import Person, PersonEmail
from portal.people.people import (
    ON_ROLE_TAKEN,
    add_email,
    add_person,
    by_address,
    change_person,
    grant_role,
    lock_person,
    move_advocate,
    roles_of,
    verify_email,
)
from portal.people.states import IN_PROGRAM, MANAGERS, AdvocateStatus, Role
from portal.people.values import clean_address
from portal.web.session import hash_token

LIFETIME: Final = timedelta(days=14)
_OVER: Final = _l("This invitation was used, withdrawn or is older than 14 days. Ask the program team for a new one.")
_OPEN: Final = (Invitation.accepted_at.is_(None), Invitation.ended_at.is_(None))
_PROVED_ONLY: Final = _l(
    "They sign in already, with another address. Invite them there; only an administrator can invite them elsewhere."
)


def invite(
    session: Session, person_id: int, address: str, role: Role | str, *, by: Actor, mail: bool = True
) -> Invitation:
    """Invite a person to a role, by mail to one of their addresses (which is noted if it is new).

    An earlier open invitation to the role ends. Refuses `NotAllowed` (managers invite advocates and reps, not
    themselves, and whoever signs in already only at an address they have proved; administrators anybody anywhere),
    `Conflict` for who is in already or is suspended, `TooManyTries` beyond 50 an hour.
    """
    role = Role(role)
    by.require(*((Role.ADMIN,) if role in MANAGERS else MANAGERS))
    if by.person_id is not None:
        throttle.hit(f"invite:{by.person_id}", 50, 3600)
    person = lock_person(session, person_id)
    _must_need_one(session, person, role)
    _may_be_reached(session, person, address, by)
    email = add_email(session, person_id, address, by=by)
    _end(session, person_id, role)
    seed, at = uuid4(), now(session)
    token = tokens.derive(tokens.INVITATION, seed, tokens.all_keys()[0])
    invitation = Invitation(
        person_id=person_id,
        address=email.address,
        role=role,
        seed=seed,
        token_hash=hash_token(token),
        created_by=by.person_id,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    session.add(invitation)
    if role is Role.ADVOCATE and person.advocate_status not in IN_PROGRAM:
        move_advocate(session, person_id, AdvocateStatus.INVITED, by=by)
    session.flush()
    audit.record(session, "invitation.send", f"person:{person_id}", by=by, invitation_id=invitation.id, role=role.value)
    if mail:
        messages.notify(session, person_id, "access.invitation", invitation_id=invitation.id)
    return invitation


def resend(session: Session, invitation_id: int, *, by: Actor) -> Invitation:
    """Send a new invitation in place of one that was not accepted.

    Refuses as `invite`, `NotFound`, and `Conflict` where a newer one was sent already: a second click sends no mail.
    """
    old = session.get(Invitation, invitation_id)
    if old is None:
        raise NotFound
    if old.accepted_at is not None:
        raise Conflict(_l("This invitation was accepted."))
    lock_person(session, old.person_id)
    newer = select(Invitation.id).where(
        Invitation.person_id == old.person_id, Invitation.role == old.role, Invitation.id > old.id
    )
    if session.scalar(newer.limit(1)) is not None:
        raise Conflict(_l("A newer invitation was sent already. Reload the page to see it."))
    return invite(session, old.person_id, old.address, old.role, by=by)


def withdraw(session: Session, invitation_id: int, *, by: Actor) -> None:
    """End an invitation that was not accepted; its link answers that it has ended."""
    by.require(*MANAGERS)
    ended = update(Invitation).where(Invitation.id == invitation_id, *_OPEN).values(ended_at=PORTAL_NOW)
    person_id = session.scalar(ended.returning(Invitation.person_id))
    if person_id is None:
        raise Conflict(_l("This invitation was accepted or has ended."))
    audit.record(session, "invitation.withdraw", f"person:{person_id}", by=by, invitation_id=invitation_id)


def find(session: Session, token: str) -> tuple[Invitation, Person]:
    """The open invitation of a token and whom it invites. Refuses `Gone`."""
    wanted = (
        select(Invitation, Person)
        .join(Person, Person.id == Invitation.person_id)
        .where(Invitation.token_hash == hash_token(token), *_OPEN, Invitation.expires_at > PORTAL_NOW)
        .where(Person.suspended_at.is_(None))
    )
    found = session.execute(wanted).first()
    if found is None:
        raise Gone(_OVER)
    return found.Invitation, found.Person


def accept(session: Session, token: str, *, terms_versions: Collection[int], name: str | None = None) -> Person:
    """Accept an invitation, once, and with it the terms and the privacy notice in force.

    The person gets the role, an advocate becomes active, the address is verified. Refuses `Gone`; `Conflict` where
    the terms have changed meanwhile; `Invalid` names.
    """
    invitation, _person = find(session, token)
    person = lock_person(session, invitation.person_id)
    once = update(Invitation).where(Invitation.id == invitation.id, *_OPEN, Invitation.expires_at > PORTAL_NOW)
    if (
        person.suspended_at is not None
        or not session.execute(once.values(accepted_at=PORTAL_NOW).returning(Invitation.id)).first()
    ):
        raise Gone(_OVER)
    terms.accept(session, person.id, terms_versions, locale=person.locale)
    verify_email(session, person.id, invitation.address)
    who = Actor(person.id)
    if name and name != person.name:
        change_person(session, person.id, by=who, name=name, title=person.title)
    grant_role(session, person.id, invitation.role, by=SYSTEM)
    if invitation.role is Role.ADVOCATE:
        move_advocate(session, person.id, AdvocateStatus.ACTIVE, by=SYSTEM)
    audit.record(session, "invitation.accept", f"person:{person.id}", by=who, invitation_id=invitation.id)
    session.flush()
    return person


def invite_admin(session: Session, address: str) -> str:
    """Make an address an administrator's: the one-time link that `portal create-admin` prints.

    The person is made known where they are not yet; nothing is mailed. Refuses `Invalid` addresses and `Conflict` for
    somebody who is administrator already.
    """
    clean = clean_address(address)
    person = by_address(session, clean)
    if person is None:
        name = clean.partition("@")[0].replace(".", " ").replace("_", " ").strip().title() or clean
        person = add_person(session, name, by=SYSTEM, email=clean)
    invitation = invite(session, person.id, clean, Role.ADMIN, by=SYSTEM, mail=False)
    return link_of(invitation)


def link_of(invitation: Invitation) -> str:
    """The whole address of an invitation's page. Refuses `Invalid` where the key it was made with is gone."""
    return str(current_app.config["PORTAL"].base_url).rstrip("/") + path_of(invitation)


def path_of(invitation: Invitation) -> str:
    """The path of an invitation's page, below the base URL."""
    token = tokens.again(tokens.INVITATION, invitation.seed, invitation.token_hash)
    if token is None:
        raise Invalid(_l("This invitation was made with a secret key that is gone. Send a new one."))
    return f"/invitation/{token}"


def is_open(session: Session, invitation_id: int) -> bool:
    """Whether an invitation can still be accepted."""
    wanted = select(Invitation.id).where(Invitation.id == invitation_id, *_OPEN, Invitation.expires_at > PORTAL_NOW)
    return session.scalar(wanted) is not None


def _must_need_one(session: Session, person: Person, role: Role) -> None:
    if person.suspended_at is not None:
        raise Conflict(_l("This person is suspended. Let them in again first."))
    roles = roles_of(session, person.id)
    if role in roles and may_sign_in(person, frozenset({role})) and _has_verified_address(session, person.id):
        raise Conflict(_l("This person is in already."))


def _may_be_reached(session: Session, person: Person, address: str, by: Actor) -> None:
    """Whoever holds the link becomes this person, so it goes to others' mailboxes on an administrator's word alone."""
    if by.has(Role.ADMIN):
        return
    if by.person_id == person.id:
        raise NotAllowed(_l("Somebody else has to invite you."))
    proved = set(
        session.scalars(
            select(func.lower(PersonEmail.address)).where(
                PersonEmail.person_id == person.id, PersonEmail.verified_at.is_not(None)
            )
        )
    )
    held = roles_of(session, person.id) | invited_to(session, person.id)
    if held & MANAGERS and not proved:
        raise NotAllowed(_l("Only an administrator invites managers and administrators."))
    if proved and clean_address(address).lower() not in proved:
        raise NotAllowed(_PROVED_ONLY)


def invited_to(session: Session, person_id: int) -> frozenset[Role]:
    """The roles that somebody has an open invitation to."""
    waiting = select(Invitation.role).where(Invitation.person_id == person_id, *_OPEN)
    return frozenset(session.scalars(waiting.where(Invitation.expires_at > PORTAL_NOW)))


def _has_verified_address(session: Session, person_id: int) -> bool:
    wanted = select(func.count()).where(PersonEmail.person_id == person_id, PersonEmail.verified_at.is_not(None))
    return bool(session.scalar(wanted))


def _end(session: Session, person_id: int, role: Role) -> None:
    earlier = update(Invitation).where(Invitation.person_id == person_id, Invitation.role == role, *_OPEN)
    session.execute(earlier.values(ended_at=PORTAL_NOW))


def _on_role_taken(session: Session, person_id: int, role: Role) -> None:
    """A role that was taken does not come back by an invitation from before."""
    _end(session, person_id, role)


ON_ROLE_TAKEN.append(_on_role_taken)

"""Passwords, for those who want one beside links by mail: set and reset by a link, changed and removed in the account.

A trigger ends all sessions and open links of the person each time one is set, replaced or removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit, program
from portal.access import hashing, sessions, sign_in, strength, throttle
from portal.access.models import Password
from portal.access.states import Purpose
from portal.access.visitor import may_sign_in
from portal.audit import Actor
from portal.clock import now
from portal.database.invariants import invariant
from portal.database.refusal import Conflict, Invalid
from portal.messages import messages
from portal.people.models import Company, Person, PersonEmail, PersonRole
from portal.people.people import lock_person, roles_of
from portal.people.states import Role
from portal.people.values import clean_address

_WRONG: Final = _l("Address and password do not fit. Try again, or let us mail you a link.")
_WORD: Final = re.compile(r"\w{3,}")

invariant(
    "access.passwords_of_the_reachable",
    "Whoever has a password has an address that was confirmed: a link can always replace it.",
    "SELECT p.person_id AS what FROM password p WHERE NOT EXISTS (SELECT FROM person_email e"
    " WHERE e.person_id = p.person_id AND e.verified_at IS NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class _Found:
    person: Person
    verified: bool
    roles: frozenset[Role]
    hash: str | None

    @property
    def may_come(self) -> bool:
        return self.verified and may_sign_in(self.person, self.roles)


def by_password(session: Session, address: str, typed: str, *, ip: str = "") -> int:
    """Whose address and password these are: the id of somebody who may come in.

    What fails costs the same and reads the same, whether somebody has the address, a password, or may come in at all.
    Refuses `Invalid` and, by failed tries of an address, of a network and of all, `TooManyTries`.
    """
    clean = clean_address(address)
    counted = (
        (throttle.secret("password-ip", throttle.network(ip)), 10),
        (throttle.secret("password", clean.lower()), 10),
        ("password-all", 1000),
    )
    for key, limit in counted:
        throttle.hit(key, limit, 300)
    found = _find(session, clean)
    password = strength.normal(typed)[: strength.LONGEST + 1]
    if not hashing.fits(found.hash if found else None, password) or found is None or not found.may_come:
        raise Invalid(_WRONG)
    _still(session, found)
    if found.hash and hashing.is_dated(found.hash):
        again = update(Password).where(Password.person_id == found.person.id)
        session.execute(again.values(hash=hashing.make(password)))
    for key, _limit in counted:
        throttle.give_back(key)
    audit.record(session, "sign_in.password", f"person:{found.person.id}", by=Actor(found.person.id))
    return found.person.id


def set_by_link(session: Session, token: str, browser: str, typed: str) -> None:
    """Set a password with a link that was mailed for it, once, in the browser that asked; it signs nobody in.

    Refuses `Gone` links and `Invalid` passwords, which leave the link as it is.
    """
    arrived = sign_in.follow(session, token, browser, purpose=Purpose.PASSWORD)
    _set(session, arrived.person_id, typed, by=Actor(arrived.person_id))


def set_by_code(session: Session, digits: str, browser: str, typed: str, *, ip: str = "") -> None:
    """Set a password with the code that the link showed on another device. Refuses as `sign_in.by_code`."""
    arrived = sign_in.by_code(session, digits, browser, ip=ip, purpose=Purpose.PASSWORD)
    _set(session, arrived.person_id, typed, by=Actor(arrived.person_id))


def change(session: Session, typed: str, *, by: Actor, session_id: int) -> None:
    """Set or replace one's password from a session that began a moment ago.

    Refuses `NotAllowed` later sessions, `Invalid` passwords, `TooManyTries` beyond 10 an hour.
    """
    sessions.require_recent(session, session_id)
    assert by.person_id is not None
    throttle.hit(f"password-change:{by.person_id}", 10, 3600)
    _set(session, by.person_id, typed, by=by)


def remove(session: Session, *, by: Actor, session_id: int) -> bool:
    """Give one's password up: from then on only links by mail let in. Whether there was one; refuses as `change`."""
    sessions.require_recent(session, session_id)
    assert by.person_id is not None
    lock_person(session, by.person_id)
    gone = delete(Password).where(Password.person_id == by.person_id).returning(Password.person_id)
    if session.execute(gone).first() is None:
        return False
    _note(session, by.person_id, "removed", by=by)
    return True


def since(session: Session, person_id: int) -> datetime | None:
    """When a person set the password they have; None where they have none."""
    return session.scalar(select(Password.set_at).where(Password.person_id == person_id))


def _find(session: Session, address: str) -> _Found | None:
    role = func.array_agg(cast(PersonRole.role, Text))
    roles = select(role).where(PersonRole.person_id == Person.id).scalar_subquery()
    wanted = (
        select(Person, PersonEmail.verified_at, roles.label("roles"), Password.hash)
        .join(PersonEmail, PersonEmail.person_id == Person.id)
        .outerjoin(Password, Password.person_id == Person.id)
        .where(func.lower(PersonEmail.address) == address.lower())
    )
    row = session.execute(wanted).first()
    if row is None:
        return None
    return _Found(row.Person, row.verified_at is not None, frozenset(map(Role, row.roles or ())), row.hash)


def _still(session: Session, found: _Found) -> None:
    """Ask again under the person's lock: a password that was replaced while we compared lets nobody in."""
    person = lock_person(session, found.person.id)
    stored = session.scalar(select(Password.hash).where(Password.person_id == person.id))
    if stored != found.hash or not may_sign_in(person, roles_of(session, person.id)):
        raise Invalid(_WRONG)


def _set(session: Session, person_id: int, typed: str, *, by: Actor) -> None:
    person = lock_person(session, person_id)
    password = strength.acceptable(typed, known=_known(session, person))
    if not _confirmed(session, person_id):
        raise Conflict(_l("First sign in by a link to one of your addresses; that confirms it."))
    had = since(session, person_id) is not None
    row = {"hash": hashing.make(password), "set_at": now(session)}
    put = insert(Password).values(person_id=person_id, **row)
    session.execute(put.on_conflict_do_update(index_elements=[Password.person_id], set_=row))
    _note(session, person_id, "replaced" if had else "set", by=by)


def _note(session: Session, person_id: int, what: str, *, by: Actor) -> None:
    """Tell all confirmed addresses, so that whoever did not do it themselves finds out, and leave a line."""
    audit.record(session, f"password.{what}", f"person:{person_id}", by=by)
    for email_id in _confirmed(session, person_id):
        messages.notify(session, person_id, "access.password_changed", email_id=email_id, what=what)


def _confirmed(session: Session, person_id: int) -> list[int]:
    wanted = select(PersonEmail.id).where(PersonEmail.person_id == person_id, PersonEmail.verified_at.is_not(None))
    return list(session.scalars(wanted.order_by(PersonEmail.id).limit(20)))


def _known(session: Session, person: Person) -> Iterator[str]:
    """Words that belong to the person, their company, the program or the place."""
    company = session.scalar(select(Company.name).where(Company.id == person.company_id))
    addresses = session.scalars(select(PersonEmail.address).where(PersonEmail.person_id == person.id).limit(20))
    host = urlsplit(current_app.config["PORTAL"].base_url).hostname or ""
    for text in (person.name, company or "", program.current(session).name, host, "advocate portal", *addresses):
        yield text.replace(" ", "")
        yield from _WORD.findall(text)

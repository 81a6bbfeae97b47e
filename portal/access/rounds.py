"""A round of invitations: several customers at once, each at their own address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import invitations
from portal.audit import Actor
from portal.database.refusal import Conflict, Invalid, NotFound, Refusal
from portal.people.models import Person, PersonEmail
from portal.people.people import lock_person
from portal.people.states import MANAGERS, Role

LARGEST: Final = 50
"""People of one round: no more than one person may invite in an hour."""


@dataclass(frozen=True, slots=True)
class Round:
    """The names of who was invited, of who had an open invitation before, and of who was not and why (a sentence)."""

    invited: tuple[str, ...]
    waiting: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def invite(session: Session, chosen: Collection[UUID], *, by: Actor) -> Round:
    """Invite several people as advocates, each at their primary address; a second click invites nobody twice.

    Whoever cannot be invited (no address, in already, suspended) is left out and named; the others are invited.
    Refuses `NotAllowed` for all but managers, `Invalid` for nobody and for more than `LARGEST`, `NotFound`.
    """
    by.require(*MANAGERS)
    if not chosen:
        raise Invalid(_("Choose at least one person."), field="invitees")
    if len(chosen) > LARGEST:
        raise Invalid(_("Choose at most %(most)d people at a time.", most=LARGEST), field="invitees")
    found = session.execute(
        select(Person.id, Person.name).where(Person.public_id.in_(chosen)).order_by(Person.id)
    ).all()
    if len(found) < len(set(chosen)):
        raise NotFound
    invited, waiting, left_out = list[str](), list[str](), list[tuple[str, str]]()
    for person_id, name in found:
        try:
            with session.begin_nested():
                (invited if _invite(session, person_id, by) else waiting).append(name)
        except Refusal as refusal:
            left_out.append((name, str(refusal)))
    return Round(tuple(invited), tuple(waiting), tuple(left_out))


def _invite(session: Session, person_id: int, by: Actor) -> bool:
    lock_person(session, person_id)
    primary = select(PersonEmail.address).where(PersonEmail.person_id == person_id, PersonEmail.is_primary)
    address = session.scalar(primary)
    if address is None:
        raise Conflict(_("No address is known."))
    if Role.ADVOCATE in invitations.invited_to(session, person_id):
        return False
    invitations.invite(session, person_id, address, Role.ADVOCATE, by=by)
    return True

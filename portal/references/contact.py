"""Contact data of an advocate: only after acceptance, only for that request, only for a time, each showing logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent import disclosures
from portal.consent.models import ConsentCurrent, Disclosure
from portal.database.refusal import Conflict
from portal.people.models import Company, Person, PersonEmail
from portal.people.states import MANAGERS
from portal.references import history, requests
from portal.references.assignments import lock_of
from portal.references.models import Assignment, AssignmentState, EventKind, ReferenceRequest

FIELDS: Final = ("company", "email", "name")
"""What a disclosure shows."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who the advocate is and how to reach them."""

    name: str
    title: str | None
    company: str | None
    email: str | None


def disclose(
    session: Session, request: ReferenceRequest, assignment: Assignment, *, to_person_id: int, by: Actor
) -> Disclosure:
    """Log that name and address are shown to somebody for this request; logging it again changes nothing.

    Call it under the request's lock. Refuses `Gone` where the consent has ended.
    """
    before = _logged(session, assignment, to_person_id)
    disclosure = disclosures.record(
        session,
        assignment.person_id,
        to_person_id=to_person_id,
        fields=FIELDS,
        scope=assignment.scope,
        subject=f"assignment:{assignment.id}",
    )
    if not before:
        history.note(session, request, EventKind.CONTACT_SHOWN, by=by, assignment=assignment, to=to_person_id)
    return disclosure


def show(session: Session, assignment_id: int, *, by: Actor) -> Disclosure:
    """Show contact data to a manager or administrator who looks after the request; the rep has it since the acceptance.

    Refuses `NotAllowed` for others, `NotFound` for a request they may not see, `Conflict` where nothing may be shown.
    """
    by.require(*MANAGERS)
    locked, assignment = lock_of(session, assignment_id)
    requests.owned(session, locked.request.id, by=by)
    if by.person_id is None or not _may_be_shown(session, assignment):
        raise Conflict(_("Name and contact appear once they accept, and close two weeks after the date."))
    return disclose(session, locked.request, assignment, to_person_id=by.person_id, by=by)


def of(session: Session, assignment_id: int, *, viewer: Actor) -> Contact | None:
    """The contact data that was disclosed to the viewer for this assignment, while it may be shown; else None.

    A consent that ends closes it at once, also for a call that took place.
    """
    row = session.execute(
        select(Person.name, Person.title, Company.name.label("company"), PersonEmail.address)
        .select_from(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(Company, Company.id == Person.company_id)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.is_primary)
        .where(Assignment.id == assignment_id)
        .where(Assignment.state.in_((AssignmentState.ACCEPTED, AssignmentState.DONE)))
        .where(Assignment.contact_until > now(session), agreed(session))
        .where(
            exists().where(
                Disclosure.person_id == Assignment.person_id,
                Disclosure.to_person_id == viewer.person_id,
                Disclosure.subject == f"assignment:{assignment_id}",
            )
        )
    ).one_or_none()
    return Contact(row.name, row.title, row.company, row.address) if row is not None else None


def agreed(session: Session) -> ColumnElement[bool]:
    """As SQL: the consent that an assignment stands on holds at this moment."""
    return exists().where(
        ConsentCurrent.person_id == Assignment.person_id,
        ConsentCurrent.scope == Assignment.scope,
        ConsentCurrent.live,
        ConsentCurrent.valid_until > now(session),
    )


def _may_be_shown(session: Session, assignment: Assignment) -> bool:
    return (
        assignment.state in (AssignmentState.ACCEPTED, AssignmentState.DONE)
        and assignment.contact_until is not None
        and assignment.contact_until > now(session)
    )


def _logged(session: Session, assignment: Assignment, to_person_id: int) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    Disclosure.person_id == assignment.person_id,
                    Disclosure.to_person_id == to_person_id,
                    Disclosure.subject == f"assignment:{assignment.id}",
                )
            )
        )
    )

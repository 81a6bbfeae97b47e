"""The verbs on people: make them known, give and take roles, move advocates along, keep addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Select, SQLColumnExpression, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import PORTAL_NOW, noted, now
from portal.database.invariants import invariant
from portal.database.refusal import Conflict, NotAllowed, NotFound, explain
from portal.people.models import Company, Person, PersonEmail, PersonRole, Product
from portal.people.states import MANAGERS, STAFF, TRANSITIONS, AdvocateStatus, Role
from portal.people.values import clean_address, plain_name, plain_title, zone_name

ON_ROLE: Final[list[Callable[[Session, int, Role], None]]] = []
"""Called as `(session, person_id, role)` when a role is granted: points opens the advocate's account."""
ON_ROLE_CHANGE: Final[list[Callable[[Session, int], None]]] = []
"""Called as `(session, person_id)` when a role was granted or taken, or the person suspended: access ends sessions."""
ON_ROLE_TAKEN: Final[list[Callable[[Session, int, Role], None]]] = []
"""Called as `(session, person_id, role)` when a role is taken, held or not: access ends the invitations to it."""

_Wanted = TypeVar("_Wanted", bound=Select[*tuple[Any, ...]])
_NO_SUCH_PERSON: Final = _l("There is no such person.")

invariant(
    "people.one_primary",
    "Whoever has addresses has one that mail goes to.",
    "SELECT person_id AS what FROM person_email GROUP BY person_id HAVING count(*) FILTER (WHERE is_primary) <> 1",
)
explain("uq_person_email_address", _l("This address already belongs to somebody here."))
explain("uq_company_domain", _l("Another company has this domain."))
explain("uq_company_crm_id", _l("Another company has this CRM id."))
explain("uq_person_crm_id", _l("Another person has this CRM id."))
explain("uq_product_name", _l("There is a product of this name."))


def lock_person(session: Session, person_id: int) -> Person:
    """Lock a person, first of all locks (trust.md, ground rules). Refuses `NotFound`.

    Who is locked stays so until the transaction ends, and is not locked again by the next verb in it.
    """
    held: dict[int, Person] = session.info.setdefault("locks", {})
    if person_id in held and not session.in_nested_transaction():
        return held[person_id]
    person = lock_whom(session, _BY_ID, person=person_id)
    if person is None:
        raise NotFound(_NO_SUCH_PERSON)
    return person


def whom(person_id: SQLColumnExpression[int]) -> Select[Person, datetime]:
    """The statement for `lock_whom`: `person_id` may be the subquery that finds somebody. Put it together once."""
    return _for_change(select(Person, PORTAL_NOW).where(Person.id == person_id))


def lock_whom(session: Session, statement: Select[Person, datetime], **values: object) -> Person | None:
    """Lock the person whom a statement of `whom` finds, as `lock_person` does; the clock is read on the way."""
    found = session.execute(statement, values).one_or_none()
    if found is None:
        return None
    person, at = found
    noted(session, at)
    _keep(session, [person])
    return person


def lock_people(session: Session, person_ids: Iterable[int]) -> list[Person]:
    """Lock several people in ascending order; those who do not exist are left out."""
    wanted = select(Person).where(Person.id.in_(sorted(set(person_ids)))).order_by(Person.id)
    people = list(session.scalars(_for_change(wanted)))
    _keep(session, people)
    return people


def lock_company(session: Session, company_id: int) -> Company:
    """Lock a company, after the people and before everything else (trust.md, ground rules). Refuses `NotFound`."""
    wanted = select(Company).where(Company.id == company_id).with_for_update(key_share=True)
    company = session.scalar(wanted.execution_options(populate_existing=True))
    if company is None:
        raise NotFound(_l("There is no such company."))
    return company


def add_company(
    session: Session,
    name: str,
    *,
    by: Actor,
    domain: str | None = None,
    industry: str | None = None,
    country: str | None = None,
    employees: int | None = None,
    crm_id: str | None = None,
) -> Company:
    """Make a company known. Refuses `NotAllowed` for advocates and `Invalid` names."""
    by.require(*STAFF)
    company = Company(
        name=plain_name(name),
        domain=domain.strip().lower() if domain else None,
        industry=industry,
        country=country,
        employees=employees,
        crm_id=crm_id,
    )
    session.add(company)
    session.flush()
    audit.record(session, "company.add", f"company:{company.id}", by=by)
    return company


def add_product(session: Session, name: str, *, by: Actor, series: str | None = None) -> Product:
    """Make a product known. Refuses `NotAllowed` for all but managers and administrators."""
    by.require(*MANAGERS)
    product = Product(name=plain_name(name), series=series)
    session.add(product)
    session.flush()
    audit.record(session, "product.add", f"product:{product.id}", by=by)
    return product


def add_person(
    session: Session,
    name: str,
    *,
    by: Actor,
    title: str | None = None,
    company_id: int | None = None,
    email: str | None = None,
    roles: Iterable[Role | str] = (),
    verified: bool = False,
    crm_id: str | None = None,
) -> Person:
    """Make a person known, with a first address and roles if given.

    `verified` says that somebody trusted (an import, a command) vouches for the address.
    Refuses `NotAllowed` (advocates; roles beyond those that `grant_role` allows), `Invalid` names and addresses,
    `Conflict` where the address is somebody else's.
    """
    by.require(*STAFF)
    person = Person(name=plain_name(name), title=plain_title(title), company_id=company_id, crm_id=crm_id)
    session.add(person)
    session.flush()
    audit.record(session, "person.add", f"person:{person.id}", by=by)
    if email:
        add_email(session, person.id, email, by=by, verified=verified)
    for role in roles:
        grant_role(session, person.id, Role(role), by=by)
    return person


def change_person(
    session: Session,
    person_id: int,
    *,
    by: Actor,
    name: str,
    title: str | None = None,
    time_zone: str | None = None,
    company_id: int | None = None,
) -> Person:
    """Change what is known of a person. One's own data, or any for staff; only staff change the company."""
    if by.person_id != person_id:
        by.require(*MANAGERS)
    person = lock_person(session, person_id)
    person.name, person.title = plain_name(name), plain_title(title)
    if time_zone:
        person.time_zone = zone_name(time_zone)
    if company_id is not None and by.has(*MANAGERS):
        person.company_id = company_id
    audit.record(session, "person.change", f"person:{person_id}", by=by)
    return person


def add_email(session: Session, person_id: int, address: str, *, by: Actor, verified: bool = False) -> PersonEmail:
    """Note an address of a person; the first one is primary.

    Refuses `Invalid` addresses, `Conflict` for one that belongs to somebody (whatever its capitals).
    """
    if by.person_id != person_id:
        by.require(*STAFF)
    lock_person(session, person_id)
    clean = clean_address(address)
    owner = session.scalar(select(PersonEmail).where(func.lower(PersonEmail.address) == clean.lower()))
    if owner is not None:
        if owner.person_id == person_id:
            return owner
        raise Conflict(_l("This address already belongs to somebody here."), field="email")
    first = session.scalar(select(func.count()).where(PersonEmail.person_id == person_id)) == 0
    email = PersonEmail(person_id=person_id, address=clean, is_primary=first)
    email.verified_at = now(session) if verified else None
    session.add(email)
    session.flush()
    audit.record(session, "email.add", f"person:{person_id}", by=by, email_id=email.id)
    return email


def verify_email(session: Session, person_id: int, address: str) -> None:
    """Note that the person reads mail at this address: they used a link that was sent there."""
    session.execute(
        update(PersonEmail)
        .where(PersonEmail.person_id == person_id, func.lower(PersonEmail.address) == address.lower())
        .where(PersonEmail.verified_at.is_(None))
        .values(verified_at=now(session))
    )


def grant_role(session: Session, person_id: int, role: Role | str, *, by: Actor) -> None:
    """Give a person a role; giving it again changes nothing.

    Whoever is made an advocate without having been nominated is active at once. Managers make advocates and reps;
    only administrators make managers and administrators. Nobody but an administrator changes their own roles.
    """
    role = Role(role)
    _may_change_role(role, person_id, by)
    person = lock_person(session, person_id)
    if session.get(PersonRole, (person_id, role)) is not None:
        return
    session.add(PersonRole(person_id=person_id, role=role, granted_by=by.person_id))
    if role is Role.ADVOCATE and person.advocate_status is None:
        person.advocate_status = AdvocateStatus.ACTIVE
    session.flush()
    audit.record(session, "role.grant", f"person:{person_id}", by=by, role=role.value)
    for open_for in ON_ROLE:
        open_for(session, person_id, role)
    _roles_changed(session, person_id)


def revoke_role(session: Session, person_id: int, role: Role | str, *, by: Actor) -> None:
    """Take a role from a person; it ends their sessions. Taking one they do not hold changes nothing.

    Refuses `Conflict` for the last administrator who can sign in.
    """
    role = Role(role)
    _may_change_role(role, person_id, by)
    if role is Role.ADMIN:
        _keep_one_admin(session, person_id)
    else:
        lock_person(session, person_id)
    for forget in ON_ROLE_TAKEN:
        forget(session, person_id, role)
    taken = session.execute(
        delete(PersonRole)
        .where(PersonRole.person_id == person_id, PersonRole.role == role)
        .returning(PersonRole.person_id)
    ).first()
    if taken is None:
        return
    audit.record(session, "role.revoke", f"person:{person_id}", by=by, role=role.value)
    _roles_changed(session, person_id)


def roles_of(session: Session, person_id: int) -> frozenset[Role]:
    """The roles that a person holds."""
    return frozenset(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))


def move_advocate(session: Session, person_id: int, status: AdvocateStatus, *, by: Actor) -> Person:
    """Move an advocate along `TRANSITIONS`; being there already changes nothing. Refuses `Conflict`."""
    person = lock_person(session, person_id)
    if person.advocate_status == status:
        return person
    if status not in TRANSITIONS[person.advocate_status]:
        raise Conflict(_l("This step is not possible from where the advocate stands now."))
    before = person.advocate_status
    person.advocate_status = status
    audit.record(
        session,
        "advocate.move",
        f"person:{person_id}",
        by=by,
        before=before.value if before else None,
        after=status.value,
    )
    return person


def suspend(session: Session, person_id: int, *, by: Actor) -> Person:
    """Bar a person from signing in and end their sessions; their data stays.

    Refuses oneself and the last administrator.
    """
    by.require(*MANAGERS)
    if by.person_id == person_id:
        raise NotAllowed(_l("You cannot suspend yourself."))
    roles = roles_of(session, person_id)
    if roles & MANAGERS:
        by.require(Role.ADMIN)
    if Role.ADMIN in roles:
        _keep_one_admin(session, person_id)
    person = lock_person(session, person_id)
    if person.suspended_at is None:
        person.suspended_at = now(session)
        audit.record(session, "person.suspend", f"person:{person_id}", by=by)
        _roles_changed(session, person_id)
    return person


def readmit(session: Session, person_id: int, *, by: Actor) -> Person:
    """Let a suspended person sign in again."""
    by.require(*MANAGERS)
    if roles_of(session, person_id) & MANAGERS:
        by.require(Role.ADMIN)
    person = lock_person(session, person_id)
    if person.suspended_at is not None:
        person.suspended_at = None
        audit.record(session, "person.readmit", f"person:{person_id}", by=by)
    return person


def by_address(session: Session, address: str) -> Person | None:
    """The person an address belongs to, whatever its capitals."""
    wanted = select(Person).join(PersonEmail, PersonEmail.person_id == Person.id)
    return session.scalar(wanted.where(func.lower(PersonEmail.address) == address.strip().lower()))


def _may_change_role(role: Role, person_id: int, by: Actor) -> None:
    if role in MANAGERS or by.person_id == person_id:
        by.require(Role.ADMIN)
    else:
        by.require(*MANAGERS)


def _roles_changed(session: Session, person_id: int) -> None:
    for follow in ON_ROLE_CHANGE:
        follow(session, person_id)


def _keep_one_admin(session: Session, person_id: int) -> None:
    """Lock all administrators, so that two of them cannot remove each other at once; refuse for the last one."""
    admins = select(PersonRole.person_id).where(PersonRole.role == Role.ADMIN)
    lock_people(session, [*session.scalars(admins), person_id])
    others = admins.join(Person, Person.id == PersonRole.person_id).where(
        PersonRole.person_id != person_id, Person.suspended_at.is_(None)
    )
    if session.scalar(others.limit(1)) is None and session.scalar(admins.where(PersonRole.person_id == person_id)):
        raise Conflict(_l("This is the last administrator. Make somebody else administrator first."))


def _keep(session: Session, people: Iterable[Person]) -> None:
    """Note who is locked until the transaction ends; a lock that a savepoint took goes with it."""
    if not session.in_nested_transaction():
        session.info.setdefault("locks", {}).update((person.id, person) for person in people)


def _for_change(statement: _Wanted) -> _Wanted:
    return statement.with_for_update(key_share=True, of=Person).execution_options(populate_existing=True)


_BY_ID: Final = whom(bindparam("person", type_=BigInteger))

"""One ask beyond the program's limits: asked for with a reason, approved by a second person (trust.md, fatigue).

What an advocate wishes themselves is never excepted: their own limits, their pause, what they agree to.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people import people
from portal.people.models import Person, PersonRole
from portal.people.states import MANAGERS, STAFF
from portal.references import fatigue, wishes
from portal.references.fatigue import Load
from portal.references.models.exceptions import LASTS_HOURS, LONGEST_REASON, ExceptionState, LimitException
from portal.references.names import shown_initials
from portal.references.wishes import Wish

_DECIDED: Final = _l("Somebody has decided about this already. Reload the page and look again.")
_OWN: Final = _l("Somebody else has to decide about this: you asked for it, or you are the one to be asked.")
_MOST_TOLD: Final = 50
"""The most managers who are told of one exception."""

explain("limit_exception_stays", _DECIDED)
explain("ck_limit_exception_second_person", _OWN)
explain("ck_limit_exception_not_own", _OWN)


def ask_for(
    session: Session,
    person_id: int,
    *,
    reason: str,
    by: Actor,
    key: UUID,
    activity: str,
    opportunity_id: int | None = None,
    prospect_name: str | None = None,
) -> LimitException:
    """Ask to let somebody be asked once more than the limits allow, for one activity and one prospect.

    It is for the person, their company or both, as their limits stand in the way, and ends after two weeks. `key` (of
    the form) makes it happen once. Refuses `NotAllowed` for all but staff and for oneself, `NotFound` for a deal of
    somebody else, `Invalid` words, `Conflict` where nothing is in the way, `LimitReached` where they wish it so.
    """
    by.require(*STAFF)
    clean = _said(reason, "reason", _l("Please say why this ask cannot wait; whoever decides reads it."))
    person = people.lock_person(session, person_id)
    if by.person_id in (None, person.id):
        raise NotAllowed(_l("You cannot ask yourself."))
    if person.company_id is not None:
        people.lock_company(session, person.company_id)
    earlier = session.scalar(select(LimitException).where(LimitException.request_key == key))
    if earlier is not None:
        return _same(earlier, clean, by)
    _prospect, name = wishes.named(session, opportunity_id, prospect_name, by=by)
    kind, load = wishes.kind_of(session, activity), fatigue.load_of(session, person_id)
    _needed(load, shown_initials(person.name))
    made = LimitException(
        person_id=person.id if load.over_person else None,
        company_id=person.company_id if load.over_company else None,
        activity_type_id=kind.id,
        opportunity_id=opportunity_id,
        prospect_name=name,
        reason=clean,
        request_key=key,
        state=ExceptionState.WAITING,
        asked_by=by.person_id,
        created_at=now(session),
        expires_at=now(session) + timedelta(hours=LASTS_HOURS),
    )
    session.add(made)
    session.flush()
    session.refresh(made, ["public_id"])
    audit.record(session, "exception.ask", _ref(made), by=by, person_id=made.person_id, company_id=made.company_id)
    _tell_managers(session, made, person.id)
    return made


def approve(session: Session, exception_id: int, *, by: Actor) -> LimitException:
    """Allow it, as the second person; a second time gives the first result.

    Refuses `NotAllowed` for all but managers, for who asked for it and for the one to be asked; `Conflict` once it is
    decided or has run out, or where who asked for it is no colleague any more.
    """
    found = _lock(session, exception_id, by)
    _second(found, by)
    if _decided_so(found, ExceptionState.APPROVED, by):
        return found
    if found.expires_at <= now(session):
        raise Conflict(_l("This has run out. It has to be asked for anew."))
    asker = Actor(found.asked_by, people.roles_of(session, found.asked_by))
    if not asker.has(*STAFF) or session.get_one(Person, found.asked_by).suspended_at is not None:
        raise Conflict(_l("Whoever asked for this is not a colleague any more."))
    return _decide(session, found, ExceptionState.APPROVED, by, None)


def decline(session: Session, exception_id: int, *, by: Actor, note: str) -> LimitException:
    """Do not allow it; the note is for who asked for it. Refuses as `approve` does, and `Invalid` without a note."""
    found = _lock(session, exception_id, by)
    _second(found, by)
    clean = _said(note, "note", _l("Please say why in a sentence; whoever asked for it reads it."))
    if _decided_so(found, ExceptionState.NOT_APPROVED, by):
        return found
    return _decide(session, found, ExceptionState.NOT_APPROVED, by, clean)


def withdraw(session: Session, exception_id: int, *, by: Actor) -> LimitException:
    """Take back what one asked for oneself. Refuses `NotFound` for others, `Conflict` once it is decided."""
    found = _lock(session, exception_id, by)
    if found.asked_by != by.person_id:
        raise NotFound
    if _decided_so(found, ExceptionState.WITHDRAWN, by):
        return found
    return _decide(session, found, ExceptionState.WITHDRAWN, by, None)


def require_askable(session: Session, person: Person, wish: Wish, *, by: Actor) -> None:
    """Refuse (`LimitReached`) with the sentence that says why and until when, unless an exception holds for this ask.

    Call it under the locks of an ask; the trigger `ask_counted` decides by the same conditions and has the last word.
    """
    load = fatigue.load_of(session, person.id)
    if not load.askable and not _usable(session, load, wish, person.company_id, by):
        raise LimitReached(fatigue.why_resting(load, shown_initials(person.name)))


def usable_by(
    session: Session, load: Load, company_id: int | None, opportunity_id: int | None, *, by: Actor
) -> LimitException | None:
    """An exception that somebody has for asking this person, the one that ends first; None where there is none."""
    return session.scalar(_open_to(session, load, company_id, opportunity_id, by)) if load.excepted else None


def used_by(session: Session, ask_id: int, *, by: Actor) -> dict[str, int]:
    """For a request's history the exception that an ask has used, noted in the audit record; empty where none was."""
    found = session.scalar(select(LimitException.id).where(LimitException.ask_id == ask_id))
    if found is None:
        return {}
    audit.record(session, "exception.use", f"limit_exception:{found}", by=by, ask_id=ask_id)
    return {"exception": found}


def _usable(session: Session, load: Load, wish: Wish, company_id: int | None, by: Actor) -> bool:
    if not load.excepted:
        return False
    found = _open_to(session, load, company_id, wish.opportunity_id, by)
    found = found.where(LimitException.activity_type_id == wish.activity.id)
    if wish.opportunity_id is None:
        found = found.where(func.lower(LimitException.prospect_name) == func.lower(wish.prospect.name))
    return session.scalar(found) is not None


def _open_to(
    session: Session, load: Load, company_id: int | None, opportunity_id: int | None, by: Actor
) -> Select[LimitException]:
    """The exceptions of an actor that cover every limit in the way of one person."""
    of_person, of_company = LimitException.person_id, LimitException.company_id
    found = select(LimitException).where(
        LimitException.state == ExceptionState.APPROVED,
        LimitException.ask_id.is_(None),
        LimitException.expires_at > now(session),
        LimitException.asked_by == by.person_id,
        LimitException.opportunity_id.is_not_distinct_from(opportunity_id),
        or_(of_person.is_(None), of_person == load.person_id),
        or_(of_company.is_(None), of_company == company_id),
    )
    if load.over_person:
        found = found.where(of_person.is_not(None))
    if load.over_company:
        found = found.where(of_company.is_not(None))
    return found.order_by(LimitException.expires_at, LimitException.id).limit(1)


def _needed(load: Load, shown: str) -> None:
    """Refuse where nothing stands in the way, and where somebody's own wish does."""
    if load.askable:
        raise Conflict(_("%(who)s can be asked now; no exception is needed.", who=shown))
    if not load.excepted:
        why = fatigue.why_resting(load, shown)
        raise LimitReached(_("%(why)s Nobody makes an exception of that.", why=why))


def _lock(session: Session, exception_id: int, by: Actor) -> LimitException:
    """Lock the person, then the company, then the exception. Refuses `NotFound`."""
    by.require(*STAFF)
    of = select(LimitException.person_id, LimitException.company_id).where(LimitException.id == exception_id)
    row = session.execute(of).one_or_none()
    if row is None:
        raise NotFound
    if row.person_id is not None:
        people.lock_person(session, row.person_id)
    if row.company_id is not None:
        people.lock_company(session, row.company_id)
    wanted = select(LimitException).where(LimitException.id == exception_id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _second(found: LimitException, by: Actor) -> None:
    by.require(*MANAGERS)
    if by.person_id in (None, found.asked_by, found.person_id):
        raise NotAllowed(_OWN)


def _decided_so(found: LimitException, state: ExceptionState, by: Actor) -> bool:
    """Whether this very decision was made already. Refuses `Conflict` where it was another one."""
    if found.state is ExceptionState.WAITING:
        return False
    if (found.state, found.decided_by) != (state, by.person_id):
        raise Conflict(_DECIDED)
    return True


def _decide(
    session: Session, found: LimitException, state: ExceptionState, by: Actor, note: str | None
) -> LimitException:
    found.state, found.note = state, note
    found.decided_by, found.decided_at = by.person_id, now(session)
    session.flush()
    messages.answered(session, _ref(found))
    audit.record(session, f"exception.{state.value}", _ref(found), by=by)
    if state is not ExceptionState.WITHDRAWN:
        messages.notify(
            session,
            found.asked_by,
            "exception.decided",
            link="/sales/requests/exceptions",
            subject_ref=_ref(found),
            approved=state is ExceptionState.APPROVED,
            prospect=found.prospect_name,
            until=found.expires_at.isoformat(),
            note=note,
        )
    return found


def _tell_managers(session: Session, made: LimitException, person_id: int) -> None:
    """Tell who may decide: the managers and administrators but for who asked for it and the one to be asked."""
    holders = (
        select(PersonRole.person_id)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role.in_(MANAGERS), Person.suspended_at.is_(None))
        .where(PersonRole.person_id.not_in((made.asked_by, person_id)))
        .distinct()
        .order_by(PersonRole.person_id)
        .limit(_MOST_TOLD)
    )
    for manager_id in session.scalars(holders).all():
        messages.notify(
            session,
            manager_id,
            "exception.asked",
            link=f"/admin/calls/exceptions/{made.public_id}",
            subject_ref=_ref(made),
            prospect=made.prospect_name,
            reason=made.reason,
        )


def _same(earlier: LimitException, reason: str, by: Actor) -> LimitException:
    if (earlier.asked_by, earlier.reason) != (by.person_id, reason):
        raise Conflict(_l("This form was sent before with other words. Open the page again and enter it anew."))
    return earlier


def _said(words: str, field: str, otherwise: LazyString) -> str:
    clean = words.strip()
    if not clean:
        raise Invalid(otherwise, field=field)
    if len(clean) > LONGEST_REASON:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=LONGEST_REASON), field=field)
    return clean


def _ref(found: LimitException) -> str:
    return f"limit_exception:{found.id}"

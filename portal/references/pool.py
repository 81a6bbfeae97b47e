"""The reference pool: proposing it, joining and leaving it, finding who is in it (trust.md, Consent)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, bindparam, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.consent import consents
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL, Activity, activities_of
from portal.consent.models import ConsentCurrent
from portal.consent.scopes import SAME_INDUSTRY, fitting, scope_for
from portal.database.refusal import NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people.models import Person
from portal.people.people import lock_person
from portal.people.states import AdvocateStatus
from portal.references import pool_invariants, pool_messages, profile
from portal.references.models.pool import PoolEntry, PoolFacet, PoolProposal, ProposalState
from portal.references.opportunities import Prospect

__all__ = [
    "can_be_asked_for",
    "count_facets",
    "decline",
    "entry_of",
    "let_go",
    "pool_invariants",
    "pool_messages",
    "propose",
    "refresh",
]

NOT_AGAIN_FOR: Final = timedelta(days=365)
"""After a no, nobody proposes it again for so long."""

explain("fk_pool_entry_consent", _l("This person does not agree to be found as a reference."))


def propose(session: Session, person_id: int, *, because: str) -> PoolProposal | None:
    """Propose that an advocate joins the pool, because of a thing (`submission:12`); they decide, unrewarded.

    An open proposal is not repeated. None where there is nothing to propose: they are in, said no within a year, or are
    not an active advocate.
    """
    person = lock_person(session, person_id)
    if person.advocate_status is not AdvocateStatus.ACTIVE:
        return None
    is_in, last = session.execute(_STANDING, {"person": person_id}).one()
    if is_in:
        return None
    if last is not None and last.state is ProposalState.OPEN:
        return last
    if last is not None and last.state is ProposalState.DECLINED and _recent(session, last):
        return None
    proposal = PoolProposal(person_id=person_id, because=because, at=now(session))
    session.add(proposal)
    session.flush()
    messages.notify(session, person_id, "pool.proposed", link="/references", subject_ref=f"pool_proposal:{proposal.id}")
    return proposal


def decline(session: Session, person_id: int, *, by: Actor) -> None:
    """Say no to an open proposal; saying it again changes nothing. Refuses `NotAllowed` for anybody but the person."""
    if by.person_id != person_id:
        raise NotAllowed
    lock_person(session, person_id)
    if _answer(session, person_id, ProposalState.DECLINED):
        audit.record(session, "pool.decline", f"person:{person_id}", by=by)


def refresh(session: Session, person_id: int) -> None:
    """Bring a person's row in step with consent, profile, company and status. Triggers do so after every change."""
    session.flush()
    session.execute(_REFRESH, {"people": [person_id]})


def entry_of(session: Session, public_id: UUID) -> PoolEntry:
    """An entry by the id of its address, while its consent holds and they are not paused. Refuses `NotFound`."""
    entry = session.scalar(
        select(PoolEntry)
        .where(PoolEntry.public_id == public_id, PoolEntry.valid_until > now(session))
        .where(or_(PoolEntry.paused_until.is_(None), PoolEntry.paused_until <= now(session)))
    )
    if entry is None:
        raise NotFound(_l("Nobody in the pool stands here. They may have left it, or pause."))
    return entry


def can_be_asked_for(entry: PoolEntry, deal: Prospect | None) -> list[Activity]:
    """What somebody agreed to be asked for, with a deal for its audience; all of it where nothing fits."""
    if deal is None or not deal.industry:
        return activities_of(entry.audiences)
    same = scope_for(REFERENCE_CALL, entry.industry, deal.industry) == SAME_INDUSTRY
    fits = set(fitting(ACTIVITIES, same_industry=same))
    return activities_of(fits.intersection(entry.audiences)) or activities_of(entry.audiences)


def let_go(session: Session, person_id: int, scopes: frozenset[str]) -> None:
    """Before consent ends: anchor the row in a scope that stays, or remove it where none does."""
    staying = [scope for scope in consents.live_scopes(session, person_id) if scope not in scopes]
    session.flush()
    if staying:
        session.execute(update(PoolEntry).where(PoolEntry.person_id == person_id).values(anchor_scope=staying[0]))
    else:
        session.execute(delete(PoolEntry).where(PoolEntry.person_id == person_id))


def count_facets(session: Session) -> None:
    """Count how many entries have each value; the search reads it where there are too many to count."""
    session.execute(delete(PoolFacet))
    session.execute(_COUNT)


def _take_in(session: Session, person_id: int, company_name_ok: bool) -> None:
    shown = company_name_ok and not profile.agreed_without_the_company(session, person_id)
    profile.show_company_name(session, person_id, shown=shown)
    _answer(session, person_id, ProposalState.GIVEN)


def _answer(session: Session, person_id: int, state: ProposalState) -> bool:
    answered = session.scalar(
        select(PoolProposal).where(PoolProposal.person_id == person_id, PoolProposal.state == ProposalState.OPEN)
    )
    if answered is None:
        return False
    answered.state, answered.answered_at = state, now(session)
    session.flush()
    return True


def _recent(session: Session, proposal: PoolProposal) -> bool:
    return proposal.answered_at is not None and now(session) - proposal.answered_at < NOT_AGAIN_FOR


_COUNT: Final = text(
    """
    INSERT INTO pool_facet (facet, value, entries)
    SELECT facet, value, count(*) FROM (
      SELECT 'industry' AS facet, industry AS value FROM pool_entry
      UNION ALL SELECT 'activity', unnest(activities) FROM pool_entry
      UNION ALL SELECT 'country', country FROM pool_entry
      UNION ALL SELECT 'size', size_band FROM pool_entry
      UNION ALL SELECT 'product', unnest(products) FROM pool_entry) found
     WHERE value IS NOT NULL GROUP BY facet, value
    """
)
_PERSON: Final = bindparam("person", type_=BigInteger)
_STANDING: Final = (
    select(exists().where(ConsentCurrent.person_id == _PERSON, ConsentCurrent.live), PoolProposal)
    .select_from(Person)
    .outerjoin(
        PoolProposal,
        PoolProposal.id == select(func.max(PoolProposal.id)).where(PoolProposal.person_id == _PERSON).scalar_subquery(),
    )
    .where(Person.id == _PERSON)
)
"""Whether a person is in the pool already, and what was last proposed to them."""
_REFRESH: Final = text("SELECT refresh_pool(:people)").bindparams(bindparam("people", type_=ARRAY(BigInteger)))

consents.ON_WITHDRAWAL.append(let_go)
consents.ON_GIVING.append(_take_in)

"""Points that a manager adds or takes by hand: at once within the program's limit, above it by two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, program
from portal.audit import Actor
from portal.clock import now
from portal.database.invariants import invariant
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people import people
from portal.people.models import Person, PersonRole
from portal.people.states import MANAGERS
from portal.points import accounts, ledger
from portal.points.models import LARGEST_AMOUNT, LONGEST_REASON, AdjustmentProposal
from portal.points.states import ProposalState

_DECIDED: Final = _l("Somebody has decided about this already. Reload the page and look again.")
_OWN: Final = _l("Somebody else has to decide about this: you proposed it, or these are your own points.")
_OTHERS: Final = 50
"""The most managers who are told of one proposal."""

explain("adjustment_proposal_stays", _DECIDED)
explain("ck_adjustment_proposal_second_person", _OWN)
explain("ck_adjustment_proposal_not_own", _OWN)

invariant(
    "points.proposals_agree",
    "What was approved by a second person is in the ledger as it was proposed, and nothing else is (L8).",
    """
    SELECT 'adjustment proposal ' || p.id AS what
      FROM adjustment_proposal p
      LEFT JOIN transfer t ON t.kind = 'adjustment' AND t.subject = 'adjustment:' || p.public_id
      LEFT JOIN account d ON d.id = t.debit
      LEFT JOIN account c ON c.id = t.credit
     WHERE (p.state = 'approved') <> (t.id IS NOT NULL)
        OR (t.id IS NOT NULL AND (t.amount, t.created_by, t.approved_by, t.reason)
            IS DISTINCT FROM (abs(p.points), p.proposed_by, p.decided_by, p.reason))
        OR (t.id IS NOT NULL AND CASE WHEN p.points > 0 THEN c.person_id ELSE d.person_id END
            IS DISTINCT FROM p.person_id)
    """,
)


def enter(
    session: Session, person_id: int, points: int, *, reason: str, by: Actor, key: UUID
) -> AdjustmentProposal | None:
    """Add or take points by hand: at once up to the program's limit (gives None), above it as a proposal (trust.md L8).

    `key` (of the form) makes it happen once. Lifetime does not change. Refuses `NotAllowed` for all but managers and
    for one's own points, `Invalid` amounts and reasons, `LimitReached` where there are not enough points to take,
    `Conflict` where the form was used for something else.
    """
    by.require(*MANAGERS)
    clean = _checked(points, reason)
    person = people.lock_person(session, person_id)
    if by.person_id in (None, person.id):
        raise NotAllowed(_l("Somebody else has to adjust these points."))
    earlier = session.scalar(select(AdjustmentProposal).where(AdjustmentProposal.request_key == key))
    if earlier is not None:
        _same((earlier.person_id, earlier.points, earlier.reason), (person_id, points, clean))
        return earlier
    if abs(points) <= program.current(session).adjustment_limit:
        done = ledger.adjust(session, person_id, points, reason=clean, by=by, key=key)
        _same((done.amount, done.reason), (abs(points), clean))
        return None
    wanted = AdjustmentProposal(person_id=person_id, points=points, reason=clean, request_key=key)
    return _propose(session, wanted, person.name, by)


def approve(session: Session, proposal_id: int, *, by: Actor) -> AdjustmentProposal:
    """Let a proposed adjustment happen, as the second person; a second time gives the first result.

    Refuses `NotAllowed` for all but managers, for who proposed it and for one's own points; `Conflict` once it is
    decided, or where who proposed it does not look after the program any more; `LimitReached` without enough points.
    """
    proposal = _lock(session, proposal_id, by)
    if by.person_id in (None, proposal.proposed_by, proposal.person_id):
        raise NotAllowed(_OWN)
    if _decided_so(proposal, ProposalState.APPROVED, by):
        return proposal
    proposer = Actor(proposal.proposed_by, people.roles_of(session, proposal.proposed_by))
    if not proposer.has(*MANAGERS) or session.get_one(Person, proposal.proposed_by).suspended_at is not None:
        raise Conflict(_l("Whoever proposed this does not look after the program any more. Enter it anew."))
    ledger.adjust(
        session,
        proposal.person_id,
        proposal.points,
        reason=proposal.reason,
        by=proposer,
        approved_by=by,
        key=proposal.public_id,
    )
    _decide(session, proposal, ProposalState.APPROVED, by, None)
    return proposal


def decline(session: Session, proposal_id: int, *, by: Actor, note: str) -> AdjustmentProposal:
    """Do not let it happen; the note is for who proposed it. A second time gives the first result.

    Refuses as `approve` does, and `Invalid` without a note.
    """
    proposal = _lock(session, proposal_id, by)
    if by.person_id in (None, proposal.proposed_by, proposal.person_id):
        raise NotAllowed(_OWN)
    clean = _said(note, "note", _l("Please say why in a sentence; whoever proposed it will read it."))
    if not _decided_so(proposal, ProposalState.NOT_APPROVED, by):
        _decide(session, proposal, ProposalState.NOT_APPROVED, by, clean)
    return proposal


def withdraw(session: Session, proposal_id: int, *, by: Actor) -> AdjustmentProposal:
    """Take one's own proposal back. Refuses `NotAllowed` for others, `Conflict` once it is decided."""
    proposal = _lock(session, proposal_id, by)
    if by.person_id != proposal.proposed_by:
        raise NotAllowed(_l("Only who proposed it takes it back."))
    if not _decided_so(proposal, ProposalState.WITHDRAWN, by):
        _decide(session, proposal, ProposalState.WITHDRAWN, by, None)
    return proposal


def _propose(session: Session, proposal: AdjustmentProposal, name: str, by: Actor) -> AdjustmentProposal:
    if accounts.of(session, proposal.person_id).balance.available + proposal.points < 0:
        raise LimitReached(ledger.NOT_ENOUGH)
    assert by.person_id is not None, "whoever proposes is somebody"
    proposal.state, proposal.proposed_by, proposal.created_at = ProposalState.WAITING, by.person_id, now(session)
    session.add(proposal)
    session.flush()
    session.refresh(proposal, ["public_id"])
    audit.record(session, "adjustment.propose", _ref(proposal), by=by, points=proposal.points)
    for manager_id in _others(session, proposal):
        messages.notify(
            session,
            manager_id,
            "points.adjustment_proposed",
            link=f"/admin/adjustments/{proposal.public_id}",
            subject_ref=_ref(proposal),
            name=name,
            points=proposal.points,
            reason=proposal.reason,
        )
    return proposal


def _lock(session: Session, proposal_id: int, by: Actor) -> AdjustmentProposal:
    """Lock the person, then the proposal. Refuses `NotFound`."""
    by.require(*MANAGERS)
    person_id = session.scalar(select(AdjustmentProposal.person_id).where(AdjustmentProposal.id == proposal_id))
    if person_id is None:
        raise NotFound(_l("There is no such proposal."))
    people.lock_person(session, person_id)
    wanted = select(AdjustmentProposal).where(AdjustmentProposal.id == proposal_id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _decided_so(proposal: AdjustmentProposal, state: ProposalState, by: Actor) -> bool:
    """Whether this very decision was made already. Refuses `Conflict` where it was another one."""
    if proposal.state is ProposalState.WAITING:
        return False
    if (proposal.state, proposal.decided_by) != (state, by.person_id):
        raise Conflict(_DECIDED)
    return True


def _decide(session: Session, proposal: AdjustmentProposal, state: ProposalState, by: Actor, note: str | None) -> None:
    proposal.state, proposal.note = state, note
    proposal.decided_by, proposal.decided_at = by.person_id, now(session)
    messages.answered(session, _ref(proposal))
    audit.record(session, f"adjustment.{state.value}", _ref(proposal), by=by)
    if state is not ProposalState.WITHDRAWN:
        messages.notify(
            session,
            proposal.proposed_by,
            "points.adjustment_decided",
            link=f"/admin/adjustments/{proposal.public_id}",
            points=proposal.points,
            approved=state is ProposalState.APPROVED,
            note=note,
        )


def _others(session: Session, proposal: AdjustmentProposal) -> Sequence[int]:
    """Who may decide: the managers and administrators but for who proposed it and whose points they are."""
    holders = (
        select(PersonRole.person_id)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role.in_(MANAGERS), Person.suspended_at.is_(None))
        .where(PersonRole.person_id.not_in((proposal.proposed_by, proposal.person_id)))
    )
    return session.scalars(holders.distinct().order_by(PersonRole.person_id).limit(_OTHERS)).all()


def _checked(points: int, reason: str) -> str:
    if points == 0 or abs(points) > LARGEST_AMOUNT:
        raise Invalid(_l("Points are whole numbers from 1 to 1,000,000,000."), field="points")
    return _said(reason, "reason", _l("Please say why the points move."))


def _said(words: str, field: str, otherwise: LazyString) -> str:
    clean = words.strip()
    if not clean:
        raise Invalid(otherwise, field=field)
    if len(clean) > LONGEST_REASON:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=LONGEST_REASON), field=field)
    return clean


def _same(earlier: tuple[object, ...], wanted: tuple[object, ...]) -> None:
    if earlier != wanted:
        raise Conflict(_l("This form was sent before with other words. Open the page again and enter it anew."))


def _ref(proposal: AdjustmentProposal) -> str:
    return f"adjustment_proposal:{proposal.id}"

"""The ledger: transfers are noted here and written in one INSERT at the end of the transaction (trust.md, Ledger).

Every verb locks the person first; what the balance allows is decided under that lock, and the database holds it behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import audit, program
from portal.audit import Actor
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, explain
from portal.messages import messages
from portal.people import people
from portal.people.states import MANAGERS
from portal.points import accounts, drafts
from portal.points.drafts import Draft
from portal.points.models import LARGEST_AMOUNT, LONGEST_REASON, Account, Kind, Phase, Transfer

NOT_ENOUGH: Final = _l("There are not enough points for this. Nothing was taken.")
_SETTLED: Final = _l("This was settled in another way a moment ago. Reload the page and look again.")
_SECOND_PERSON: Final = _l("An adjustment of this size needs a second person who approves it.")

explain("ck_account_covered", NOT_ENOUGH)
explain("ck_account_held", NOT_ENOUGH)
explain("uq_transfer_hold_id", _SETTLED)
explain("transfer_adjustment_limit", _SECOND_PERSON)


def note(session: Session, draft: Draft, *, person_id: int, by: Actor) -> Draft:
    """Note a transfer around a person whose lock the caller holds, with its line in the audit (trust.md L8).

    It is written with all others of the transaction, just before COMMIT. Refuses `Invalid` amounts and empty reasons.
    """
    if not 0 < draft.amount <= LARGEST_AMOUNT:
        raise Invalid(_l("Points are whole numbers from 1 to 1,000,000,000."), field="points")
    reason = draft.reason.strip()
    if not reason:
        raise Invalid(_l("Please say why the points move."), field="reason")
    draft = replace(draft, reason=reason[:LONGEST_REASON], created_by=by.person_id)
    drafts.add(session, draft)
    audit.record(
        session,
        f"points.{draft.kind}" if draft.phase is Phase.SINGLE else f"points.{draft.phase}",
        f"person:{person_id}",
        by=by,
        transfer=draft.subject,
        amount=draft.amount,
    )
    return draft


def find(session: Session, kind: Kind, subject: str) -> Draft | None:
    """The transfer of this kind and subject, noted or written: there is at most one (trust.md L4)."""
    for draft in drafts.noted(session):
        if (draft.kind, draft.subject) == (kind, subject):
            return draft
    return _written(session, Transfer.kind == kind, Transfer.subject == subject)


def hold(session: Session, person_id: int, points: int, *, subject: str, cause: str, reason: str, by: Actor) -> int:
    """Hold points for something still to come and give the hold's id; they cannot be spent meanwhile (trust.md L2, L5).

    A second hold of the same subject returns the first. Refuses `LimitReached` where there are not enough points.
    """
    people.lock_person(session, person_id)
    earlier = find(session, Kind.REDEMPTION, subject)
    if earlier is not None and earlier.id is not None:
        return earlier.id
    around = accounts.of(session, person_id)
    if around.balance.available < points:
        raise LimitReached(NOT_ENOUGH)
    hold_id = drafts.next_id(session)
    draft = Draft(
        Kind.REDEMPTION, subject, Phase.HOLD, around.person, around.redeemed, points, cause, reason, id=hold_id
    )
    note(session, draft, person_id=person_id, by=by)
    return hold_id


def post(session: Session, hold_id: int, *, reason: str, by: Actor) -> None:
    """Spend what is held, as it was held; posting it again changes nothing. Refuses `Conflict` once it is voided."""
    _settle(session, hold_id, Phase.POST, reason, by)


def void(session: Session, hold_id: int, *, reason: str, by: Actor) -> None:
    """Give back what is held, a debt first; voiding it again changes nothing. Refuses `Conflict` once it is posted."""
    _settle(session, hold_id, Phase.VOID, reason, by)


def refund(session: Session, hold_id: int, *, reason: str, by: Actor) -> int:
    """Give back what was spent from a hold and give the refund's id; a second refund returns the first (trust.md L6).

    A debt is repaid from it. Refuses `Conflict` where the hold was not posted.
    """
    held, person_id = _hold(session, hold_id)
    earlier = find(session, Kind.REFUND, held.subject)
    if earlier is not None and earlier.id is not None:
        return earlier.id
    spent = _settlement(session, hold_id)
    if spent is None or spent.phase is not Phase.POST or spent.id is None:
        raise Conflict(_l("These points were not spent, so they cannot be refunded."))
    refund_id = drafts.next_id(session)
    draft = Draft(
        Kind.REFUND,
        held.subject,
        Phase.SINGLE,
        held.credit,
        held.debit,
        held.amount,
        held.cause,
        reason,
        reverses=spent.id,
        id=refund_id,
    )
    note(session, draft, person_id=person_id, by=by)
    _repay(session, draft, person_id, by)
    return refund_id


def adjust(
    session: Session,
    person_id: int,
    points: int,
    *,
    reason: str,
    by: Actor,
    approved_by: Actor | None = None,
    key: UUID | None = None,
) -> Draft:
    """Add or take points by hand; `key` (of the form) makes it happen once. Lifetime does not change.

    Above the program's limit a second manager or administrator approves (trust.md L8). Refuses `NotAllowed` for
    others, for one's own points and for an approver who is the actor; `LimitReached` where there are not enough points.
    """
    _may_adjust(session, person_id, points, by, approved_by)
    people.lock_person(session, person_id)
    subject = f"adjustment:{key or uuid4()}"
    earlier = find(session, Kind.ADJUSTMENT, subject)
    if earlier is not None:
        return earlier
    around = accounts.of(session, person_id)
    if around.balance.available + points < 0:
        raise LimitReached(NOT_ENOUGH)
    sides = (around.adjustment, around.person) if points > 0 else (around.person, around.adjustment)
    approver = approved_by.person_id if approved_by else None
    draft = Draft(Kind.ADJUSTMENT, subject, Phase.SINGLE, *sides, abs(points), subject, reason, approved_by=approver)
    draft = note(session, draft, person_id=person_id, by=by)
    messages.notify(
        session, person_id, "points.adjusted", link="/points", subject_ref=subject, points=points, reason=draft.reason
    )
    return draft


def _may_adjust(session: Session, person_id: int, points: int, by: Actor, approved_by: Actor | None) -> None:
    for actor in filter(None, (by, approved_by)):
        actor.require(*MANAGERS)
        if actor.person_id is None or actor.person_id == person_id:
            raise NotAllowed(_l("Somebody else has to adjust these points."))
    if approved_by is not None and approved_by.person_id == by.person_id:
        raise NotAllowed(_SECOND_PERSON)
    if approved_by is None and abs(points) > program.current(session).adjustment_limit:
        raise NotAllowed(_SECOND_PERSON)


def _settle(session: Session, hold_id: int, phase: Phase, reason: str, by: Actor) -> None:
    held, person_id = _hold(session, hold_id)
    earlier = _settlement(session, hold_id)
    if earlier is not None:
        if earlier.phase is phase:
            return
        raise Conflict(_SETTLED)
    draft = replace(
        held, phase=phase, subject=f"hold:{hold_id}", hold_id=hold_id, reason=reason, id=drafts.next_id(session)
    )
    note(session, draft, person_id=person_id, by=by)
    if phase is Phase.VOID:
        _repay(session, draft, person_id, by)


def _repay(session: Session, back: Draft, person_id: int, by: Actor) -> None:
    """Let points that come back repay a debt, so that what was taken back cannot be kept by holding it meanwhile."""
    around = accounts.of(session, person_id)
    due = min(around.owed, back.amount, around.balance.available)
    if due > 0:
        repaid = Draft(
            Kind.RECOVERY, back.subject, Phase.SINGLE, around.person, around.clawback, due, back.cause, back.reason
        )
        note(session, repaid, person_id=person_id, by=by)


def _hold(session: Session, hold_id: int) -> tuple[Draft, int]:
    """A hold and the person it belongs to, locked. Refuses `NotFound`."""
    held = next((draft for draft in drafts.noted(session) if draft.id == hold_id), None)
    held = held or _written(session, Transfer.id == hold_id)
    if held is None or held.phase is not Phase.HOLD:
        raise NotFound(_l("There is no such hold."))
    person_id = session.scalars(select(Account.person_id).where(Account.id == held.debit)).one()
    assert person_id is not None, "only people's points are held"
    people.lock_person(session, person_id)
    return held, person_id


def _settlement(session: Session, hold_id: int) -> Draft | None:
    """What became of a hold, noted or written."""
    for draft in drafts.noted(session):
        if draft.hold_id == hold_id:
            return draft
    return _written(session, Transfer.hold_id == hold_id)


_DRAFTED: Final = [getattr(Transfer, name) for name in Draft.__slots__]


def _written(session: Session, *conditions: ColumnElement[bool]) -> Draft | None:
    row = session.execute(select(*_DRAFTED).where(*conditions)).one_or_none()
    return Draft(**row._mapping) if row is not None else None

"""Awards for what an advocate has done, and taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.refusal import Invalid, NotFound
from portal.messages import messages
from portal.people import people
from portal.people.states import MANAGERS
from portal.points import accounts, ledger, recognition
from portal.points.accounts import Accounts
from portal.points.drafts import Draft
from portal.points.models import Account, Kind, Phase


def grant(
    session: Session, person_id: int, points: int, *, subject: str, cause: str, reason: str, by: Actor
) -> Draft | None:
    """Pay `points` for `subject` ("stage_response:5", "call:3"), once: again gives the first award (trust.md L4).

    `cause` ("submission:12") is what the statement's line links to. Debts of earlier claw-backs are recovered from the
    award at once; lifetime rises by the whole of it, and a level reached is told. No points, no award: gives None.
    The caller has decided that the work is accepted and who may do so. Refuses `Invalid` amounts.
    """
    if points == 0:
        return None
    if points < 0:
        raise Invalid(_l("An award adds points."), field="points")
    people.lock_person(session, person_id)
    around = accounts.of(session, person_id, award=subject)
    if around.awarded:
        return ledger.find(session, Kind.AWARD, subject)
    award = Draft(
        Kind.AWARD,
        subject,
        Phase.SINGLE,
        around.issuance,
        around.person,
        points,
        cause,
        reason,
        lifetime_of=around.person,
    )
    award = ledger.note(session, award, person_id=person_id, by=by)
    _recover(session, around, award, by)
    before, after = around.balance.lifetime, around.balance.lifetime + points
    if any(before < threshold <= after for threshold in around.thresholds):
        recognition.advance(session, person_id, before=before, after=after)
    return award


def claw_back(session: Session, subject: str, *, reason: str, by: Actor) -> Sequence[Draft]:
    """Take the award of `subject` back, whole: what is available at once, the rest as a debt that later awards repay.

    Lifetime falls by all of it, the balance never below zero (trust.md, Ledger). A second claw-back changes nothing and
    gives the first one's transfers. Refuses `NotAllowed` for all but managers, `NotFound` where nothing was awarded.
    """
    by.require(*MANAGERS)
    award = ledger.find(session, Kind.AWARD, subject)
    if award is None:
        raise NotFound(_l("There is no such award."))
    person_id = session.scalars(select(Account.person_id).where(Account.id == award.credit)).one()
    assert person_id is not None, "awards go to people"
    people.lock_person(session, person_id)
    earlier = [ledger.find(session, kind, subject) for kind in (Kind.REVERSAL, Kind.CLAWBACK)]
    if any(earlier):
        return [draft for draft in earlier if draft is not None]
    if award.id is None:
        raise Invalid(_l("An award cannot be taken back in the moment it is made."))
    taken = [
        ledger.note(session, draft, person_id=person_id, by=by)
        for draft in _backwards(award, accounts.of(session, person_id), reason)
    ]
    messages.notify(
        session, person_id, "points.taken_back", link="/points", subject_ref=subject, points=award.amount, reason=reason
    )
    return taken


def _backwards(award: Draft, around: Accounts, reason: str) -> list[Draft]:
    """The rows that take an award back; the first names it in `reverses`, so that the database allows it once (L6)."""
    now = min(award.amount, around.balance.available)
    owed = award.amount - now
    whole = Draft(
        Kind.REVERSAL,
        award.subject,
        Phase.SINGLE,
        award.credit,
        award.debit,
        award.amount,
        award.cause,
        reason,
        reverses=award.id,
        lifetime_of=award.credit,
    )
    rows = [replace(whole, amount=now)] if now else []
    if owed:
        debt = replace(whole, kind=Kind.CLAWBACK, debit=around.clawback, amount=owed)
        rows.append(replace(debt, reverses=None) if now else debt)
    return rows


def _recover(session: Session, around: Accounts, award: Draft, by: Actor) -> None:
    due = min(around.owed, award.amount)
    if due <= 0:
        return
    repaid = Draft(
        Kind.RECOVERY,
        award.subject,
        Phase.SINGLE,
        around.person,
        around.clawback,
        due,
        award.cause,
        award.reason,
    )
    ledger.note(session, repaid, person_id=around.person_id, by=by)

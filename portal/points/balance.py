"""What a person can spend, what is held for redemptions under way, and what they ever earned."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.points.drafts import Effect, effect_of_noted
from portal.points.models import Account, AccountKind


@dataclass(frozen=True, slots=True)
class Balance:
    """All in points: `available` to spend, `held`, `lifetime` earned, `owed` after a claw-back."""

    available: int
    held: int
    lifetime: int
    owed: int = 0


def of(session: Session, person_id: int) -> Balance:
    """A person's balance, with what this transaction has noted; somebody without accounts has nothing."""
    rows = session.execute(
        select(Account.kind, Account.id, Account.posted, Account.held, Account.lifetime).where(
            Account.person_id == person_id, Account.unit == "points"
        )
    )
    sums = {
        kind: Effect(posted, held, lifetime) + effect_of_noted(session, account_id)
        for kind, account_id, posted, held, lifetime in rows
    }
    own = sums.get(AccountKind.PERSON, Effect())
    debt = sums.get(AccountKind.CLAWBACK, Effect())
    return Balance(own.available, own.held, own.lifetime, -debt.posted)

"""Ways in which tests let points move: through the verbs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.points import awards, balance, ledger
from portal.points.balance import Balance


def earn(db: Session, person: Actor, points: int, *, subject: str = "trial_award:1", by: Actor) -> None:
    """Pay an award and commit it."""
    awards.grant(db, who(person), points, subject=subject, cause="submission:1", reason="Tell your story", by=by)
    db.commit()


def hold(db: Session, person: Actor, points: int, *, subject: str = "trial:1") -> int:
    """Hold points and commit it."""
    hold_id = ledger.hold(
        db, who(person), points, subject=subject, cause=subject, reason="Held for: a jacket", by=person
    )
    db.commit()
    return hold_id


def balance_of(db: Session, person: Actor) -> Balance:
    """The balance as it is stored."""
    return balance.of(db, who(person))


def who(person: Actor) -> int:
    """The id of a member of the cast."""
    assert person.person_id is not None
    return person.person_id

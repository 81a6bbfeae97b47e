"""The accounts that transfers of one person touch."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.people import people
from portal.people.states import Role
from portal.points.drafts import Effect, effect_of_noted
from portal.points.models import SHARDS, Account, AccountKind


@dataclass(frozen=True, slots=True)
class Accounts:
    """Ids of the accounts around one person, and what theirs hold, with what this transaction has noted."""

    person_id: int
    person: int
    clawback: int
    issuance: int
    redeemed: int
    adjustment: int
    balance: Effect
    owed: int


def of(session: Session, person_id: int) -> Accounts:
    """The accounts around a person, whose lock the caller holds; the person's own are opened if there are none yet."""
    found = _read(session, person_id)
    if AccountKind.PERSON not in found or AccountKind.CLAWBACK not in found:
        open_for(session, person_id)
        found = _read(session, person_id)
    ids = {kind: account_id for kind, (account_id, _effect) in found.items()}
    person, own = found[AccountKind.PERSON]
    clawback, debt = found[AccountKind.CLAWBACK]
    return Accounts(
        person_id=person_id,
        person=person,
        clawback=clawback,
        issuance=ids[AccountKind.ISSUANCE],
        redeemed=ids[AccountKind.REDEEMED],
        adjustment=ids[AccountKind.ADJUSTMENT],
        balance=own + effect_of_noted(session, person),
        owed=-(debt + effect_of_noted(session, clawback)).posted,
    )


def open_for(session: Session, person_id: int) -> None:
    """Open a person's accounts, empty; opening them again changes nothing."""
    rows = [
        {"kind": AccountKind.PERSON, "person_id": person_id, "may_go_negative": False},
        {"kind": AccountKind.CLAWBACK, "person_id": person_id, "may_go_negative": True},
    ]
    session.execute(insert(Account).values(rows).on_conflict_do_nothing())


def _read(session: Session, person_id: int) -> dict[AccountKind, tuple[int, Effect]]:
    own = and_(Account.kind.in_((AccountKind.PERSON, AccountKind.CLAWBACK)), Account.person_id == person_id)
    sharded = and_(
        Account.kind.in_((AccountKind.ISSUANCE, AccountKind.REDEEMED)),
        Account.person_id.is_(None),
        Account.shard == person_id % SHARDS,
    )
    common = and_(Account.kind == AccountKind.ADJUSTMENT, Account.person_id.is_(None), Account.shard.is_(None))
    rows = session.execute(
        select(Account.kind, Account.id, Account.posted, Account.held, Account.lifetime).where(
            Account.unit == "points", or_(own, sharded, common)
        )
    )
    return {kind: (account_id, Effect(posted, held, lifetime)) for kind, account_id, posted, held, lifetime in rows}


def _open_for_advocate(session: Session, person_id: int, role: Role) -> None:
    if role is Role.ADVOCATE:
        open_for(session, person_id)


people.ON_ROLE.append(_open_for_advocate)

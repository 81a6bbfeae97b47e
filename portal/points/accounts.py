"""The accounts that transfers of one person touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, Select, Text, and_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.database.prepared import Prepared
from portal.people import people
from portal.people.states import Role
from portal.points.drafts import Effect, effect_of_noted, noted
from portal.points.models import SHARDS, Account, AccountKind, Kind, Level, Transfer

_NO_SUBJECT: Final = ""


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
    awarded: bool
    """Whether there is an award of the subject that was asked about."""
    thresholds: list[int]
    """What lifetime points reach levels at."""


def of(session: Session, person_id: int, *, award: str = _NO_SUBJECT) -> Accounts:
    """The accounts around a person, whose lock the caller holds; the person's own are opened if there are none yet.

    The same statement tells whether `award` (a subject) was paid already, and where levels begin.
    """
    rows = _around(session, person=person_id, shard=person_id % SHARDS, award=award)
    found = {row.kind: (row.id, Effect(row.posted, row.held, row.lifetime)) for row in rows}
    if AccountKind.PERSON not in found or AccountKind.CLAWBACK not in found:
        open_for(session, person_id)
        return of(session, person_id, award=award)
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
        awarded=rows[0].awarded or any((one.kind, one.subject) == (Kind.AWARD, award) for one in noted(session)),
        thresholds=rows[0].thresholds or [],
    )


def open_for(session: Session, person_id: int) -> None:
    """Open a person's accounts, empty; opening them again changes nothing."""
    rows = [
        {"kind": AccountKind.PERSON, "person_id": person_id, "may_go_negative": False},
        {"kind": AccountKind.CLAWBACK, "person_id": person_id, "may_go_negative": True},
    ]
    session.execute(insert(Account).values(rows).on_conflict_do_nothing())


def _open_for_advocate(session: Session, person_id: int, role: Role) -> None:
    if role is Role.ADVOCATE:
        open_for(session, person_id)


people.ON_ROLE.append(_open_for_advocate)


@Prepared
def _around() -> Select[*tuple[Any, ...]]:
    person = bindparam("person", type_=BigInteger)
    own = and_(Account.kind.in_((AccountKind.PERSON, AccountKind.CLAWBACK)), Account.person_id == person)
    sharded = and_(
        Account.kind.in_((AccountKind.ISSUANCE, AccountKind.REDEEMED)),
        Account.person_id.is_(None),
        Account.shard == bindparam("shard", type_=Integer),
    )
    common = and_(Account.kind == AccountKind.ADJUSTMENT, Account.person_id.is_(None), Account.shard.is_(None))
    paid = exists().where(Transfer.kind == Kind.AWARD, Transfer.subject == bindparam("award", type_=Text))
    levels = select(func.array_agg(Level.threshold)).scalar_subquery()
    return select(
        Account.kind,
        Account.id,
        Account.posted,
        Account.held,
        Account.lifetime,
        paid.label("awarded"),
        levels.label("thresholds"),
    ).where(Account.unit == "points", or_(own, sharded, common))

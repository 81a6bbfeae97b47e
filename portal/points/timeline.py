"""What moved somebody's points, but for what the rewards tell themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, case, or_, select

from portal.people.timeline import Chapter, Told, line, source
from portal.points.models import Account, AccountKind, Kind, Phase, Transfer
from portal.points.queries import look_of


def _moved(person: ColumnElement[int]) -> Select[Any]:
    own, debt = (_account(person, kind) for kind in (AccountKind.PERSON, AccountKind.CLAWBACK))
    made = line(
        Transfer.created_at,
        Transfer.id,
        word=Transfer.kind,
        title=Transfer.reason,
        by=Transfer.created_by,
        amount=case((Transfer.credit == own, Transfer.amount), else_=-Transfer.amount),
    )
    theirs = or_(Transfer.credit == own, Transfer.debit == own, Transfer.debit == debt)
    return made.where(theirs, Transfer.kind != Kind.REDEMPTION, Transfer.phase == Phase.SINGLE)


def _account(person: ColumnElement[int], kind: AccountKind) -> ScalarSelect[int]:
    own = select(Account.id).where(Account.kind == kind, Account.person_id == person, Account.unit == "points")
    return own.scalar_subquery()


@source("points.moved", Chapter.POINTS, _moved)
def _tell(row: Row[Any]) -> Told:
    what, icon = look_of(Kind(row.word))
    return Told(row.title, str(what), icon, "brand", points=row.amount)

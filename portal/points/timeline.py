"""What moved somebody's points, but for what the rewards tell themselves."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, case, or_, select
from sqlalchemy.orm import Session

from portal.people.timeline import FIGURES, Chapter, Figure, Told, line, source
from portal.points import balance
from portal.points.models import Account, AccountKind, Kind, Phase, Transfer
from portal.points.queries import look_of
from portal.web.words import number


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


def _earned(session: Session, person_id: int) -> Figure:
    found = balance.of(session, person_id)
    return Figure(_l("Earned in all"), number(found.lifetime), _("%(n)s to spend", n=number(found.available)))


FIGURES.append(_earned)

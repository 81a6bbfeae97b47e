"""What the screens of points show, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, and_, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased

from portal.database.prepared import Prepared
from portal.points import causes
from portal.points.models import Account, AccountKind, Kind, Phase, Transfer
from portal.web.paging import Cursor, Page, page_of
from portal.web.speech import said

PAGE: Final = 30
LARGEST: Final = 2**63 - 1
"""Above every id."""
_ROWS: Final = bindparam("rows", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the statement: `points` is what it did to what can be spent, `open` a hold under way."""

    id: int
    kind: Kind
    phase: Phase
    points: int
    owed: int
    title: str | LazyString
    reason: str
    href: str | None
    at: datetime
    open: bool

    @property
    def icon(self) -> str:
        """The picture of what happened."""
        return "undo-2" if self.phase is Phase.VOID else _LOOKS[self.kind][1]

    @property
    def what(self) -> str:
        """What happened, in a word or two."""
        return said(_GIVEN_BACK if self.phase is Phase.VOID else _LOOKS[self.kind][0])


_GIVEN_BACK: Final = _l("Given back")
_LOOKS: Final = {
    Kind.AWARD: (_l("Earned"), "sparkles"),
    Kind.REDEMPTION: (_l("Reward"), "gift"),
    Kind.REFUND: (_l("Refunded"), "undo-2"),
    Kind.ADJUSTMENT: (_l("Adjusted by hand"), "pencil"),
    Kind.REVERSAL: (_l("Taken back"), "undo-2"),
    Kind.CLAWBACK: (_l("To be repaid"), "undo-2"),
    Kind.RECOVERY: (_l("Repaid"), "undo-2"),
}


def look_of(kind: Kind) -> tuple[LazyString, str]:
    """What a kind of movement is called, and its picture."""
    return _LOOKS[kind]


def statement(session: Session, person_id: int, *, after: Cursor | None = None, limit: int = PAGE) -> Page[Line]:
    """A person's lines, newest first: together they are what can be spent. A hold that was posted stays one line."""
    before = after[0] if after else LARGEST
    rows = _lines(session, person=person_id, before=before, rows=limit + 1)
    names = causes.named(session, (row.cause for row in rows))
    lines = []
    for row in rows:
        title, href = names.get(row.cause, (row.reason, None))
        open_hold = row.phase is Phase.HOLD and row.settled_by is None
        lines.append(
            Line(
                id=row.id,
                kind=row.kind,
                phase=row.phase,
                points=_worth(row.kind, row.phase, row.amount, to_person=row.credit == row.own),
                owed=row.amount if row.kind is Kind.CLAWBACK else 0,
                title=title,
                reason=row.reason,
                href=href,
                at=row.created_at,
                open=open_hold,
            )
        )
    return page_of(lines, limit, lambda line: (line.id,))


def newest(session: Session, person_id: int, limit: int = 5) -> Sequence[Line]:
    """The last few lines."""
    return statement(session, person_id, limit=limit).rows


def _worth(kind: Kind, phase: Phase, amount: int, *, to_person: bool) -> int:
    if kind is Kind.CLAWBACK:
        return 0
    return amount if to_person or phase is Phase.VOID else -amount


@Prepared
def _lines() -> Select[*tuple[Any, ...]]:
    own, debt = (_account(kind) for kind in (AccountKind.PERSON, AccountKind.CLAWBACK))
    found = union_all(_side(Transfer.credit == own), _side(Transfer.debit == own), _side(Transfer.debit == debt))
    line, settled = found.subquery(), aliased(Transfer)
    return (
        select(line, settled.id.label("settled_by"), own.label("own"))
        .outerjoin(settled, and_(settled.hold_id == line.c.id, line.c.phase == Phase.HOLD))
        .order_by(line.c.id.desc())
        .limit(_ROWS)
    )


def _account(kind: AccountKind) -> ScalarSelect[int]:
    return (
        select(Account.id)
        .where(Account.kind == kind, Account.person_id == bindparam("person", type_=BigInteger))
        .where(Account.unit == "points")
        .scalar_subquery()
    )


def _side(side: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The newest lines of one side of an account: an index scan of as many rows as the page shows."""
    return (
        select(
            Transfer.id,
            Transfer.kind,
            Transfer.phase,
            Transfer.amount,
            Transfer.credit,
            Transfer.cause,
            Transfer.reason,
            Transfer.created_at,
        )
        .where(side, Transfer.phase != Phase.POST, Transfer.id < bindparam("before", type_=BigInteger))
        .order_by(Transfer.id.desc())
        .limit(_ROWS)
    )

"""Transfers that a transaction has noted: one INSERT, sorted, just before COMMIT (trust.md, Ledger)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from portal.database import before_commit
from portal.points.models import Kind, Phase


@dataclass(frozen=True, slots=True)
class Draft:
    """A transfer as it will be written; `id` is given where something must point at it before it is."""

    kind: Kind
    subject: str
    phase: Phase
    debit: int
    credit: int
    amount: int
    cause: str
    reason: str
    hold_id: int | None = None
    reverses: int | None = None
    lifetime_of: int | None = None
    id: int | None = None
    created_by: int | None = None
    approved_by: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What transfers do to one account, in points."""

    posted: int = 0
    held: int = 0
    lifetime: int = 0

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.posted - self.held

    def __add__(self, other: Effect) -> Effect:
        return Effect(self.posted + other.posted, self.held + other.held, self.lifetime + other.lifetime)


_MOVES: Final = {Phase.SINGLE: (1, 0), Phase.HOLD: (0, 1), Phase.POST: (1, -1), Phase.VOID: (0, -1)}
"""What each phase takes from the debit account: shares of the amount posted and held."""


def effect_on(account_id: int, draft: Draft) -> Effect:
    """What one transfer does to an account; the trigger on `transfer` says the same in SQL."""
    posted, held = _MOVES[draft.phase]
    effect = Effect()
    if draft.debit == account_id:
        effect += Effect(posted=-posted * draft.amount, held=held * draft.amount)
    if draft.credit == account_id:
        effect += Effect(posted=posted * draft.amount)
    if draft.lifetime_of == account_id:
        effect += Effect(lifetime=draft.amount if draft.kind is Kind.AWARD else -draft.amount)
    return effect


def noted(session: Session) -> Iterator[Draft]:
    """The transfers that this transaction has noted so far."""
    yield from session.info.get(_KEY, ())


def effect_of_noted(session: Session, account_id: int) -> Effect:
    """What the noted transfers will do to an account."""
    return sum((effect_on(account_id, draft) for draft in noted(session)), Effect())


def add(session: Session, draft: Draft) -> None:
    """Note a transfer. Inside a savepoint it could outlive its cause, so there it is a mistake."""
    if session.in_nested_transaction():
        raise RuntimeError("Transfers are not noted inside a savepoint.")
    session.info.setdefault(_KEY, []).append(draft)
    before_commit(session, _KEY, _write, last=True)


def next_id(session: Session) -> int:
    """The id of a transfer to come, for rows that point at it in the same transaction."""
    taken: int = session.execute(text("SELECT nextval(pg_get_serial_sequence('transfer', 'id'))")).scalar_one()
    return taken


_KEY: Final = "ledger"
_COLUMNS: Final = {
    field.name: "text" if field.name in {"kind", "subject", "phase", "cause", "reason"} else "bigint"
    for field in fields(Draft)
}
_VALUES: Final = ", ".join(
    f"coalesce(noted.{name}, nextval(pg_get_serial_sequence('transfer', 'id')))" if name == "id" else f"noted.{name}"
    for name in _COLUMNS
)
_ARRAYS: Final = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_NAMES: Final = ", ".join(_COLUMNS)
_INSERT: Final = text(
    f"INSERT INTO transfer ({_NAMES}) SELECT {_VALUES}"  # noqa: S608 -- names of our own columns
    f" FROM unnest({_ARRAYS}) WITH ORDINALITY noted ({_NAMES}, place) ORDER BY place"
)


def _write(session: Session) -> None:
    drafts = sorted(session.info.pop(_KEY, ()), key=lambda draft: (draft.kind, draft.subject))
    if drafts:
        session.execute(_INSERT, {name: [_plain(getattr(draft, name)) for draft in drafts] for name in _COLUMNS})


def _plain(value: int | str | None) -> int | str | None:
    return str(value) if isinstance(value, str) else value


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: object) -> None:
    if getattr(transaction, "parent", None) is None:
        session.info.pop(_KEY, None)

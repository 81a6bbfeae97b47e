"""What must always be true of the data; each slice adds its own, `portal check` asks them all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule: `sql` selects the rows that break it, one text column `what` each."""

    name: str
    sentence: str
    sql: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold, and the first things that break it."""

    name: str
    sentence: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence} ({', '.join(self.examples)})"


_KNOWN: dict[str, Invariant] = {}


def invariant(name: str, sentence: str, sql: str) -> None:
    """Add a rule; `sql` selects a text column `what` for each thing that breaks it."""
    _KNOWN[name] = Invariant(name, sentence, sql)


def known() -> list[str]:
    """The names of all rules, so that a test can plant a breach of each."""
    return sorted(_KNOWN)


def check_invariants(session: Session) -> list[Breach]:
    """All breaches, at most five examples each; an empty list means that the data can be trusted."""
    breaches = []
    for rule in _KNOWN.values():
        found = session.execute(text(f"SELECT what::text FROM ({rule.sql}) broken LIMIT 5")).scalars().all()  # noqa: S608
        if found:
            breaches.append(Breach(rule.name, rule.sentence, tuple(found)))
    return breaches

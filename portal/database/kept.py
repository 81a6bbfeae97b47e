"""What everybody sees alike, read once for many requests: kept some seconds in each process, never the only copy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

T = TypeVar("T")
SECONDS: Final = 5.0
"""How much later another process may see what was written in this one."""
_ALL: Final[list[Kept[Any]]] = []


class Kept(Generic[T]):
    """A value that `read(session)` gives, for `SECONDS` or until this process commits something."""

    def __init__(self, read: Callable[[Session], T]) -> None:
        self._read = read
        self._until = 0.0
        self._value: T | None = None
        _ALL.append(self)

    def __call__(self, session: Session) -> T:
        """The value, read anew where it is too old, and always where the transaction may have changed it."""
        if not session.info.get("read_only"):
            return self._read(session)
        began = time.monotonic()
        value = self._value
        if value is None or self._until < began:
            value = self._value = self._read(session)
            self._until = began + SECONDS
        return value

    def forget(self) -> None:
        """Read it anew next time."""
        self._until = 0.0


def forget_all() -> None:
    """Read everything anew next time."""
    for each in _ALL:
        each.forget()


@event.listens_for(Session, "after_commit")
def _written(session: Session) -> None:
    if not session.info.get("read_only"):
        forget_all()

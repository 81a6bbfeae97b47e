"""Statements of screens, put together once a process: doing it anew takes longer than to run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session


class Prepared:
    """A SELECT whose values are named by `bindparam`; calling it gives its rows, of what has been flushed."""

    def __init__(self, build: Callable[[], Select[Any]]) -> None:
        self._build = build
        self._statement: Select[Any] | None = None

    def __call__(self, session: Session, **values: object) -> Sequence[Row[Any]]:
        """Run it with these values."""
        if self._statement is None:
            self._statement = self._build()
        return session.execute(self._statement, values).all()

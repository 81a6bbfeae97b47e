"""Statements of screens, put together once a process: doing it anew takes longer than to run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Executable, Row, Select, TextClause, column, text
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine


class Prepared:
    """A SELECT whose values are named by `bindparam`; calling it gives its rows.

    It is kept as text, with everything else that it says written out: so neither SQLAlchemy has to recognise a large
    statement nor PostgreSQL to plan for values that never change (a partial index needs to see the value itself).
    """

    def __init__(self, build: Callable[[], Select[Any] | TextClause]) -> None:
        self._build = build
        self._statement: Executable | None = None

    def __call__(self, session: Session, **values: object) -> Sequence[Row[Any]]:
        """Run it with these values."""
        statement = self._statement
        if statement is None:
            built = self._build()
            statement = self._statement = written_out(built) if isinstance(built, Select) else built
        if session.autoflush:
            session.flush()
        return session.connection().execute(statement, values).all()


class _Writer(PGCompiler_psycopg):
    """Writes values into the statement, but for those that are named."""

    def __init__(self, statement: Select[Any]) -> None:
        self.named: dict[str, BindParameter[Any]] = {}
        super().__init__(_DIALECT, statement)

    def visit_bindparam(self, bindparam: BindParameter[Any], **options: Any) -> str:  # type: ignore[override]
        if bindparam.unique:
            options["literal_binds"] = True
        else:
            self.named[bindparam.key] = bindparam
        return str(super().visit_bindparam(bindparam, **options))  # type: ignore[no-untyped-call]

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        return str(super().render_literal_value(value, type_)).replace(":", "\\:")  # type: ignore[no-untyped-call]


class _Dialect(PGDialect_psycopg):
    bind_typing = BindTyping.NONE


_DIALECT: Final = _Dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def written_out(statement: Select[Any]) -> Executable:
    """The statement as text with the types of its columns; only parameters made by `bindparam` are left open."""
    writer = _Writer(statement)
    open_ones = (BindParameter(name, type_=named.type, required=True) for name, named in writer.named.items())
    columns: Any = (column(each.key or "", each.type) for each in statement.selected_columns)
    return text(str(writer)).bindparams(*open_ones).columns(*columns)

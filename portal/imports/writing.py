"""Records to tables in bulk: one statement for each set of columns, one array for each column, any number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Table,
    TableValuedAlias,
    Text,
    any_,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.imports.records import Record

_AT_ONCE: Final = 5_000
"""Rows of one statement, so that none takes long."""
Wrote = Callable[[int], None]


def _silent(_rows: int) -> None:
    """Tell nobody."""


def among(where: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether the column holds one of the values: one parameter, however many they are."""
    return where == any_(literal(list(values), ARRAY(where.type)))  # one that is cast would not be hashed


def among_names(where: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the values, whatever its capitals, by the database's own rule."""
    given = func.unnest(_array(values, Text()))
    return func.lower(where).in_(select(func.lower(given)))


def add(
    session: Session,
    table: Table,
    columns: Sequence[str],
    records: Sequence[Record],
    *,
    wrote: Wrote = _silent,
    **otherwise: Any,
) -> None:
    """Insert new records, their `columns` only, and note the ids; `otherwise` fills what a record leaves open.

    `wrote` is called with each number of rows that are in.
    """
    for record in records:
        record.changes.setdefault("public_id", uuid4())
    names = ["public_id", *(name for name in columns if _is_said(table, name, records, otherwise))]
    for start in range(0, len(records), _AT_ONCE):
        part = records[start : start + _AT_ONCE]
        given = _given(table, {name: _column(part, name, otherwise.get(name)) for name in names})
        rows = select(*(given.c[name] for name in names)).order_by(given.c.position)
        statement = insert(table).from_select(names, rows).returning(table.c.public_id, table.c.id)
        ids = {public_id: id_ for public_id, id_ in session.execute(statement).all()}  # noqa: C416 -- rows are no pairs
        for record in part:
            record.id = ids[record.changes["public_id"]]
        wrote(len(part))


def change(
    session: Session, table: Table, columns: Iterable[str], records: Sequence[Record], *, wrote: Wrote = _silent
) -> None:
    """Update stored records, their changed `columns` only, after locking them in the order of their ids."""
    wanted = set(columns)
    sets = [(tuple(sorted(wanted.intersection(record.changes))), record) for record in records]
    sets = sorted(((names, record) for names, record in sets if names), key=lambda each: (each[0], each[1].id or 0))
    if not sets:
        return
    lock(session, table, [record.id for _names, record in sets if record.id])
    for names, group in groupby(sets, key=lambda each: each[0]):
        changed = [record for _names, record in group]
        for start in range(0, len(changed), _AT_ONCE):
            part = changed[start : start + _AT_ONCE]
            _update(session, table, names, part)
            wrote(len(part))


def lock(session: Session, table: Table, ids: Iterable[int]) -> None:
    """Lock rows for a change, in ascending order (trust.md, ground rules)."""
    wanted = select(table.c.id).where(among(table.c.id, set(ids))).order_by(table.c.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def _update(session: Session, table: Table, names: Sequence[str], records: Sequence[Record]) -> None:
    values: dict[str, list[Any]] = {name: [record.changes[name] for record in records] for name in names}
    given = _given(table, {**values, "id": [record.id for record in records]})
    changes = {name: given.c[name] for name in names}
    session.execute(update(table).where(table.c.id == given.c.id).values(changes))


def _given(table: Table, values: dict[str, list[Any]]) -> TableValuedAlias:
    """Rows to write as a table of the statement, with their `position`."""
    arrays = [_array(column_values, _plain(table, name)) for name, column_values in values.items()]
    names = [column(name, _plain(table, name)) for name in values]
    given = func.unnest(*arrays).table_valued(*names, with_ordinality="position", name="given")
    return given.render_derived()


def _array(values: Iterable[Any], type_: Any) -> ColumnElement[Any]:
    """The values as one parameter, written as PostgreSQL writes an array: to adapt each alone takes far longer."""
    text = "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"
    return cast(literal(text, Text()), ARRAY(type_))


def _quoted(value: Any) -> str:
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _plain(table: Table, name: str) -> Any:
    """The type of a column's values in an array; numbers by their widest, so that the database is asked for no less."""
    type_ = table.c[name].type
    return BigInteger() if isinstance(type_, Integer) else type_


def _is_said(table: Table, name: str, records: Sequence[Record], otherwise: Mapping[str, Any]) -> bool:
    """Whether a column needs to be written: what no record says is NULL by itself, unless the database fills it."""
    if name in otherwise or table.c[name].server_default is not None:
        return True
    return any(record.changes.get(name) is not None for record in records)


def _column(records: Sequence[Record], name: str, otherwise: Any) -> list[Any]:
    values = [record.changes.get(name) for record in records]
    return values if otherwise is None else [otherwise if value is None else value for value in values]

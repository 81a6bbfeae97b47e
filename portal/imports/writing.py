"""Records to tables in bulk: as few statements as there are sets of columns, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.imports.records import Record


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether the column holds one of the values: one parameter, however many they are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def among_names(column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the values, whatever its capitals, by the database's own rule."""
    given = func.unnest(literal(list(values), ARRAY(Text)))
    return func.lower(column).in_(select(func.lower(given)))


def add(session: Session, table: Table, columns: Sequence[str], records: Sequence[Record], **otherwise: Any) -> None:
    """Insert new records, their `columns` only, and note the ids; `otherwise` fills what a record leaves open."""
    if not records:
        return
    rows = [
        {
            **{column: _filled(record.changes.get(column), otherwise.get(column)) for column in columns},
            "public_id": record.changes.get("public_id") or uuid4(),
        }
        for record in records
    ]
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for record, id_ in zip(records, session.execute(statement, rows).scalars(), strict=True):
        record.id = id_


def _filled(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def change(session: Session, table: Table, columns: Iterable[str], records: Sequence[Record]) -> None:
    """Update stored records, their changed `columns` only, after locking them in the order of their ids."""
    wanted = set(columns)
    sets = [(tuple(sorted(wanted.intersection(record.changes))), record) for record in records]
    sets = sorted(((names, record) for names, record in sets if names), key=lambda each: (each[0], each[1].id or 0))
    if not sets:
        return
    lock(session, table, [record.id for _names, record in sets if record.id])
    for names, group in groupby(sets, key=lambda each: each[0]):
        _update(session, table, names, [{"row_id": record.id, **_said(record.changes, names)} for _n, record in group])


def lock(session: Session, table: Table, ids: Iterable[int]) -> None:
    """Lock rows for a change, in ascending order (trust.md, ground rules)."""
    wanted = select(table.c.id).where(among(table.c.id, set(ids))).order_by(table.c.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def _said(changes: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {f"new_{name}": changes[name] for name in names}


def _update(session: Session, table: Table, names: Sequence[str], rows: list[dict[str, Any]]) -> None:
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    session.connection().execute(statement, rows)

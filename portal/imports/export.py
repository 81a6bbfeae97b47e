"""Our rows as CSV, streamed: what a later import takes back as the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.imports import rows
from portal.imports.formulas import guard
from portal.imports.run import IMPORTERS


def run(session: Session, kind: str, write: Callable[[str], object], *, by: Actor) -> int:
    """Write all rows of a kind through `write`, headers first; how many there were.

    The columns are called as the fields are, so that the mapping is guessed right. Leaves an audit row.
    Refuses `NotAllowed` for all but managers and administrators.
    """
    by.require(*IMPORTERS)
    importable = rows.find(kind)
    line = io.StringIO()
    writer = csv.writer(line)

    def put(cells: list[str]) -> None:
        writer.writerow(cells)
        write(line.getvalue())
        line.seek(0)
        line.truncate()

    put([field.key for field in importable.fields if field.exported])
    count = 0
    for values in importable.export(session):
        put([cell(value) for value in values])
        count += 1
    audit.record(session, "export.run", f"export:{kind}", by=by, rows=count)
    return count


def cell(value: Any) -> str:
    """A value as it stands in a cell: numbers and dates as they are, texts guarded against spreadsheets."""
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return guard(str(value))
    return str(value)

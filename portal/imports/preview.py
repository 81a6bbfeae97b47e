"""What can be said of each column from the first rows, before anything is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.database.refusal import Invalid
from portal.imports import mapping, parsing
from portal.imports.fields import Shape
from portal.imports.mapping import Choice, Column, Mapping
from portal.imports.reading import Line, Sheet
from portal.imports.report import Report, number
from portal.imports.rows import Importable
from portal.imports.undecided import Undecided

FIRST = 3
"""Rows that are shown."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A column of the file: its first values, where it goes, and what is to be seen of it."""

    position: int
    name: str
    values: list[str]
    choice: Choice
    shape: Shape | None
    tone: str
    note: str


def columns(
    importable: Importable, headers: Sequence[str], sample: Sequence[Sequence[str]], choices: Sequence[Choice]
) -> list[Preview]:
    """All columns in the order of the file."""
    whole = [list(cells) for cells in sample if len(cells) == len(headers)]
    sheet = Sheet(list(headers), [Line(n + 2, cells) for n, cells in enumerate(whole)], "", "", 0, [], 0)
    mapped = _mapped(importable, headers, choices)
    return [_column(position, sheet, mapped, choices[position]) for position in range(len(headers))]


def _mapped(importable: Importable, headers: Sequence[str], choices: Sequence[Choice]) -> dict[int, Column]:
    """The columns that go somewhere; a choice that does not fit counts as none."""
    found = {}
    for position, choice in enumerate(choices):
        if choice.field:
            alone = [Choice() if other != position else choice for other in range(len(headers))]
            try:
                found[position] = mapping.resolve(headers, importable.fields, (), choices=alone).columns[0]
            except Invalid:
                continue
    return found


def _column(position: int, sheet: Sheet, mapped: dict[int, Column], choice: Choice) -> Preview:
    column = mapped.get(position)
    cells = [line.cells[position].strip() for line in sheet.rows]
    name = sheet.headers[position] or f"#{position + 1}"
    tone, note = ("neutral", _("Left out")) if column is None else _said(column, sheet, mapped, cells.count(""))
    shape = column.field.shape if column else None
    return Preview(position, name, [cell for cell in cells if cell][:FIRST], choice, shape, tone, note)


def _said(column: Column, sheet: Sheet, mapped: dict[int, Column], empty: int) -> tuple[str, str]:
    with_currency = [
        other for other in mapped.values() if other is not column and other.field.key == column.field.currency
    ]
    report = Report("", "")
    try:
        parsing.parse(sheet, Mapping((column, *with_currency), ()), parsing.Ways(), report)
    except Undecided as question:
        return "warn", question.what
    bad = [mistake for mistake in report.mistakes if mistake.column == column.name]
    if bad:
        what = f"{bad[0].value}: {bad[0].why}"
        more = len(bad) - 1
        return "warn", what + (" " + ngettext("(and %(num)s more)", "(and %(num)s more)", more) if more else "")
    if empty:
        return "info", ngettext(
            "%(count)s of the first rows is empty", "%(count)s of the first rows are empty", empty, count=number(empty)
        )
    return "ok", _("Looks right")

"""Cells to values: what a column decides as a whole (dates, decimal signs), then each cell; mistakes are reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from portal.imports import amounts, dates
from portal.imports.amounts import Amount
from portal.imports.fields import Shape, Unreadable, single_line
from portal.imports.mapping import Column, Mapping
from portal.imports.reading import Line, Sheet
from portal.imports.records import Row
from portal.imports.report import Mistake, Report, number
from portal.imports.shown import shown
from portal.imports.undecided import Undecided


@dataclass(frozen=True, slots=True)
class Ways:
    """How to read a column that does not tell: `day-first` or `month-first`, `decimal-point` or `decimal-comma`."""

    date_order: str | None = None
    decimal: str | None = None


def parse(sheet: Sheet, mapping: Mapping, ways: Ways, report: Report) -> list[Row]:
    """The rows of a sheet, those with mistakes marked. Each different cell of a column is read once."""
    rows = [Row(line.number, {}) for line in sheet.rows]
    _check_widths(sheet, rows, report)
    whole = [(line.cells, row) for line, row in zip(sheet.rows, rows, strict=True) if not row.bad]
    for column in mapping.columns:
        cells = [cells[column.position].strip() for cells, _row in whole]
        counts = Counter(cell for cell in cells if cell)
        read, remark = _reader(column, counts, ways, mapping)
        values = {cell: _try(read, cell) for cell in counts}
        for cell, (_cells, row) in zip(cells, whole, strict=True):
            if cell:
                _read_cell(column, cell, row, values[cell], report)
        report.columns.append(_described(column, remark, cells.count("")))
    return rows


def _check_widths(sheet: Sheet, rows: Sequence[Row], report: Report) -> None:
    """A row with more cells than headers, or fewer, was cut in the wrong places."""
    width = len(sheet.headers)
    for line, row in zip(sheet.rows, rows, strict=True):
        if len(line.cells) != width and not (len(line.cells) > width and _only_blank(line, width)):
            row.bad = True
            report.note(
                Mistake(
                    line.number,
                    "",
                    "",
                    _("the row has %(cells)s cells, the header has %(width)s", cells=len(line.cells), width=width),
                    _("Quote cells that hold the delimiter or a line break, and keep empty cells."),
                )
            )


def _only_blank(line: Line, width: int) -> bool:
    return not any(cell.strip() for cell in line.cells[width:])


def _reader(
    column: Column, counts: Counter[str], ways: Ways, mapping: Mapping
) -> tuple[Callable[[str], Any], str | None]:
    """How the cells of a column are read, and what was decided about it."""
    field = column.field
    if field.shape is Shape.DATE:
        order = _order(column, counts, ways)
        words = {"day-first": _("day first"), "month-first": _("month first")}
        return dates.reader(order), words.get(order or "")
    if field.shape in (Shape.AMOUNT, Shape.WHOLE):
        whole = field.shape is Shape.WHOLE
        decimal = amounts.decide(column, counts, told=column.decimal or ways.decimal, whole=whole)
        if whole:
            return _whole_reader(column, decimal), None
        has_currency = field.currency is not None and mapping.column(field.currency) is not None
        amounts.dollars_untold(column, counts, has_currency_column=has_currency)
        return lambda cell: amounts.read(cell, column, decimal), _amount_remark(column, has_currency)
    return field.read or (lambda cell: single_line(cell, field.longest)), None


def _order(column: Column, counts: Counter[str], ways: Ways) -> str | None:
    try:
        return dates.decide(column.name, counts, told=column.date_order or ways.date_order)
    except Undecided as question:
        question.column = column.position
        raise


def _amount_remark(column: Column, has_currency: bool) -> str:
    unit = _("times %(unit)s", unit=number(int(column.unit))) if column.unit != 1 else ""
    currency = column.currency or ("" if has_currency else _("no currency told"))
    return ", ".join(part for part in (unit, currency) if part)


def _whole_reader(column: Column, decimal: str) -> Callable[[str], int]:
    field = column.field

    def read(cell: str) -> int:
        value = amounts.read(cell, column, decimal).value
        if value != int(value):
            raise Unreadable(_("this is no whole number"), _("Write digits only, such as 2822."))
        if not field.least <= value <= field.most:
            raise Unreadable(
                _("the number is out of reach"),
                _("Write one from %(least)s to %(most)s.", least=field.least, most=field.most),
            )
        return int(value)

    return read


def _try(read: Callable[[str], Any], cell: str) -> Any:
    try:
        return read(cell)
    except Unreadable as problem:
        return problem


def _read_cell(column: Column, cell: str, row: Row, value: Any, report: Report) -> None:
    key = column.field.key
    if isinstance(value, Amount):
        _take_currency(column, cell, row, value.currency, report)
        value = value.value
    if isinstance(value, Unreadable):
        _report(column, cell, row, value, report)
    elif value != "" and row.values.setdefault(key, value) != value:
        _contradicts(column, cell, row, row.values[key], report)


def _take_currency(column: Column, cell: str, row: Row, currency: str | None, report: Report) -> None:
    """Note the currency that a cell or the mapping told; a column of currencies must not contradict."""
    key = column.field.currency
    if currency is not None and key is not None and row.values.setdefault(key, currency) != currency:
        _contradicts(column, cell, row, row.values[key], report)


def _contradicts(column: Column, cell: str, row: Row, other: object, report: Report) -> None:
    problem = Unreadable(
        _("another cell of the row, or the mapping, says %(other)s", other=shown(str(other))),
        _("Correct one of the two."),
    )
    _report(column, cell, row, problem, report)


def _report(column: Column, cell: str, row: Row, problem: Unreadable, report: Report) -> None:
    row.bad = True
    report.note(Mistake(row.line, column.name, shown(cell), problem.why, problem.remedy))


def _described(column: Column, remark: str | None, empty: int) -> str:
    parts = [part for part in (remark, _("%(count)s empty", count=number(empty)) if empty else "") if part]
    told = f" ({'; '.join(parts)})" if parts else ""
    return f"{column.name} → {column.field.label}{told}"

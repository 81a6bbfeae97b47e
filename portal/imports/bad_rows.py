"""The rows with mistakes as a file of their own: to be mended and sent again, alone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Final

from flask_babel import gettext as _

from portal.imports.formulas import guard
from portal.imports.mapping import folded
from portal.imports.reading import Sheet
from portal.imports.report import BadRows, Mistake

_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*")


def found(sheet: Sheet, reasons: Mapping[int, Sequence[Mistake]]) -> BadRows | None:
    """Those of a file, in its order; None where there is none."""
    if not reasons:
        return None
    width = len(sheet.headers)
    rows = [
        (_as_wide(line.cells, width, sheet.delimiter), " ".join(mistake.sentence for mistake in reasons[line.number]))
        for line in sheet.rows
        if line.number in reasons
    ]
    return BadRows(sheet.headers, rows, sheet.delimiter)


def as_csv(bad: BadRows) -> str:
    """The original columns and one that says what to mend, in the delimiter that the file came with.

    What a spreadsheet would run as a formula gets a ' in front, which the next import takes off again.
    """
    reason = _("What to mend")
    columns = [position for position, header in enumerate(bad.headers) if folded(header) != folded(reason)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=bad.delimiter)
    writer.writerow([*(_cell(bad.headers[position]) for position in columns), reason])
    for cells, why in bad.rows:
        writer.writerow([*(_cell(cells[position]) for position in columns), _cell(why)])
    return out.getvalue()


def _as_wide(cells: list[str], width: int, delimiter: str) -> list[str]:
    """A row cut in the wrong places, with as many cells as the header: nothing of it is lost."""
    if len(cells) <= width:
        return [*cells, *[""] * (width - len(cells))]
    return [*cells[: width - 1], delimiter.join(cells[width - 1 :]).rstrip(delimiter)]


def _cell(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else guard(text)

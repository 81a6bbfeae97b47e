"""Cells that a spreadsheet would run as formulas leave with a quote in front and come back without it.

The rule is its own inverse, so nothing else is ever touched: a text of any number of `'` followed by one of
`= + - @`, TAB, CR or LF gets one `'` more on the way out and loses one on the way in.
"""

from __future__ import annotations

import re
from typing import Final

_DANGEROUS: Final = "=+\\-@\t\r\n＝＋－＠"
_RUNS: Final = re.compile(f"'*[{_DANGEROUS}]")
_GUARDED: Final = re.compile(f"'+[{_DANGEROUS}]")


def guard(text: str) -> str:
    """A text as it may stand in a cell of an export."""
    return "'" + text if _RUNS.match(text) else text


def unguard(cell: str) -> str:
    """The text behind a cell of an export; every other text stays as it is."""
    return cell[1:] if _GUARDED.match(cell) else cell

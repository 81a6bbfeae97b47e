"""Dates of a column: whether the day or the month comes first is decided by all its values together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from flask_babel import gettext as _

from portal.imports.fields import Unreadable
from portal.imports.shown import shown
from portal.imports.undecided import Undecided

_ISO: Final = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})")
_SHORT: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_TIME: Final = re.compile(
    r"[T ,]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)? ?([AaPp][Mm])?( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?$"
)
_PIVOT: Final = 70
"""Years of two digits below it belong to this century."""


def decide(name: str, values: Iterable[str], *, told: str | None) -> str | None:
    """`day-first` or `month-first` for a column, or None where it does not matter.

    What the values prove wins over `told`. Refuses with `Undecided`, while `told` is None, a column that proves neither
    and one that proves both.
    """
    proofs: dict[str, str] = {}
    open_value = None
    for value in values:
        short = _SHORT.fullmatch(_without_time(value))
        if short is None:
            continue
        first, second = int(short[1]), int(short[3])
        if first > 12 >= second:
            proofs.setdefault("day-first", value)
        elif second > 12 >= first:
            proofs.setdefault("month-first", value)
        elif first != second:
            open_value = value
    if len(proofs) == 2 and told is None:
        raise Undecided(
            _(
                "In the column “%(column)s”, %(day)s has the day first and %(month)s the month.",
                column=name,
                day=shown(proofs["day-first"]),
                month=shown(proofs["month-first"]),
            ),
            _("Say which is right with --date-order; the others are then reported as mistakes."),
        )
    if len(proofs) == 1:
        return next(iter(proofs))
    if open_value is not None and told is None:
        raise Undecided(
            _(
                "In the column “%(column)s” every date can be read with the day or with the month first (%(value)s).",
                column=name,
                value=shown(open_value),
            ),
            _("Say which: --date-order day-first or --date-order month-first."),
        )
    return told if proofs or open_value is not None else None


def reader(order: str | None) -> Callable[[str], date]:
    """How a cell of a column of that order is read; a time of day is left out."""

    def read(text: str) -> date:
        bare = _without_time(text)
        if iso := _ISO.fullmatch(bare):
            return _date(iso[1], iso[2], iso[3])
        short = _SHORT.fullmatch(bare)
        if short is None:
            raise Unreadable(_("this is no date"), _("Write it as year-month-day, such as 2017-03-31."))
        day, month = (short[1], short[3]) if order == "day-first" else (short[3], short[1])
        return _date(_year(short[4]), month, day)

    return read


def _without_time(text: str) -> str:
    return _TIME.sub("", text.strip())


def _year(digits: str) -> str:
    if len(digits) == 4:
        return digits
    return f"{'20' if int(digits) < _PIVOT else '19'}{digits}"


def _date(year: str, month: str, day: str) -> date:
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable(
            _("there is no such day"), _("Correct it, or write it as year-month-day, such as 2017-03-31.")
        ) from None
    if not 1900 <= read.year <= 2200:
        raise Unreadable(_("the year is out of reach"), _("Dates go from 1900 to 2200."))
    return read

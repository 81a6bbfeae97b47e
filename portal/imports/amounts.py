"""Numbers of a column: which sign is the decimal one is decided by all its values, unit and currency by the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from flask_babel import gettext as _

from portal.imports.fields import Unreadable
from portal.imports.mapping import CURRENCIES, UNITS, Column
from portal.imports.shown import argument, shown
from portal.imports.undecided import Undecided

_SIGNS: Final = {"€": "EUR", "£": "GBP"}
"""Signs that name one currency; `$` and `¥` name several."""
_AMBIGUOUS: Final = ("$", "¥")
_SPACES: Final = re.compile("[ \u00a0\u202f'’]")
_NUMBER: Final = re.compile(r"[0-9][0-9.,]*|[.,][0-9]+")
_CELL: Final = re.compile(
    r"(?P<before>[A-Za-z]{3}|[$€£¥])?(?P<sign>[-+−]?)(?P<after>[A-Za-z]{3}|[$€£¥])?"
    r"(?P<number>[0-9.,]+)(?P<unit>[KkMmBb](?![A-Za-z]))?(?P<currency>[A-Za-z]{3}|[$€£¥])?"
)
_MOST: Final = Decimal(10) ** 15
_LONGEST: Final = 40
"""Characters of a number, its currency and signs included."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and, where the cell or the mapping says so, its currency."""

    value: Decimal
    currency: str | None


def decide(column: Column, values: Iterable[str], *, told: str | None, whole: bool = False) -> str:
    """`decimal-point` or `decimal-comma` for a column; what its values prove wins over `told`.

    Refuses with `Undecided` a column like 1,234 and 56,789, in which the sign can mean thousands or decimals.
    """
    proofs: dict[str, str] = {}
    open_value = None
    for value in values:
        number = _NUMBER.search(_SPACES.sub("", value))
        if number is None:
            continue
        sign = _decimal_sign(number[0], whole=whole)
        if sign is None:
            open_value = value
        elif sign:
            proofs.setdefault(sign, value)
    if len(proofs) == 1:
        return next(iter(proofs))
    if told is not None:
        return told
    if proofs:
        raise Undecided(
            _(
                "In the column “%(column)s”, %(point)s has a decimal point and %(comma)s a decimal comma.",
                column=column.name,
                point=shown(proofs["decimal-point"]),
                comma=shown(proofs["decimal-comma"]),
            ),
            _("Say which is right with --decimal; the others are then reported as mistakes."),
            column=column.position,
        )
    if open_value is not None:
        raise Undecided(
            _(
                "In the column “%(column)s” the sign in %(value)s may part thousands or decimals.",
                column=column.name,
                value=shown(open_value),
            ),
            _("Say which: --decimal point or --decimal comma."),
            column=column.position,
        )
    return "decimal-point"


def _decimal_sign(number: str, *, whole: bool) -> str | None:
    """What a number proves: a decimal sign, nothing (""), or that it could be both (None)."""
    signs = [character for character in number if character in ",."]
    if not signs:
        return ""
    last, tail = signs[-1], len(number) - number.rfind(signs[-1]) - 1
    thousands_of = {",": "decimal-point", ".": "decimal-comma"}
    decimal_of = {",": "decimal-comma", ".": "decimal-point"}
    if len(set(signs)) == 2:
        return decimal_of[last]
    if len(signs) > 1 or (whole and tail == 3):
        return thousands_of[last]
    head = number[: number.rfind(last)]
    if tail != 3 or head in ("", "0") or len(head) > 3:
        return decimal_of[last]
    return None


def dollars_untold(column: Column, values: Iterable[str], *, has_currency_column: bool) -> None:
    """Refuse with `Undecided` a column of dollars unless the mapping, or a column of its own, says which dollars."""
    if column.currency or has_currency_column:
        return
    for value in values:
        if any(sign in value for sign in _AMBIGUOUS):
            raise Undecided(
                _(
                    "The column “%(column)s” says %(value)s, but not in which currency.",
                    column=column.name,
                    value=shown(value),
                ),
                _("Say it: --map %(told)s.", told=argument(f"{column.header}={column.field.key}:USD")),
                column=column.position,
            )


def read(text: str, column: Column, decimal: str) -> Amount:
    """The amount of a cell, in units of 1. Brackets and a trailing minus mean less than nothing."""
    bare = _SPACES.sub("", text)
    negative = (bare.startswith("(") and bare.endswith(")")) or bare.endswith("-")
    cell = _CELL.fullmatch(bare.strip("()").rstrip("-") if negative else bare)
    if cell is None or len(bare) > _LONGEST:
        raise Unreadable(_("this is no number"), _("Write digits, such as 1234.50."))
    value = _decimal(cell["number"], decimal)
    if cell["sign"] in ("-", "−") or negative:
        value = -value
    if cell["unit"] and column.unit != UNITS["1"]:
        raise Unreadable(
            _("it says its own unit, and so does the mapping"),
            _("Take the unit out of the cell, or tell none for the column."),
        )
    unit = UNITS[cell["unit"].upper()] if cell["unit"] else column.unit
    if unit != UNITS["1"]:
        value = (value * unit).normalize()
    if abs(value) >= _MOST:
        raise Unreadable(_("the number is too large"), _("Write an amount below 1,000,000,000,000,000."))
    return Amount(value, _currency(cell, column))


def _decimal(number: str, decimal: str) -> Decimal:
    point, thousands = (".", ",") if decimal == "decimal-point" else (",", ".")
    head, _sign, tail = number.partition(point)
    groups = head.split(thousands)
    grouped = len(groups) == 1 or (len(groups[0]) in (1, 2, 3) and all(len(group) == 3 for group in groups[1:]))
    if not grouped or thousands in tail or point in tail or not (head or tail):
        example = "1,234.50" if point == "." else "1.234,50"
        raise Unreadable(
            _("the signs in this number do not fit the others of the column"),
            _("Write it like %(example)s.", example=example),
        )
    return Decimal(f"{''.join(groups) or '0'}.{tail or '0'}") if tail else Decimal("".join(groups))


def _currency(cell: re.Match[str], column: Column) -> str | None:
    named = [part for part in (cell["before"], cell["after"], cell["currency"]) if part and part not in _AMBIGUOUS]
    codes = {_SIGNS.get(part, part.upper()) for part in named}
    if column.currency:
        codes.add(column.currency)
    unknown = sorted(codes - CURRENCIES)
    if unknown:
        raise Unreadable(
            _("%(code)s is no currency", code=unknown[0]), _("Write a code of three letters, such as USD.")
        )
    if len(codes) > 1:
        raise Unreadable(
            _("it is not in %(code)s", code=column.currency or sorted(codes)[0]),
            _("Correct the currency, or tell the right one for the column."),
        )
    return next(iter(codes), None)

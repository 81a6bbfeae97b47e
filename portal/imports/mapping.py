"""Which column of a file goes to which field: told by `--map`, else guessed from the headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from babel import Locale
from flask_babel import gettext as _

from portal.database.refusal import Invalid
from portal.imports.fields import Field, Shape
from portal.imports.shown import shown
from portal.imports.undecided import Undecided

UNITS: Final = {"1": Decimal(1), "K": Decimal(1_000), "M": Decimal(1_000_000), "B": Decimal(1_000_000_000)}
"""What a number of a column stands for: thousands, millions, (American) billions."""
DATE_ORDERS: Final = ("day-first", "month-first")
DECIMALS: Final = ("decimal-comma", "decimal-point")
CURRENCIES: Final = frozenset(Locale("en").currencies)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, the field that it goes to, and how its cells are to be read."""

    position: int
    header: str
    field: Field
    unit: Decimal = UNITS["1"]
    currency: str | None = None
    date_order: str | None = None
    decimal: str | None = None

    @property
    def name(self) -> str:
        """The header as it can be printed; the position where the header is empty."""
        return shown(self.header) or f"#{self.position + 1}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for a column: the key of a field, or none, and the options that `--map` takes behind it."""

    field: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns that are read, in the order of the file, and the headers of those that are not."""

    columns: tuple[Column, ...]
    unread: tuple[str, ...]

    def column(self, key: str) -> Column | None:
        """The column that goes to a field, if there is one."""
        return next((column for column in self.columns if column.field.key == key), None)


def folded(text: str) -> str:
    """A header without what spellings differ in: capitals, spaces, underscores, punctuation."""
    return "".join(character for character in text.casefold() if character.isalnum())


def resolve(
    headers: Sequence[str],
    fields: Sequence[Field],
    needs: Sequence[Sequence[str]],
    told: Iterable[str] = (),
    choices: Sequence[Choice] | None = None,
) -> Mapping:
    """Map the columns. `told`: texts `column=field[:option…]`; `needs`: groups of fields, one of each is required.

    With `choices`, one for each column of the file, nothing is guessed.
    Refuses with `Invalid`: an unknown column or field, two columns for one field, a required field without a column.
    """
    chosen = _told_all(told, headers, fields) if choices is None else _chosen(choices, headers, fields)
    columns_taken = [column for column in chosen.values() if column]
    taken = [column.field.key for column in columns_taken]
    twice = next((column.field for column in columns_taken if taken.count(column.field.key) > 1), None)
    if twice:
        raise Invalid(_("“%(field)s” is given two columns; a field takes one.", field=twice.label))
    for field in fields:
        if field.key not in taken:
            position_guessed = _guess(field, headers, chosen)
            if position_guessed is not None:
                chosen[position_guessed] = Column(position_guessed, headers[position_guessed], field)
    columns = tuple(column for _position, column in sorted(chosen.items()) if column)
    mapped = {column.position for column in columns}
    unread = tuple(shown(header) or f"#{n + 1}" for n, header in enumerate(headers) if n not in mapped)
    _require(columns, fields, needs, headers)
    return Mapping(columns, unread)


def guessed(headers: Sequence[str], fields: Sequence[Field]) -> list[Choice]:
    """What the headers say of themselves, one choice for each column; of two equally sure columns the first."""
    chosen: dict[int, Column | None] = {}
    for field in fields:
        surest = _surest(field, headers, chosen)
        if surest:
            chosen[surest[0]] = Column(surest[0], headers[surest[0]], field)
    found = [chosen.get(position) for position in range(len(headers))]
    return [Choice(column.field.key) if column else Choice() for column in found]


def _chosen(choices: Sequence[Choice], headers: Sequence[str], fields: Sequence[Field]) -> dict[int, Column | None]:
    if len(choices) != len(headers):
        raise Invalid(_("The file has other columns than those that were matched. Choose it again."))
    by_key = {field.key: field for field in fields}
    chosen: dict[int, Column | None] = {}
    for position, choice in enumerate(choices):
        if choice.field and choice.field not in by_key:
            raise Invalid(_("There is no field “%(key)s” here.", key=shown(choice.field)))
        column = Column(position, headers[position], by_key[choice.field]) if choice.field else None
        for option in choice.options if column else ():
            column = column and _with(column, option)
        chosen[position] = column
    return chosen


def _told_all(told: Iterable[str], headers: Sequence[str], fields: Sequence[Field]) -> dict[int, Column | None]:
    chosen: dict[int, Column | None] = {}
    for text in told:
        position, column = _told(text, headers, fields)
        if position in chosen:
            raise Invalid(_("--map names the column “%(column)s” twice.", column=shown(headers[position])))
        chosen[position] = column
    return chosen


def _surest(field: Field, headers: Sequence[str], chosen: dict[int, Column | None]) -> list[int]:
    """The free columns with the surest of the field's names that any of them has."""
    free = {position: folded(header) for position, header in enumerate(headers) if position not in chosen}
    for alias in (field.key, *field.aliases):
        found = [position for position, header in free.items() if header == folded(alias)]
        if found:
            return found
    return []


def _guess(field: Field, headers: Sequence[str], chosen: dict[int, Column | None]) -> int | None:
    """The free column with the surest of the field's names. Refuses two that are equally sure."""
    found = _surest(field, headers, chosen)
    if len(found) > 1:
        raise Invalid(
            _(
                "Columns %(first)s and %(second)s are both called “%(header)s”. Say which one to read: "
                "--map '#%(first)s=%(field)s'.",
                first=found[0] + 1,
                second=found[1] + 1,
                header=shown(headers[found[0]]),
                field=field.key,
            )
        )
    return found[0] if found else None


def _require(
    columns: Sequence[Column], fields: Sequence[Field], needs: Sequence[Sequence[str]], headers: Sequence[str]
) -> None:
    known = {column.field.key for column in columns}
    for group in needs:
        if not known.intersection(group):
            labels = _(" or ").join(f"“{field.label}”" for field in fields if field.key in group)
            raise Undecided(
                _("No column is known to hold %(labels)s.", labels=labels),
                _(
                    "Name it: --map 'column=%(field)s'. The file has: %(headers)s.",
                    field=group[0],
                    headers=_listed(headers),
                ),
            )


def _told(text: str, headers: Sequence[str], fields: Sequence[Field]) -> tuple[int, Column | None]:
    name, separator, target = text.rpartition("=")
    if not separator or not name.strip():
        raise Invalid(_("--map takes column=field, such as --map 'Sector=industry', not “%(text)s”.", text=shown(text)))
    position = _position(name.strip(), headers)
    key, *options = [part.strip() for part in target.split(":")]
    if key in ("", "-"):
        return position, None
    field = next((field for field in fields if folded(field.key) == folded(key)), None)
    if field is None:
        keys = [field.key for field in fields]
        raise Invalid(
            _("There is no field “%(key)s” here. The fields are: %(keys)s.", key=shown(key), keys=", ".join(keys))
        )
    column = Column(position, headers[position], field)
    for option in options:
        column = _with(column, option)
    return position, column


def _position(name: str, headers: Sequence[str]) -> int:
    """The column of a header as it was typed, or of `#5`. Refuses `Invalid` where there is none."""
    for same in (lambda header: header == name, lambda header: folded(header) == folded(name) != ""):
        found = [position for position, header in enumerate(headers) if same(header)]
        if found:
            return found[0]
    numbered = re.fullmatch(r"#([0-9]{1,4})", name)
    if numbered and 1 <= int(numbered[1]) <= len(headers):
        return int(numbered[1]) - 1
    close = get_close_matches(name, headers, n=1)
    hint = _(" Did you mean “%(close)s”?", close=shown(close[0])) if close else ""
    raise Invalid(
        _(
            "The file has no column “%(name)s”.%(hint)s It has: %(headers)s.",
            name=shown(name),
            hint=hint,
            headers=_listed(headers),
        )
    )


def _with(column: Column, option: str) -> Column:
    """A column with one more thing told: its unit, currency, decimal sign, or order of day and month."""
    shape, code = column.field.shape, option.upper()
    if shape is Shape.DATE and option in DATE_ORDERS:
        return replace(column, date_order=option)
    if shape in (Shape.AMOUNT, Shape.WHOLE) and option in DECIMALS:
        return replace(column, decimal=option)
    if shape in (Shape.AMOUNT, Shape.WHOLE) and code in UNITS:
        return replace(column, unit=UNITS[code])
    if shape is Shape.AMOUNT and code in CURRENCIES:
        return replace(column, currency=code)
    raise Invalid(
        _(
            "“%(option)s” says nothing about %(field)s. Amounts take a unit (K, M, B), a currency (USD) and "
            "decimal-comma or decimal-point; dates take day-first or month-first.",
            option=shown(option),
            field=column.field.key,
        )
    )


def _listed(headers: Sequence[str]) -> str:
    names = [shown(header) or f"#{position + 1}" for position, header in enumerate(headers)]
    return ", ".join(names[:30]) + ("…" if len(names) > 30 else "")

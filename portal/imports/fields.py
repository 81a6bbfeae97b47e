"""What a row can hold: a field's names in foreign files, its shape, and how one cell of it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from flask_babel import LazyString
from flask_babel import gettext as _

from portal.imports.shown import shown

Reader = Callable[[str], Any]


class Unreadable(Exception):  # noqa: N818 -- becomes a mistake of the report
    """A cell cannot be taken as it stands; says why, and what to do about it."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class Shape(StrEnum):
    """How the cells of a field are read; dates and numbers are decided for a whole column."""

    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a row can say. `aliases` are headers it is known by elsewhere, the surest first."""

    key: str
    label: str | LazyString
    aliases: tuple[str, ...] = ()
    shape: Shape = Shape.TEXT
    read: Reader | None = None
    longest: int = 200
    least: int = 0
    most: int = 2_147_483_647
    vocabulary: str | None = None
    exported: bool = True
    currency: str | None = None
    """For an amount: the key of the field that says its currency."""


def single_line(text: str, longest: int = 200) -> str:
    """A text on one line, without odd spaces.

    Refuses what is longer than `longest` characters, and characters that cannot be shown (NUL, half characters, those
    that turn the direction of what follows).
    """
    odd = (
        None if text.isprintable() else next((one for one in text if not one.isprintable() and not one.isspace()), None)
    )
    if odd is not None:
        raise Unreadable(
            _("it holds the character %(code)s, which cannot be shown", code=shown(odd)),
            _("Take the character out, or export the file again as UTF-8."),
        )
    clean = " ".join(text.split())
    if len(clean) > longest:
        raise Unreadable(
            _("it is %(length)s characters long", length=len(clean)),
            _("Shorten it to %(longest)s characters.", longest=longest),
        )
    return clean


def portal_id(text: str) -> UUID:
    """The id that an export of the portal gave the row."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise Unreadable(
            _("this is no id of the portal"), _("Leave it empty; only exports of the portal fill it.")
        ) from None


_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def domain(text: str) -> str:
    """A company's domain, also where a web address was given."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    bare = re.split(r"[/?#:]", bare, maxsplit=1)[0].removeprefix("www.").rstrip(".")
    try:
        plain = bare.encode("idna").decode("ascii")
    except UnicodeError:
        plain = ""
    if not _DOMAIN.fullmatch(plain):
        raise Unreadable(_("this is no domain"), _("Write it like example.com."))
    return bare


def instant(text: str) -> datetime:
    """A point in time as our exports write it."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable(_("this is no point in time"), _("Write it like 2026-03-31T14:00:00+00:00.")) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_SALESFORCE: Final = re.compile(r"(001|003|005|006|00Q|01t)(?=.*[A-Za-z])[0-9A-Za-z]{12}")
_CHECKED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def crm_id(text: str) -> str:
    """A record's id in the CRM; Salesforce's short form of 15 characters becomes its long form of 18."""
    clean = single_line(text, 200)
    if not _SALESFORCE.fullmatch(clean):
        return clean
    capitals = [sum(clean[part + bit].isupper() << bit for bit in range(5)) for part in (0, 5, 10)]
    return clean + "".join(_CHECKED[sum_] for sum_ in capitals)

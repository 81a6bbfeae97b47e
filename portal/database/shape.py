"""The shape that the database has and the one that this code needs: names of revisions, read without Alembic."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

SHAPE_LOCK: Final = 7_241_001
"""The advisory lock of whoever changes the shape of the database; shared by who needs it to stay."""
_HERE: Final = Path(__file__).resolve().parent.parent
_NAMES: Final = re.compile(r'^revision = "(\w+)"\ndown_revision = (?:None|"(\w+)")$', re.MULTILINE)


class UnknownRevisionError(Exception):
    """A revision that is asked for, or that the database is at, is none of this version; the text says which."""


def scripts() -> Path:
    """Where the revisions are: inside an installed wheel, or at the root of a checkout."""
    shipped = _HERE / "migrations"
    return shipped if shipped.is_dir() else _HERE.parent / "migrations"


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that the code knows, oldest first; `LookupError` when their files are not one line of them."""
    following: dict[str | None, str] = {}
    files = list(scripts().glob("versions/*.py"))
    for file in files:
        names = _NAMES.search(file.read_text(encoding="utf-8"))
        if names is None:
            raise LookupError(f"{file.name} does not name its revision and the one before.")
        following[names[2]] = names[1]
    line: list[str] = []
    while (newer := following.pop(line[-1] if line else None, None)) is not None:
        line.append(newer)
    if not line or len(line) != len(files):
        raise LookupError(f"The migrations in {scripts()} are not one line, each after another.")
    return tuple(line)


def head() -> str:
    """The newest revision that the code knows."""
    return revisions()[-1]


def known() -> str:
    """The revisions that the code knows, oldest first, to be shown."""
    return ", ".join(("base", *revisions()))


def at_head(connection: Connection) -> bool:
    """Whether the database has the shape that this code needs; false too of one that has none yet."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return False
    return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [head()]

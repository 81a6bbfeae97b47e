"""Files that wait to be imported: in the instance folder under random names, never served, gone after the import."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final
from uuid import UUID, uuid4

from flask_babel import gettext as _

from portal.database.refusal import Gone, Invalid
from portal.settings import Settings

LARGEST: Final = 25 * 1024 * 1024
"""Bytes of a file that is sent by a browser; the command takes larger ones."""
_AT_ONCE: Final = 1024 * 1024


def folder(settings: Settings) -> Path:
    """Where they are."""
    return settings.instance / "imports"


def keep(where: Path, content: IO[bytes]) -> tuple[UUID, int]:
    """Write a file; its name, and how many bytes it has. Refuses `Invalid` one that is too large."""
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    name, size = uuid4(), 0
    path = where / str(name)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            while part := content.read(_AT_ONCE):
                size += len(part)
                if size > LARGEST:
                    raise Invalid(
                        _(
                            "The file is larger than %(most)s MB. Split it and import the parts one after the other.",
                            most=LARGEST // (1024 * 1024),
                        ),
                        field="file",
                    )
                sink.write(part)
            sink.flush()
            os.fsync(sink.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name, size


def read(where: Path, name: UUID) -> bytes:
    """What a file holds. Refuses `Gone` one that is not there any more."""
    try:
        return (where / str(name)).read_bytes()
    except FileNotFoundError:
        raise Gone(_("The file is not here any more. Choose it again.")) from None


def forget(where: Path, name: UUID) -> None:
    """Delete a file; one that is gone already stays so."""
    (where / str(name)).unlink(missing_ok=True)

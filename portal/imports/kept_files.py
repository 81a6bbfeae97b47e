"""Files that wait to be imported: in the instance folder under random names, never served, gone after the import."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO, Final
from uuid import UUID, uuid4

from flask_babel import gettext as _

from portal.clock import wall
from portal.database.refusal import Gone, Invalid
from portal.settings import Settings

LARGEST: Final = 25 * 1024 * 1024
"""Bytes of a file that is sent by a browser; the command takes larger ones."""
_AT_ONCE: Final = 1024 * 1024
_YOUNG: Final = 3600
"""Seconds in which a file without a row may still get one."""


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


def forget_others(where: Path, wanted: Container[UUID]) -> int:
    """Delete the files that are not wanted and not new; how many there were."""
    gone = 0
    for name, path in _named(where):
        if name not in wanted and wall().timestamp() - path.stat().st_mtime > _YOUNG:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _named(where: Path) -> Iterator[tuple[UUID, Path]]:
    for path in sorted(where.glob("*-*-*-*-*")) if where.is_dir() else ():
        try:
            yield UUID(path.name), path
        except ValueError:
            continue

"""Files in the instance folder under random names; each belongs to a row, and those without one are swept."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from portal.clock import wall
from portal.settings import Settings

_YOUNG: Final = 3600
"""Seconds in which a file without a row may still get one."""


def folder(settings: Settings) -> Path:
    """Where what was handed in lies; backups hold it."""
    return settings.instance / "files"


def write(where: Path, content: bytes) -> UUID:
    """Write a file that outlives a crash; its name. A transaction that names it comes after."""
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = uuid4()
    path = where / str(name)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        listed = os.open(where, os.O_RDONLY)
        try:
            os.fsync(listed)
        finally:
            os.close(listed)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name


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

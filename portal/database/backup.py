"""A backup: database and files of an installation in one archive, taken while people work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from portal.database import archive, snapshot
from portal.database.archive import Manifest

LEFT_OUT: Final = ("postgresql", "secret_key", "imports")
"""Of the instance folder: the embedded database, whose rows are in the archive, the key, which never is, and files that
wait to be imported, which must not outlive their days."""


def make(url: str, instance: Path, path: Path) -> Manifest:
    """Write the archive `path`; all that was committed before is in it. Refuses a name that is taken (`BackupError`).

    The rows first, the files after them: a file that a row names was there before the row.
    """
    with archive.written(path) as writer:
        with snapshot.still(url) as connection:
            manifest = snapshot.take(connection, writer)
        manifest.files = sum(_keep(instance, name, writer) for name in files(instance))
        writer.manifest(manifest)
    return manifest


def files(instance: Path) -> Iterator[PurePosixPath]:
    """The names of what belongs to the installation in its folder, without links."""
    for folder, folders, names in os.walk(instance):
        here = PurePosixPath(folder).relative_to(PurePosixPath(instance))
        folders[:] = sorted(name for name in folders if belongs(here / name))
        for name in sorted(names):
            path = Path(folder, name)
            if belongs(here / name) and path.is_file() and not path.is_symlink():
                yield here / name


def belongs(name: PurePosixPath) -> bool:
    """Whether a file of this name, seen from the instance folder, goes into a backup."""
    first = name.parts[0]
    return first.partition(".")[0] not in LEFT_OUT and not any(part.startswith(".") for part in name.parts)


def _keep(instance: Path, name: PurePosixPath, writer: archive.Writer) -> bool:
    try:
        source = (instance / name).open("rb")
    except FileNotFoundError:
        return False  # deleted meanwhile
    with source:
        if archive.is_marked(source):
            return False  # a backup in a backup
        source.seek(0)
        with writer.file(name) as sink:
            shutil.copyfileobj(source, sink)
    return True

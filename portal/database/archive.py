"""The file of a backup: a ZIP with what its tables hold, the files of the instance, and a sum over every byte of it.

The sum is the comment at the end of the ZIP. It finds damage; it is no signature.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Final

from pydantic import BaseModel, Field, ValidationError

FORMAT: Final = 1
"""Raised when older versions could no longer read what is written."""
_MARK: Final = "advocate-portal-backup"
_MARKED: Final = slice(30, 30 + len(_MARK))
"""Where a ZIP names its first entry."""
_MANIFEST: Final = "manifest.json"
_TABLES: Final = "tables/"
_FILES: Final = "files/"
_SUM: Final = 64
"""Characters of a SHA-256."""


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why, for an operator."""


class Table(BaseModel):
    """A table, and the columns in the order of its rows."""

    name: str
    columns: list[str]
    rows: int


class Sequence(BaseModel):
    """A sequence, and the number that it gives next."""

    name: str
    next: int


class Manifest(BaseModel):
    """What an archive holds and what can read it; `revision` is the shape of its database."""

    format: int
    version: str
    revision: str
    made_at: str
    tables: list[Table]
    sequences: list[Sequence]
    files: Annotated[int, Field(ge=0)] = 0


class Writer:
    """An archive that is being written."""

    def __init__(self, bundle: zipfile.ZipFile) -> None:
        self._bundle = bundle
        bundle.writestr(zipfile.ZipInfo(_MARK), b"")

    def table(self, name: str) -> IO[bytes]:
        """Where the rows of a table go."""
        return self._bundle.open(_entry(_TABLES + name), "w", force_zip64=True)

    def file(self, name: PurePosixPath) -> IO[bytes]:
        """Where the content of a file of the instance goes."""
        return self._bundle.open(_entry(_FILES + str(name)), "w", force_zip64=True)

    def manifest(self, manifest: Manifest) -> None:
        """Say what is in it."""
        self._bundle.writestr(_entry(_MANIFEST), manifest.model_dump_json(indent=2))


class Archive:
    """An archive whose sum is right."""

    def __init__(self, path: Path, bundle: zipfile.ZipFile) -> None:
        self.path = path
        self._bundle = bundle
        try:
            self.manifest = Manifest.model_validate_json(bundle.read(_MANIFEST))
        except (KeyError, ValidationError):
            raise BackupError(
                f"{path} was made by another version of the portal, in a way that this one cannot read: restore it "
                f"with that version or a later one. Nothing was changed."
            ) from None

    def table(self, name: str) -> IO[bytes]:
        """The rows of a table, as COPY writes them."""
        return self._bundle.open(_TABLES + name)

    def unpack(self, folder: Path) -> list[PurePosixPath]:
        """Write the files of the instance below `folder`; their names."""
        names = [PurePosixPath(name[len(_FILES) :]) for name in self._bundle.namelist() if name.startswith(_FILES)]
        for name in names:
            if name.is_absolute() or ".." in name.parts:
                raise BackupError(f"{self.path} holds a file outside of the instance: {name}. Nothing was changed.")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._bundle.open(_FILES + str(name)) as source, _new_file(target) as sink:
                shutil.copyfileobj(source, sink)
        return names


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """Write an archive that appears under its name when it is whole and on the disk, readable by its owner alone.

    Refuses a name that is taken (`BackupError`).
    """
    if path.exists():
        raise BackupError(f"{path} exists already: choose another name, or remove it first.")
    half_made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with _new_file(half_made) as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
                yield Writer(bundle)
                bundle.comment = b"0" * _SUM
            stream.seek(0, os.SEEK_END)
            end = stream.tell() - _SUM
            stream.seek(0)
            total = _sum(stream, end)
            stream.seek(end)
            stream.write(total)
            stream.flush()
            os.fsync(stream.fileno())
        half_made.rename(path)
    finally:
        half_made.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Read an archive; refuses what is none, and one in which a single byte is not as it was written."""
    with path.open("rb") as stream:
        if not is_marked(stream):
            raise BackupError(f"{path} is no backup of the portal. Nothing was changed.")
        end = stream.seek(0, os.SEEK_END) - _SUM
        stream.seek(0)
        total = _sum(stream, end)
        if stream.read() != total:
            raise BackupError(
                f"{path} is damaged or incomplete: its sum does not match. Use another backup. Nothing was changed."
            )
        with zipfile.ZipFile(stream) as bundle:
            yield Archive(path, bundle)


def is_marked(stream: IO[bytes]) -> bool:
    """Whether a file says of itself, in its first bytes, that it is a backup."""
    return stream.read(_MARKED.stop)[_MARKED] == _MARK.encode()


def _sum(stream: IO[bytes], length: int) -> bytes:
    """The sum of the next bytes, as text."""
    total = hashlib.sha256()
    while length > 0 and (part := stream.read(min(length, 1 << 20))):
        total.update(part)
        length -= len(part)
    return total.hexdigest().encode()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _new_file(path: Path) -> IO[bytes]:
    """A file that was not there, for its owner alone."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")

"""Putting a backup back: the whole of it or nothing. It brings Alembic; who only makes backups does without."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final, cast

from sqlalchemy import Connection, Engine, text

from portal.database import migrating, snapshot
from portal.database.archive import FORMAT, Archive, BackupError
from portal.database.backup import belongs
from portal.database.shape import head, revisions

_FILLED: Final = ("person", "company", "product", "opportunity", "audit_entry")
"""Where something is once anybody did anything."""
_GOODBYE: Final = 2.0
"""Seconds that the sessions of a portal that was just stopped may take to end."""

_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_TABLES: Final = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
)


def refuse_unreadable(archive: Archive) -> None:
    """Refuse (`BackupError`) an archive that a newer version made."""
    manifest = archive.manifest
    if manifest.format > FORMAT or manifest.revision not in revisions():
        raise BackupError(
            f"{archive.path} was made by a newer version of the portal ({manifest.version}, shape {manifest.revision}):"
            f" this one knows shapes up to {head()}. Install that version and restore with it. Nothing was changed."
        )


def restore(engine: Engine, instance: Path, archive: Archive, *, overwrite: bool = False) -> None:
    """Make database and files those of the archive, in the shape of this version.

    One transaction: it ends as it was or as the archive is. Refuses (`BackupError`) an archive of a newer version, a
    database that is in use, one that belongs to another program, and without `overwrite` one that is filled.
    """
    refuse_unreadable(archive)
    with engine.begin() as connection, _staged(instance, archive) as put_in_place:
        driver = cast("snapshot.Connection", connection.connection.driver_connection)
        snapshot.settle(driver)
        _refuse_in_use(connection)
        _refuse_filled(connection, overwrite=overwrite)
        migrating.rebuild(connection, archive.manifest.revision)
        snapshot.put_back(driver, archive)
        migrating.raise_to_head(connection)
        put_in_place()  # files without rows harm nobody, should the commit fail
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _refuse_in_use(connection: Connection) -> None:
    deadline = time.monotonic() + _GOODBYE
    while others := connection.scalar(_OTHERS):
        if time.monotonic() > deadline:
            raise BackupError(
                f"The database is in use by others (connections: {others}): stop `portal serve` and every"
                " `portal worker` first. Nothing was changed."
            )
        time.sleep(0.1)
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))


def _refuse_filled(connection: Connection, *, overwrite: bool) -> None:
    present = set(connection.scalars(_TABLES))
    if present and "alembic_version" not in present:
        raise BackupError("The database holds tables of another program: give the portal one of its own.")
    if overwrite:
        return
    for table in _FILLED:
        if table in present and connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608
            raise BackupError(
                "The database is filled already. Restore into an empty instance, or replace everything that is in this "
                "one with --overwrite. Nothing was changed."
            )


class _Staged:
    """Files of an archive beside the place where they belong."""

    def __init__(self, instance: Path, stage: Path, names: list[PurePosixPath]) -> None:
        self.instance = instance
        self.stage = stage
        self.names = names

    def __call__(self) -> None:
        for name in self.names:
            target = self.instance / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.stage / name).replace(target)


@contextmanager
def _staged(instance: Path, archive: Archive) -> Iterator[_Staged]:
    """Unpack the files next to their places; the result puts them there. What cannot be written is found out now."""
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    stage = instance / f".restoring-{secrets.token_hex(4)}"
    stage.mkdir(mode=0o700)
    try:
        names = archive.unpack(stage)
        for name in names:
            if not belongs(name):
                raise BackupError(f"{archive.path} holds {name}, which no backup holds. Nothing was changed.")
        yield _Staged(instance, stage, names)
    finally:
        shutil.rmtree(stage)

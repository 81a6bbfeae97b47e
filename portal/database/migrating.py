"""Bringing the database to the shape that this version of the code needs.

It brings Alembic, and with it a tenth of a second: who only asks for the shape asks `portal.database.shape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from portal.database.shape import UnknownRevisionError, known, scripts

_ONE_AT_A_TIME: Final = 7_241_001


def config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (CommandError, RevisionError) as error:
        raise UnknownRevisionError(f"{error}. This version of the portal knows: {known()}.") from error


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction; a second process that tries meanwhile waits its turn.

    Refuses (`UnknownRevisionError`) a database that a later version has shaped.
    """
    with _said_plainly(), engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)")
        )
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        command.upgrade(config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to `revision` in one transaction."""
    with _said_plainly(), engine.begin() as connection:
        command.downgrade(config(connection), revision)


def move(engine: Engine, revision: str) -> None:
    """Go to `revision`, forwards or back."""
    with _said_plainly(), engine.connect() as connection:
        settings = config(connection)
        script = ScriptDirectory.from_config(settings)
        now = MigrationContext.configure(connection).get_current_revision()
        done = {entry.revision for entry in script.iterate_revisions(now, "base")} if now else set()
    if revision == "base" or (revision in done and revision != now):
        downgrade(engine, revision)
    else:
        migrate(engine, revision)

"""Bringing the database to the shape that this version of the code needs.

It brings Alembic, and with it a tenth of a second: who only asks for the shape asks `portal.database.shape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from portal.database.shape import SHAPE_LOCK, UnknownRevisionError, known, scripts


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
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SHAPE_LOCK})
        command.upgrade(config(connection), revision)


def rebuild(connection: Connection, revision: str) -> None:
    """Take down all that is there and build the shape of `revision`, empty, in the transaction that is open.

    Refuses (`UnknownRevisionError`) a database that a later version has shaped.
    """
    with _said_plainly():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SHAPE_LOCK})
        if MigrationContext.configure(connection).get_current_revision() is not None:
            _empty(connection)
            command.downgrade(config(connection), "base")
        command.upgrade(config(connection), revision)


def _empty(connection: Connection) -> None:
    """Take every row away: the way down refuses rows that an older shape could not hold."""
    tables = connection.scalars(
        text(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname <> 'alembic_version' AND relowner = current_user::regrole"
        )
    ).all()
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    connection.execute(text(f"TRUNCATE {', '.join(tables)}"))


def raise_to_head(connection: Connection) -> None:
    """Upgrade to this version's shape in the transaction that is open."""
    with _said_plainly():
        command.upgrade(config(connection), "head")


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

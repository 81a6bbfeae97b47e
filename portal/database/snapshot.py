"""All rows of the database as they were at one instant, taken out and put back by COPY.

No program of PostgreSQL is needed, and what was taken from one version of PostgreSQL goes into another
(docs/decisions/0011-backups.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from portal.database.archive import FORMAT, Archive, BackupError, Manifest, Sequence, Table, Writer
from portal.database.shape import SHAPE_LOCK, head

_CHUNK: Final = 1 << 18
_SETTLED: Final = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
}

_TABLES: Final = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns, 0 AS rows
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
   AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 GROUP BY c.relname ORDER BY c.relname"""
_SEQUENCES: Final = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' ORDER BY c.relname"""
_KEYS: Final = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.connamespace = current_schema()::regnamespace AND k.contype = 'f' ORDER BY c.relname, k.conname"""

Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def still(url: str) -> Iterator[Connection]:
    """A connection that sees the database as it is now for as long as it lasts, and whose shape nobody changes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [SHAPE_LOCK])
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            settle(connection)
            yield connection


def settle(connection: Connection) -> None:
    """Until the end of the transaction: no hurry, and values written the same way whoever asks."""
    for name, value in _SETTLED.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


def take(connection: Connection, archive: Writer) -> Manifest:
    """Write all rows into the archive; what they are. The database has the shape of this version."""
    began = datetime.now(UTC)
    tables = _tables(connection)
    for table in tables:
        with archive.table(table.name) as sink, connection.cursor() as cursor:
            with cursor.copy(_copy(table, "TO STDOUT")) as rows:
                for part in rows:
                    sink.write(part)
            table.rows = cursor.rowcount
    return Manifest(
        format=FORMAT,
        version=version("advocate-portal"),
        revision=head(),
        made_at=began.isoformat(timespec="seconds"),
        tables=tables,
        sequences=_sequences(connection),
    )


def put_back(connection: Connection, archive: Archive) -> None:
    """Replace all rows by those of the archive, in the transaction that is open; the shape is that of the archive.

    Triggers rest meanwhile: what they would do was done when the rows were written first. All keys, checks and unique
    indexes are held against every row.
    """
    tables = archive.manifest.tables
    if [(table.name, sorted(table.columns)) for table in tables] != [
        (table.name, sorted(table.columns)) for table in _tables(connection)
    ]:
        raise BackupError(f"{archive.path} holds other tables than its shape has. Nothing was changed.")
    try:
        with _at_rest(connection, tables):
            for table in tables:
                _fill(connection, archive, table)
        for sequence in archive.manifest.sequences:
            connection.execute(
                sql.SQL("ALTER SEQUENCE {} RESTART WITH {}").format(sql.Identifier(sequence.name), sequence.next)
            )
    except psycopg.Error as error:
        said = str(error).partition("\n")[0]
        raise BackupError(f"{archive.path} cannot be restored: {said}. Nothing was changed.") from error


def _tables(connection: Connection) -> list[Table]:
    with connection.cursor(row_factory=class_row(Table)) as cursor:
        return cursor.execute(_TABLES).fetchall()


def _sequences(connection: Connection) -> list[Sequence]:
    """Read after the rows were seen: a number given meanwhile is left out, never given twice."""
    found = []
    for (name,) in connection.execute(_SEQUENCES).fetchall():
        following = connection.execute(
            sql.SQL("SELECT last_value + is_called::int FROM {}").format(sql.Identifier(str(name)))
        ).fetchone()
        found.append(Sequence.model_validate({"name": name, "next": following[0] if following else 1}))
    return found


def _fill(connection: Connection, archive: Archive, table: Table) -> None:
    with archive.table(table.name) as source, connection.cursor() as cursor:
        with cursor.copy(_copy(table, "FROM STDIN")) as rows:
            while part := source.read(_CHUNK):
                rows.write(part)
        if cursor.rowcount != table.rows:
            raise BackupError(f"{archive.path} lacks rows of {table.name}. Nothing was changed.")


@contextmanager
def _at_rest(connection: Connection, tables: list[Table]) -> Iterator[None]:
    """All tables empty, without triggers and foreign keys; both are there again afterwards, the keys checked."""
    names = [sql.Identifier(table.name) for table in tables]
    keys = [
        (sql.Identifier(str(table)), sql.Identifier(str(name)), sql.SQL(str(definition)))
        for table, name, definition in connection.execute(_KEYS).fetchall()
    ]
    for name in names:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    for key_table, key, _definition in keys:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(key_table, key))
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for key_table, key, definition in keys:
        connection.execute(sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(key_table, key, definition))
    for name in names:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))


def _copy(table: Table, direction: str) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(table.name), columns, sql.SQL(direction))

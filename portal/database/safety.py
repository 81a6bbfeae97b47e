"""What of the database itself would make a production installation unsafe (trust.md, ground rules)."""

from __future__ import annotations

from sqlalchemy import Engine, text


def problems(engine: Engine) -> list[str]:
    """A sentence for each fault of the connected server or role; an empty list means that it can be trusted."""
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,"
                " current_setting('synchronous_commit') AS synchronous, current_setting('fsync') AS fsync,"
                " current_setting('full_page_writes') AS pages, current_setting('server_version_num')::int AS version,"
                " nullif(current_setting('portal.now', true), '') AS pinned"
            )
        ).one()
    found = []
    if row.superuser:
        found.append("DATABASE_URL signs in as a superuser: use a role that owns only the portal's database.")
    if row.synchronous in {"off", "local"}:
        found.append("synchronous_commit is off: acknowledged points could vanish in a crash. Set it to on.")
    if row.fsync == "off" or row.pages == "off":
        found.append("fsync or full_page_writes is off: the database would not survive a crash. Set both to on.")
    if row.version < 150_000:
        found.append("This PostgreSQL is too old: use version 15 or later.")
    if row.pinned:
        found.append("portal.now is set for this role or database: the clock stands still. Reset it.")
    return found

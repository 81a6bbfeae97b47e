"""The session, the unit of work, and what every table shares."""

from portal.database import connections
from portal.database.base import Base, Identified, choices, db
from portal.database.unit_of_work import (
    before_commit,
    in_transaction,
    read_only,
    reading,
    run,
)

__all__ = [
    "Base",
    "Identified",
    "before_commit",
    "choices",
    "connections",
    "db",
    "in_transaction",
    "read_only",
    "reading",
    "run",
]

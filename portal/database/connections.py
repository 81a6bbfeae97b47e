"""Connections that were idle are tried before they are lent again; busy ones need no round trip for it."""

from __future__ import annotations

import time
from typing import Final

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

IDLE_SECONDS: Final = 0.5
"""Who was used so short a while ago is taken to be alive; a dead one is noticed by its first statement."""


@event.listens_for(Pool, "checkin")
def _note(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _try(connection: psycopg.Connection[object], record: ConnectionPoolEntry, _proxy: object) -> None:
    since = record.info.get("idle_since")
    if since is None or time.monotonic() - since < IDLE_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error

"""What is stored of a password: argon2id, with the cost that the settings say.

A process makes no more hashes at once than it has processors for, so that many who sign in cannot use up its memory.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import lazy_gettext as _l

from portal.database.refusal import TooManyTries
from portal.settings import Settings

_LANES: Final = 1
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_PATIENCE: Final = 5.0
"""Seconds to wait for a turn."""
_BUSY: Final = _l("Many people sign in at this moment. Try again in a few seconds.")


def make(password: str) -> str:
    """The hash of a password, with a salt of its own. Refuses `TooManyTries` where no turn comes."""
    with _turn():
        return _hasher().hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; where nothing is stored it takes as long, and is not."""
    with _turn():
        try:
            return _hasher().verify(stored or _of_nobody(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_dated(stored: str) -> bool:
    """Whether a hash was made with other parameters than the settings say now."""
    return _hasher().check_needs_rehash(stored)


@contextmanager
def _turn() -> Iterator[None]:
    room = _room(max(1, (os.cpu_count() or 1) // _settings().web_processes))
    if not room.acquire(timeout=_PATIENCE):
        raise TooManyTries(_BUSY, retry_after=5)
    try:
        yield
    finally:
        room.release()


def _of_nobody() -> str:
    """A hash that no password has, to be compared with at the same cost."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (_SALT_BYTES, _HASH_BYTES)
    )
    hasher = _hasher()
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={_LANES}${salt}${digest}"


def _hasher() -> PasswordHasher:
    return _made(_settings().password_memory_mib * 1024, _settings().password_passes)


@lru_cache(maxsize=4)
def _made(memory_kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(
        time_cost=passes, memory_cost=memory_kib, parallelism=_LANES, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES
    )


@lru_cache(maxsize=4)
def _room(places: int) -> BoundedSemaphore:
    return BoundedSemaphore(places)


def _settings() -> Settings:
    found: Settings = current_app.config["PORTAL"]
    return found

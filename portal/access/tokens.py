"""Secrets in links: derived of a row's seed and the secret key, so that the database holds none.

A mail is written by a job, later than the row: it derives the same token again. Only hashes are stored and looked up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from uuid import UUID

from flask import current_app

from portal.access.states import Purpose
from portal.web.session import hash_token

SIGN_IN: Final = "apl"
PASSWORD: Final = "app"  # noqa: S105 -- a prefix, no secret
INVITATION: Final = "api"
"""Prefixes, by which scanners for leaked secrets know ours: advocate portal link, password, invitation."""

_PREFIXES: Final = {Purpose.SIGN_IN: SIGN_IN, Purpose.PASSWORD: PASSWORD}


def prefix_of(purpose: Purpose) -> str:
    """The prefix of the token of a link."""
    return _PREFIXES[purpose]


def all_keys() -> list[str]:
    """The secret key first, then those that are still accepted."""
    found: list[str] = current_app.config["PORTAL"].signing_keys
    return found


def derive(prefix: str, seed: UUID, key: str) -> str:
    """The token of a row: a purpose, and 256 bits that nobody can know without the key."""
    digest = _hmac(key, f"{prefix}:{seed}")
    return f"{prefix}_{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def again(prefix: str, seed: UUID, token_hash: bytes) -> str | None:
    """The token of a row again, for its mail; None where the key it was made with is gone."""
    candidates = (derive(prefix, seed, key) for key in all_keys())
    return next((token for token in candidates if hmac.compare_digest(hash_token(token), token_hash)), None)


def code(token: str, key: str) -> str:
    """The eight digits that stand for a sign-in link where it was opened in another browser."""
    return f"{int.from_bytes(_hmac(key, f'code:{token}')[:8], 'big') % 100_000_000:08d}"


def code_hash(digits: str, seed: UUID, key: str) -> bytes:
    """What is stored of a code; with the key, since eight digits could be tried through."""
    return _hmac(key, f"code:{seed}:{digits}")


def is_code(digits: str, seed: UUID, stored: bytes) -> bool:
    """Whether these digits are the stored code."""
    return any(hmac.compare_digest(code_hash(digits, seed, key), stored) for key in all_keys())


def _hmac(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()

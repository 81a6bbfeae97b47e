"""How codes are kept: encrypted under a key of the installation that no table holds (AES-256-GCM).

The key derives from `SECRET_KEY`; so does the mark by which the same code is known again. A seal is bound to the row it
was made for: put into another row it does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SEAL: Final = b"advocate-portal reward code v1"
_MARK: Final = b"advocate-portal reward code mark v1"
_NONCE: Final = 12


class UnopenedError(Exception):
    """A seal cannot be opened: it was made under another key, or it is not as it was made."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A code as it is stored."""

    key_id: str
    sealed: bytes
    mark: bytes


def seal(code: str, row: UUID, secret: str) -> Sealed:
    """Encrypt a code for the row with this `public_id`."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(_derived(secret, _SEAL)).encrypt(nonce, code.encode(), row.bytes)
    return Sealed(key_id(secret), sealed, mark(code, secret))


def unseal(stored: Sealed, row: UUID, secrets: Iterable[str]) -> str:
    """The code, opened with the key that it names. Refuses `UnopenedError`."""
    for secret in secrets:
        if key_id(secret) == stored.key_id:
            opener = AESGCM(_derived(secret, _SEAL))
            try:
                return opener.decrypt(stored.sealed[:_NONCE], stored.sealed[_NONCE:], row.bytes).decode()
            except InvalidTag:
                break
    raise UnopenedError


def mark(code: str, secret: str) -> bytes:
    """What is the same for the same code under the same key, and tells nothing else about it."""
    return hmac.digest(_derived(secret, _MARK), code.encode(), "sha256")


def key_id(secret: str) -> str:
    """The name of the key that derives from a secret."""
    return hashlib.sha256(_derived(secret, _SEAL)).hexdigest()[:16]


@lru_cache(maxsize=32)
def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())

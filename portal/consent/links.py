"""The link of a mail with which consent is withdrawn without signing in (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from portal.consent.scopes import SCOPES
from portal.database.refusal import Gone, NotFound

HOLDS: Final = timedelta(days=400)
"""Longer than any consent, so that whoever kept the mail can use it."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Whose consent a link withdraws, and for which scopes."""

    person: UUID
    scopes: tuple[str, ...]


def sign(keys: Sequence[str], person: UUID, scopes: Iterable[str]) -> str:
    """The secret part of the link; `keys` begins with the present key. All it can do is withdraw."""
    return str(_signer(keys).dumps([str(person), sorted(scopes)]))


def read(keys: Sequence[str], token: str) -> Withdrawal:
    """What a link stands for. Refuses `Gone` for one that is too old, `NotFound` for one that is not ours."""
    try:
        person, scopes = _signer(keys).loads(token, max_age=int(HOLDS.total_seconds()))
        return Withdrawal(UUID(person), tuple(scope for scope in scopes if scope in SCOPES))
    except SignatureExpired as error:
        raise Gone(_l("This link is too old. Sign in and open My references.")) from error
    except (BadSignature, ValueError, TypeError) as error:
        raise NotFound from error


def _signer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    oldest_first = list(reversed(keys))
    return URLSafeTimedSerializer(oldest_first, salt="consent.withdraw")

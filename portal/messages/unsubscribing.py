"""The secret of a mail's link that ends mails of its kind, without signing in (RFC 8058)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.database.refusal import NotFound

HOLDS: Final = timedelta(days=400)
"""So long a mail may lie before its link is used."""

UNKNOWN: Final = _l("This link does not work. Sign in and open Notifications to choose your mails.")
"""The one answer to a link that is broken, forged, too old or about nobody: it tells nothing of which."""


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Who wants no more mails of which kind."""

    person: UUID
    kind: str


def sign(keys: Sequence[str], person: UUID, kind: str) -> str:
    """The secret part of the link; `keys` begins with the present key. All it can do is end mails of this kind."""
    return str(_signer(keys).dumps([str(person), kind]))


def read(keys: Sequence[str], token: str) -> Unsubscription:
    """What a link stands for. Refuses `NotFound`, in the same words whatever is wrong with it."""
    try:
        person, kind = _signer(keys).loads(token, max_age=int(HOLDS.total_seconds()))
        return Unsubscription(UUID(person), str(kind))
    except (BadSignature, ValueError, TypeError, AttributeError) as error:
        raise NotFound(UNKNOWN) from error


def _signer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    oldest_first = list(reversed(keys))
    return URLSafeTimedSerializer(oldest_first, salt="messages.unsubscribe")

"""Lists in pages by key: a cursor says after which row the next page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _

from portal.database.refusal import Invalid

Row = TypeVar("Row")
Cursor = tuple[Any, ...]
LARGEST = 100
_LARGEST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor after the last where there are more."""

    rows: Sequence[Row]
    after: Cursor | None = None

    @property
    def next_url(self) -> str | None:
        """The address of the next page with this page's other parameters, or None at the end."""
        if self.after is None:
            return None
        arguments = {**request.args.to_dict(flat=False), "after": encode(self.after), **(request.view_args or {})}
        return url_for(request.endpoint or "", **arguments)


def page_of(found: Sequence[Row], limit: int, key: Callable[[Row], Cursor]) -> Page[Row]:
    """A page out of up to `limit + 1` rows; `key` gives a row's cursor (what the query is ordered by)."""
    shown = found[:limit]
    return Page(shown, key(shown[-1]) if len(found) > limit else None)


def encode(cursor: Cursor) -> str:
    """A cursor as text for an address."""
    return base64.urlsafe_b64encode(json.dumps(cursor, default=str).encode()).decode().rstrip("=")


def cursor_of(*kinds: type) -> Cursor | None:
    """This request's cursor, of parts of these kinds: `int`, `str`, `datetime` and `UUID` (which stay text), `object`
    for text or nothing.

    Refuses (`Invalid`) one that no page of ours gave.
    """
    raw = request.args.get("after", "")
    if not raw:
        return None
    try:
        decoded = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        if not isinstance(decoded, list):
            raise TypeError
        for kind, part in zip(kinds, decoded, strict=True):
            _checked(kind, part)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise Invalid(_("This address is broken. Start again at the top of the list.")) from error
    return tuple(decoded)


def _checked(kind: type, part: object) -> None:
    """Refuse (`ValueError`, `TypeError`) a part that is not of its kind, or no number that the database knows."""
    if kind is int:
        if type(part) is not int or not -_LARGEST_NUMBER <= part < _LARGEST_NUMBER:
            raise ValueError
    elif kind is object and part is None:
        return
    elif not isinstance(part, str):
        raise TypeError
    elif "\x00" in part or any("\ud800" <= char <= "\udfff" for char in part):  # JSON escapes hide them from sanity
        raise ValueError
    elif kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None or part not in (
            str(moment),
            moment.isoformat(),
        ):  # weeks and the like: not to PostgreSQL
            raise ValueError
    elif kind is UUID:
        UUID(part)

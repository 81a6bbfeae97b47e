"""Requests that no browser of ours makes are refused before anything reads them (security.md 41)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask import abort, request

_MANY: Final = frozenset(
    {"industries", "countries", "products", "stages", "roles", "industry", "country", "size", "product", "audience"}
)
"""Names that a form or an address may repeat: lists of check boxes and filters."""


def allow_repeated(*names: str) -> None:
    """Let these form or query names occur more than once."""
    global _repeatable  # noqa: PLW0603 -- filled while the app is put together
    _repeatable |= frozenset(names)


_repeatable = _MANY


def refuse_broken_text() -> None:
    """Answer 400 to NUL, lone surrogates, broken UTF-8 and doubled scalar parameters in path, query or form."""
    values: Iterable[tuple[str, list[str]]] = [*request.args.lists(), *request.form.lists()]
    for name, found in values:
        if len(found) > 1 and name.split("-")[0] not in _repeatable:
            abort(400)
        if any(_broken(text) for text in (name, *found)):
            abort(400)
    if _broken(request.path):
        abort(400)


def _broken(text: str) -> bool:
    return "\x00" in text or "\ufffd" in text or any("\ud800" <= char <= "\udfff" for char in text)

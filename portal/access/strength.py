"""Which passwords are accepted: long enough, and not among what is tried first. No rules about kinds of characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from threading import Lock
from typing import Final

from flask_babel import lazy_gettext as _l
from zxcvbn import zxcvbn

from portal.database.refusal import Invalid

SHORTEST: Final = 12
LONGEST: Final = 128
"""In characters, after normalisation."""
_GUESSES: Final = 10**8
"""Fewer, with lists of common passwords, words and names, are too few."""
_OWN: Final = 8
"""Characters that must be left where those words are taken out."""
_WEIGHED: Final = 72
"""Characters that are weighed: what is hard to guess within them is so as a whole."""
_ONE_AT_A_TIME: Final = Lock()
"""The meter keeps the words of a call in a place that all calls share."""


def normal(password: str) -> str:
    """A password as it is hashed: the same whichever keyboard composed its letters; nothing is cut off or trimmed."""
    return unicodedata.normalize("NFC", password)


def acceptable(password: str, *, known: Iterable[str]) -> str:
    """A new password as it is hashed; `known` are words that somebody who guesses would try: names, the program.

    Refuses `Invalid`: shorter than 12 or longer than 128 characters, or easily guessed.
    """
    clean = normal(password)
    if len(clean) < SHORTEST:
        raise Invalid(_l("Please use 12 characters or more; a few words in a row are fine."), field="password")
    if len(clean) > LONGEST:
        raise Invalid(_l("Please use 128 characters at most."), field="password")
    words = sorted({word.lower() for word in known if word}, key=len, reverse=True)
    if len(_without(clean.lower(), words)) < _OWN or _guesses(clean[:_WEIGHED], words) < _GUESSES:
        raise Invalid(
            _l("This one is easy to guess. Take a longer one, or a few words that have nothing to do with each other."),
            field="password",
        )
    return clean


def _without(password: str, words: list[str]) -> str:
    for word in words:
        password = password.replace(word, "")
    return password


def _guesses(password: str, words: list[str]) -> float:
    with _ONE_AT_A_TIME:
        return float(zxcvbn(password, user_inputs=words)["guesses"])

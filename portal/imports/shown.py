"""A foreign value as it can be printed: short, on one line, without anything that a terminal or a shell obeys."""

from __future__ import annotations

from shlex import quote
from typing import Final

LONGEST: Final = 60
"""Characters."""


def shown(text: str) -> str:
    """The value, cut, with every character that cannot be shown written as its code."""
    head = "".join(
        character if character.isprintable() else f"U+{ord(character):04X}" for character in text[: LONGEST + 1]
    )
    return head if len(text) <= LONGEST and len(head) <= LONGEST * 2 else head[:LONGEST] + "…"


def argument(text: str) -> str:
    """The value as it can be pasted into a command line."""
    return quote(text if text.isprintable() else shown(text))

"""What stands for a person before they accepted: initials."""

from __future__ import annotations

from portal.people.models import initials


def shown_initials(name: str) -> str:
    """The initials as they are written in a sentence, like "J. W."."""
    return " ".join(f"{letter}." for letter in initials(name)) or "?"

"""What a cause of points is called and where it leads; the slices above fill this at start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from flask_babel import LazyString
from sqlalchemy.orm import Session

Named = tuple[str | LazyString, str | None]
"""A label and the path of the page it leads to, if there is one."""

CAUSES: Final[dict[str, Callable[[Session, Sequence[int]], Mapping[int, Named]]]] = {}
"""By the noun of the cause ("submission", "call", "redemption"): names all of these ids in one statement."""


def named(session: Session, causes: Iterable[str]) -> dict[str, Named]:
    """The causes ("submission:12") that somebody can name; one statement for each noun among them."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for cause in causes:
        noun, _colon, number = cause.partition(":")
        if noun in CAUSES and number.isdigit():
            wanted[noun].add(int(number))
    return {
        f"{noun}:{number}": name
        for noun, numbers in sorted(wanted.items())
        for number, name in CAUSES[noun](session, sorted(numbers)).items()
    }

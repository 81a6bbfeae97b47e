"""What the slices above show on one's own account page; they fill this at start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Extra:
    """A part of the page: the template that draws it, and what it needs as `extra.data`."""

    template: str
    data: Mapping[str, Any]


EXTRAS: Final[list[Callable[[Session, Visitor], Extra | None]]] = []
"""Called as `(session, visitor)`; None where it does not concern the visitor."""


def of(session: Session, visitor: Visitor) -> list[Extra]:
    """What there is for this visitor, in the order in which the slices came."""
    found = (make(session, visitor) for make in EXTRAS)
    return [extra for extra in found if extra is not None]

"""The roles a person may hold and the states of an advocate, with the words for them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Role(StrEnum):
    """What a person may be here; one person may hold several."""

    ADVOCATE = "advocate"
    SALES = "sales"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def label(self) -> LazyString:
        """The role as people read it."""
        return _ROLE_LABELS[self]


MANAGERS: Final = frozenset({Role.MANAGER, Role.ADMIN})
"""The roles that look after the program: what a manager may do, an administrator may too."""
STAFF: Final = MANAGERS | {Role.SALES}
"""The roles of the company's own people; the others are customers."""

_ROLE_LABELS: Final = {
    Role.ADVOCATE: _l("Advocate"),
    Role.SALES: _l("Sales rep"),
    Role.MANAGER: _l("Program manager"),
    Role.ADMIN: _l("Administrator"),
}


class AdvocateStatus(StrEnum):
    """Where a person stands as an advocate; `TRANSITIONS` says where they may go from there."""

    NOMINATED = "nominated"
    INVITED = "invited"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    DECLINED = "declined"

    @property
    def label(self) -> LazyString:
        """The status as people read it."""
        return _STATUS_WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the status's badge."""
        return _STATUS_WORDS[self][1]


_STATUS_WORDS: Final = {
    AdvocateStatus.NOMINATED: (_l("Nominated"), "info"),
    AdvocateStatus.INVITED: (_l("Invited"), "brand"),
    AdvocateStatus.ACTIVE: (_l("Active"), "ok"),
    AdvocateStatus.PAUSED: (_l("Paused"), "warn"),
    AdvocateStatus.LEFT: (_l("Left"), "neutral"),
    AdvocateStatus.DECLINED: (_l("Declined"), "neutral"),
}

IN_PROGRAM: Final = frozenset({AdvocateStatus.ACTIVE, AdvocateStatus.PAUSED})
"""Who may come in as an advocate: has accepted the terms and has not left."""

TRANSITIONS: Final[dict[AdvocateStatus | None, frozenset[AdvocateStatus]]] = {
    None: frozenset({AdvocateStatus.NOMINATED, AdvocateStatus.INVITED, AdvocateStatus.ACTIVE}),
    AdvocateStatus.NOMINATED: frozenset({AdvocateStatus.INVITED, AdvocateStatus.ACTIVE, AdvocateStatus.DECLINED}),
    AdvocateStatus.INVITED: frozenset({AdvocateStatus.ACTIVE, AdvocateStatus.DECLINED}),
    AdvocateStatus.ACTIVE: frozenset({AdvocateStatus.PAUSED, AdvocateStatus.LEFT}),
    AdvocateStatus.PAUSED: frozenset({AdvocateStatus.ACTIVE, AdvocateStatus.LEFT}),
    AdvocateStatus.LEFT: frozenset({AdvocateStatus.NOMINATED, AdvocateStatus.INVITED}),
    AdvocateStatus.DECLINED: frozenset({AdvocateStatus.NOMINATED, AdvocateStatus.INVITED}),
}

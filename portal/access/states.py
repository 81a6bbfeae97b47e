"""States of nominations, what links are for, kinds of terms, with their words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class NominationState(StrEnum):
    """Where a nomination stands."""

    NEW = "new"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _NOMINATION_WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return _NOMINATION_WORDS[self][1]


_NOMINATION_WORDS: Final = {
    NominationState.NEW: (_l("Waits for a decision"), "info"),
    NominationState.APPROVED: (_l("Approved, invited"), "ok"),
    NominationState.NOT_APPROVED: (_l("Not approved"), "neutral"),
}

TRANSITIONS: Final[dict[NominationState, frozenset[NominationState]]] = {
    NominationState.NEW: frozenset({NominationState.APPROVED, NominationState.NOT_APPROVED}),
    NominationState.APPROVED: frozenset(),
    NominationState.NOT_APPROVED: frozenset(),
}


class Purpose(StrEnum):
    """What a link is for that somebody asked for by mail; one for the other opens nothing."""

    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 -- a purpose, no secret


class TermsKind(StrEnum):
    """What a text regulates."""

    TERMS = "terms"
    PRIVACY = "privacy"

    @property
    def label(self) -> LazyString:
        """The title of the text."""
        return _TERMS_TITLES[self]


_TERMS_TITLES: Final = {TermsKind.TERMS: _l("Terms of the program"), TermsKind.PRIVACY: _l("Privacy notice")}

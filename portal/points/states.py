"""The states of a proposed adjustment, with the words for them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class ProposalState(StrEnum):
    """Where a proposal stands: it waits until it is decided on, once."""

    WAITING = "waiting"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> LazyString:
        """The state as people read it."""
        return _WORDS[self][0]

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return _WORDS[self][1]


_WORDS: Final = {
    ProposalState.WAITING: (_l("Waiting"), "warn"),
    ProposalState.APPROVED: (_l("Approved"), "ok"),
    ProposalState.NOT_APPROVED: (_l("Not approved"), "neutral"),
    ProposalState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
}

"""What became of a message, and the one reason where it did not go out."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class MessageState(StrEnum):
    """Where a message stands; `sent` for one that is only shown in the portal means that it is there to be read."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why a message was held or dropped."""

    NO_ADDRESS = "no_address"
    SUSPENDED = "suspended"
    NOT_ALLOWED_ANY_MORE = "not_allowed_any_more"
    UNSUBSCRIBED = "unsubscribed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    MAIL_OFF = "mail_off"
    QUIET_HOURS = "quiet_hours"

    @property
    def label(self) -> LazyString:
        """The reason as people read it."""
        return _REASONS[self]


class Through(StrEnum):
    """Where a person said which mails they want."""

    PORTAL = "portal"
    MAIL = "mail"


_REASONS: Final = {
    Reason.NO_ADDRESS: _l("No address is known"),
    Reason.SUSPENDED: _l("The person is suspended"),
    Reason.NOT_ALLOWED_ANY_MORE: _l("The person no longer agrees or may no longer know"),
    Reason.UNSUBSCRIBED: _l("The person does not want mail of this kind"),
    Reason.SUPERSEDED: _l("A later event made it pointless"),
    Reason.EXPIRED: _l("It came too late to be of use"),
    Reason.UNDELIVERABLE: _l("The mail server of the address refuses it"),
    Reason.MAIL_OFF: _l("Our mail server cannot be reached; it is tried again"),
    Reason.QUIET_HOURS: _l("It waits until the quiet hours are over"),
}

TRANSITIONS: Final[dict[MessageState, frozenset[MessageState]]] = {
    MessageState.QUEUED: frozenset({MessageState.SENDING, MessageState.SENT, MessageState.HELD, MessageState.DROPPED}),
    MessageState.HELD: frozenset({MessageState.SENDING, MessageState.DROPPED}),
    MessageState.SENDING: frozenset({MessageState.SENT, MessageState.DROPPED, MessageState.HELD}),
    MessageState.SENT: frozenset(),
    MessageState.DROPPED: frozenset(),
}

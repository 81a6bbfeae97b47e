"""The kinds of help a challenge can be about, with the word and the picture of its card."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

ACTIVITIES: Final[dict[str, tuple[LazyString, str]]] = {
    "story": (_l("Customer story"), "book-open"),
    "review": (_l("Review"), "star"),
    "quote": (_l("Quote"), "message-square-quote"),
    "case_study": (_l("Case study"), "file-text"),
    "video": (_l("Video"), "video"),
    "speaking": (_l("Speaking"), "mic"),
    "referral": (_l("Referral"), "user-plus"),
    "survey": (_l("Survey"), "clipboard-list"),
    "social_share": (_l("Social share"), "share-2"),
    "learning": (_l("Learning"), "graduation-cap"),
}
_OTHER: Final = (_l("Challenge"), "target")


def label(activity_type: str | None) -> LazyString:
    """The word for a kind of help."""
    return ACTIVITIES.get(activity_type or "", _OTHER)[0]


def icon(activity_type: str | None) -> str:
    """The symbol for a kind of help."""
    return ACTIVITIES.get(activity_type or "", _OTHER)[1]

"""The messages about points."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.messages.kinds import Data, MessageKind, message_kind


@message_kind
class LevelReached(MessageKind):
    """Lifetime points have brought a new level."""

    key = "points.level_reached"
    icon = "award"
    tone = "gold"

    def subject(self, data: Data) -> str:
        """The level."""
        return str(_("You're %(level)s.", level=data["level"]))

    def body(self, data: Data) -> list[str]:
        """What it opens."""
        return [str(data["benefit"])]

    def action(self, data: Data) -> str:
        """To the ladder."""
        return str(_("See what comes next"))


@message_kind
class TakenBack(MessageKind):
    """An award was taken back."""

    key = "points.taken_back"
    category = "account"
    icon = "undo-2"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """How much."""
        return str(ngettext("%(num)s point was taken back", "%(num)s points were taken back", data["points"]))

    def body(self, data: Data) -> list[str]:
        """Why, and what became of points that were spent already."""
        return [
            str(data["reason"]),
            _("What you have spent already stays yours. Points that are missing are kept from what you earn next."),
        ]

    def action(self, data: Data) -> str:
        """To the statement."""
        return str(_("See your points"))


@message_kind
class Adjusted(MessageKind):
    """Points were added or taken by hand."""

    key = "points.adjusted"
    category = "account"
    icon = "coins"

    def subject(self, data: Data) -> str:
        """How much, and which way."""
        words = _taken if data["points"] < 0 else _added
        return str(words(abs(data["points"])))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["reason"])]

    def action(self, data: Data) -> str:
        """To the statement."""
        return str(_("See your points"))


def _taken(n: int) -> str:
    return str(ngettext("%(num)s point was taken from your balance", "%(num)s points were taken from your balance", n))


def _added(n: int) -> str:
    return str(ngettext("%(num)s point was added to your balance", "%(num)s points were added to your balance", n))

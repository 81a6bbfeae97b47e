"""The messages about points."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.messages.kinds import Data, MessageKind, message_kind
from portal.people.states import MANAGERS


@message_kind
class LevelReached(MessageKind):
    """Lifetime points have brought a new level."""

    key = "points.level_reached"
    title = _l("A new level")
    why = _l("Your lifetime points have reached a level.")
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
    title = _l("Points taken back")
    why = _l("Points that you had earned were taken back.")
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
    title = _l("Points added or taken by hand")
    why = _l("The program team has changed your points.")
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


@message_kind
class AdjustmentProposed(MessageKind):
    """To the other managers: somebody has to decide."""

    key = "points.adjustment_proposed"
    title = _l("Points that need a second person")
    why = _l("You look after the program, and a colleague proposed to add or take points.")
    readers = MANAGERS
    category = "needs_you"
    icon = "coins"

    def subject(self, data: Data) -> str:
        """Whose points."""
        return str(_("A second person is needed for points of %(name)s", name=data["name"]))

    def body(self, data: Data) -> list[str]:
        """How many, and why."""
        words = _to_take if data["points"] < 0 else _to_add
        return [str(words(abs(data["points"]))), str(data["reason"])]

    def action(self, data: Data) -> str:
        """To the proposal."""
        return str(_("Look and decide"))


@message_kind
class AdjustmentDecided(MessageKind):
    """To who proposed it: what the second person decided."""

    key = "points.adjustment_decided"
    title = _l("A proposal of yours about points")
    why = _l("You proposed to add or take points, and somebody decided.")
    readers = MANAGERS
    category = "account"
    icon = "coins"

    def subject(self, data: Data) -> str:
        """Whether it happened."""
        if data["approved"]:
            return str(_("The adjustment you proposed was approved"))
        return str(_("The adjustment you proposed was not approved"))

    def body(self, data: Data) -> list[str]:
        """How many, and why not."""
        words = _to_take if data["points"] < 0 else _to_add
        return [str(words(abs(data["points"]))), *([str(data["note"])] if data["note"] else [])]

    def action(self, data: Data) -> str:
        """To the proposal."""
        return str(_("See the proposal"))


def _to_take(n: int) -> str:
    return str(ngettext("%(num)s point to take", "%(num)s points to take", n))


def _to_add(n: int) -> str:
    return str(ngettext("%(num)s point to add", "%(num)s points to add", n))

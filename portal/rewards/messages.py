"""The messages about rewards: to the person at each step, to the managers when something waits for them."""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.messages.kinds import Data, MessageKind, message_kind
from portal.people.states import MANAGERS


def _price(data: Data) -> str:
    return str(ngettext("%(num)s point", "%(num)s points", data["points"]))


class AboutRedemption(MessageKind):
    """What all messages to the person share: they lead to the redemption."""

    why = _l("You redeemed points for this reward.")
    category = "account"
    icon = "gift"

    def action(self, data: Data) -> str:
        """To the tracker."""
        return str(_("See where it stands"))

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """The reward and its price."""
        return [(str(_("Reward")), str(data["reward"])), (str(_("Price")), _price(data))]


@message_kind
class Ordered(AboutRedemption):
    """The claim is in."""

    key = "rewards.ordered"
    title = _l("A reward is ordered")

    def subject(self, data: Data) -> str:
        """What was ordered."""
        return str(_("Ordered: %(reward)s", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """What happens now."""
        if data.get("approval"):
            first = _("The program team looks at it first. Your points are held until then; a no gives them back.")
        elif data.get("code"):
            first = _("Your code is ready: open the order to see it, once. Your points are spent at that moment.")
        else:
            first = _("Your points are held until it is with you.")
        return [str(first), str(data["delivery"])]


@message_kind
class Approved(AboutRedemption):
    """The team agreed to it."""

    key = "rewards.approved"
    title = _l("A reward is approved")
    tone = "ok"

    def subject(self, data: Data) -> str:
        """What was approved."""
        return str(_("Approved: %(reward)s", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """How it comes."""
        ready = [str(_("Your code is ready: open the order to see it, once."))] if data.get("code") else []
        return [*ready, str(data["delivery"])]


@message_kind
class NotApproved(AboutRedemption):
    """The team said no."""

    key = "rewards.not_approved"
    title = _l("A reward is not approved")
    icon = "undo-2"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """The points first."""
        return str(_("%(reward)s was not approved. Your points are back", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["note"])]


@message_kind
class Delivered(AboutRedemption):
    """It was sent or handed over."""

    key = "rewards.delivered"
    title = _l("A reward is delivered")
    tone = "ok"

    def subject(self, data: Data) -> str:
        """What was delivered."""
        return str(_("Delivered: %(reward)s", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """How, in the team's words."""
        return [str(data["note"])]


@message_kind
class CodeAgain(AboutRedemption):
    """A code may be seen once more."""

    key = "rewards.code_again"
    title = _l("A code can be seen again")

    def subject(self, data: Data) -> str:
        """Whose code."""
        return str(_("You can see your code for %(reward)s once more", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["note"])]


@message_kind
class Failed(AboutRedemption):
    """It could not be delivered."""

    key = "rewards.failed"
    title = _l("A reward cannot be delivered")
    icon = "undo-2"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """The points first."""
        return str(_("%(reward)s could not be sent. Your points are back", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["note"])]


@message_kind
class Cancelled(AboutRedemption):
    """The team cancelled it."""

    key = "rewards.cancelled"
    title = _l("A reward is cancelled")
    icon = "undo-2"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """The points first."""
        return str(_("%(reward)s was cancelled. Your points are back", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """Why, if somebody said so."""
        return [str(data["note"])] if data.get("note") else []


@message_kind
class Refunded(AboutRedemption):
    """The points of a delivered reward came back."""

    key = "rewards.refunded"
    title = _l("A reward is refunded")
    icon = "undo-2"

    def subject(self, data: Data) -> str:
        """The points first."""
        return str(_("Your points for %(reward)s are back", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["note"])]


@message_kind
class ToFulfil(MessageKind):
    """To a manager: somebody waits for a reward."""

    key = "rewards.to_fulfil"
    title = _l("Rewards to deliver")
    why = _l("You deliver the rewards of the program.")
    readers = MANAGERS
    category = "needs_you"
    icon = "package"

    def subject(self, data: Data) -> str:
        """What waits."""
        return str(_("To fulfil: %(reward)s", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """What to do."""
        return [str(_("An advocate has redeemed it. Send it, then say so: the points are spent at that moment."))]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """What was held."""
        return [(str(_("Held")), _price(data))]

    def action(self, data: Data) -> str:
        """To the queue."""
        return str(_("Open it"))


@message_kind
class ToApprove(MessageKind):
    """To a manager: somebody waits for an approval."""

    key = "rewards.to_approve"
    title = _l("Rewards to approve")
    why = _l("You look after the program, and this reward needs an approval.")
    readers = MANAGERS
    category = "needs_you"
    icon = "package"

    def subject(self, data: Data) -> str:
        """What waits."""
        return str(_("To approve: %(reward)s", reward=data["reward"]))

    def body(self, data: Data) -> list[str]:
        """What to do."""
        return [str(_("An advocate wants to redeem it. Their points are held until somebody agrees or says no."))]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """What was held."""
        return [(str(_("Held")), _price(data))]

    def action(self, data: Data) -> str:
        """To the queue."""
        return str(_("Open it"))


KINDS: Final = (Ordered, Approved, NotApproved, Delivered, CodeAgain, Failed, Cancelled, Refunded, ToFulfil, ToApprove)
"""All of them, for tests of their words."""

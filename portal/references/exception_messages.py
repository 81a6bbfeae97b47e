"""The messages about exceptions of the limits: to those who may decide, and to who asked for one."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.messages.kinds import Data, MessageKind, message_kind
from portal.people.states import MANAGERS, STAFF
from portal.web import words


@message_kind
class ExceptionAsked(MessageKind):
    """To the managers: somebody has to decide."""

    key = "exception.asked"
    title = _l("Exceptions that need a second person")
    why = _l("You look after the program, and a colleague asked for an exception of its limits.")
    readers = MANAGERS
    category = "needs_you"
    icon = "shield"

    def subject(self, data: Data) -> str:
        """For whom."""
        return str(_("An exception is asked for, for %(prospect)s", prospect=data["prospect"]))

    def body(self, data: Data) -> list[str]:
        """Why."""
        return [str(data["reason"])]

    def action(self, data: Data) -> str:
        """To the exception."""
        return str(_("Look and decide"))


@message_kind
class ExceptionDecided(MessageKind):
    """To who asked for it: what the second person decided."""

    key = "exception.decided"
    title = _l("An exception that you asked for")
    why = _l("You asked for an exception of the limits, and somebody decided.")
    readers = STAFF
    category = "needs_you"
    icon = "shield"

    def subject(self, data: Data) -> str:
        """Whether it is allowed."""
        if data["approved"]:
            return str(_("Your exception for %(prospect)s is approved", prospect=data["prospect"]))
        return str(_("Your exception for %(prospect)s is not approved", prospect=data["prospect"]))

    def body(self, data: Data) -> list[str]:
        """What it is good for, or why not."""
        if not data["approved"]:
            return [str(data["note"])]
        until = words.moment(datetime.fromisoformat(data["until"]))
        return [_("It is good for one ask, until %(moment)s.", moment=until)]

    def action(self, data: Data) -> str:
        """To one's exceptions."""
        return str(_("See your exceptions"))

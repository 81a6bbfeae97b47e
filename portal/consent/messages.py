"""What consent writes to people: that it was given, taken back, or ran out."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.consent import links, renewals
from portal.consent.activities import activities_of
from portal.consent.consents import is_live
from portal.consent.scopes import SCOPES
from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people.models import Person
from portal.settings import Settings


def _asked_for(data: Data) -> str:
    """The activities of a message in words, like "Reference calls, Quotes"."""
    return ", ".join(str(activity.label) for activity in activities_of(data.get("scopes", [])))


def _labels(data: Data) -> list[str]:
    return [str(SCOPES[key].label) for key in data.get("scopes", []) if key in SCOPES]


@message_kind
class Given(MessageKind):
    """What was agreed to, with the link that takes it back; not sent when it was taken back meanwhile."""

    key = "consent.given"
    title = _l("What you agreed to")
    why = _l("You agreed to this, and have a right to a record of it.")
    category = "account"
    icon = "shield-check"
    tone = "ok"

    def subject(self, data: Data) -> str:
        """One line."""
        return str(_("You agreed to be asked: %(what)s", what=_asked_for(data)))

    def body(self, data: Data) -> list[str]:
        """For whom, until when, and that it can end at any time."""
        until = format_date(datetime.fromisoformat(data["valid_until"]), "long")
        return [
            "; ".join(_labels(data)) + ".",
            _("It holds until %(until)s. You say yes or no to each ask, and can withdraw at any time.", until=until),
        ]

    def action(self, data: Data) -> str:
        """The button: in as few clicks as it was given."""
        return str(_("Withdraw or change"))

    def note(self, data: Data) -> str:
        """What it does not mean."""
        return str(_("No points are given for agreeing and none are taken for withdrawing."))

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while it holds."""
        live = any(is_live(session, message.person_id, scope) for scope in message.data.get("scopes", []))
        return None if live else Reason.SUPERSEDED

    def path(self, session: Session, message: Message) -> str:
        """The link that withdraws without signing in."""
        settings: Settings = current_app.config["PORTAL"]
        person = session.get_one(Person, message.person_id)
        return f"/references/withdraw/{links.sign(settings.signing_keys, person.public_id, message.data['scopes'])}"


@message_kind
class Ending(MessageKind):
    """It runs out soon: renew it, or let it end. Once for each consent; not sent when it was renewed meanwhile."""

    key = renewals.KIND
    title = _l("What you agreed to runs out soon")
    why = _l("You agreed to this for a time that is nearly over. There is one reminder, never a second.")
    category = "needs_you"
    icon = "clock"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Until when."""
        until = format_date(datetime.fromisoformat(data["valid_until"]), "long")
        return str(_("What you agreed to runs out on %(until)s", until=until))

    def body(self, data: Data) -> list[str]:
        """What ends, and that doing nothing is an answer."""
        return [
            "; ".join(_labels(data)) + ".",
            _("Renew it if you like being asked. If you do nothing, it ends by itself and nobody asks you any more."),
        ]

    def action(self, data: Data) -> str:
        """The button."""
        return str(_("Renew or let it end"))

    def note(self, data: Data) -> str:
        """No reward."""
        return str(_("There are no points for renewing, and none are lost by letting it end."))

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while it still ends."""
        event = int((message.subject_ref or ":0").partition(":")[2])
        return None if renewals.still_ends(session, message.person_id, event) else Reason.SUPERSEDED


@message_kind
class Withdrawn(MessageKind):
    """That it was taken back; the receipt is on the page."""

    key = "consent.withdrawn"
    title = _l("What you withdrew")
    why = _l("You withdrew this, and have a right to a record of it.")
    category = "account"
    icon = "undo-2"
    tone = "info"

    def subject(self, data: Data) -> str:
        """One line."""
        return str(_("Your agreement is withdrawn: %(what)s", what=_asked_for(data)))

    def body(self, data: Data) -> list[str]:
        """What ended, and that it works already."""
        return [
            "; ".join(_labels(data)) + ".",
            _("It works already: open asks have stopped, and no points were taken."),
        ]

    def action(self, data: Data) -> str:
        """The button."""
        return str(_("See my receipts"))


@message_kind
class Expired(MessageKind):
    """That its time was up; agreeing again is theirs to decide."""

    key = "consent.expired"
    title = _l("What you agreed to has run out")
    why = _l("You had agreed to this for a time that is over.")
    category = "account"
    icon = "clock"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """One line."""
        return str(_("Your agreement has run out: %(what)s", what=_asked_for(data)))

    def body(self, data: Data) -> list[str]:
        """What ended, and that nothing has to be done."""
        return [
            "; ".join(_labels(data)) + ".",
            _("Nobody can ask you any more. If you liked it, agree again; else do nothing."),
        ]

    def action(self, data: Data) -> str:
        """The button."""
        return str(_("Decide"))

"""What the pool writes to advocates."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.references.models.pool import PoolProposal, ProposalState


@message_kind
class Proposed(MessageKind):
    """Would you join the pool? Sent only while nobody has answered."""

    key = "pool.proposed"
    title = _l("Being proposed for reference calls")
    why = _l("The program team thinks that what you did would help others decide.")
    category = "needs_you"
    icon = "heart-handshake"

    def subject(self, data: Data) -> str:
        """One line."""
        return str(_("May sales ask you for a reference call now and then?"))

    def body(self, data: Data) -> list[str]:
        """What it means, and that it is free."""
        return [
            _("Your work in the program would help others decide. If you agree, our sales team can find you, without "
              "your name, and ask you for a call. You say yes or no to each one."),
            _("You decide for whom and how often, and can take it back at any time."),
        ]  # fmt: skip

    def action(self, data: Data) -> str:
        """The button."""
        return str(_("See what you would agree to"))

    def note(self, data: Data) -> str:
        """No reward."""
        return str(_("There are no points for agreeing, and none are lost by saying no."))

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Not after an answer."""
        proposal = session.get(PoolProposal, int((message.subject_ref or ":0").partition(":")[2]))
        return None if proposal is not None and proposal.state is ProposalState.OPEN else Reason.SUPERSEDED

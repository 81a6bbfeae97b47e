"""The messages around an ask, to the advocate: the ask itself, its one reminder, and that it was taken back."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.consents import is_live
from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.references.activity_words import words_of
from portal.references.models import Assignment, AssignmentState
from portal.web import words


@message_kind
class TheAsk(MessageKind):
    """Would you help a peer? Goes only while the ask is open and the consent it stands on is live."""

    key = "request.ask"
    title = _l("Asks for a reference call or another activity")
    why = _l("You agreed to be asked for this, and the ask fits what you agreed to.")
    category = "needs_you"
    icon = "phone"

    def subject(self, data: Data) -> str:
        """Who would like to talk."""
        return words_of(data.get("activity")).mail_subject(data["industry"])

    def body(self, data: Data) -> list[str]:
        """Why them."""
        return [_("They are choosing right now, and somebody who has been through it helps them most.")]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """What, when, what about, what for."""
        return [
            (_("What"), str(words_of(data.get("activity")).what)),
            (
                _("When"),
                _("Before %(day)s. You agree on the time.", day=words.day(date.fromisoformat(data["needed_by"]))),
            ),
            (_("They ask"), data["topics"]),
            (_("You get"), _("%(points)s points, once it took place, whatever you say", points=data["points"])),
        ]

    def action(self, data: Data) -> str:
        """To the ask."""
        return str(_("See the ask and answer"))

    def note(self, data: Data) -> str:
        """What they know, and how to say no."""
        by = words.moment(datetime.fromisoformat(data["answer_by"]))
        return str(
            _(
                "An answer by %(moment)s helps. “Not this time” is one tap on the same page, no reason needed. They "
                "know your role and industry, nothing else; your name and e-mail appear only once you accept.",
                moment=by,
            )
        )

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while they are asked, in time, and agree (trust.md, consent)."""
        assignment = _assignment(session, message)
        if assignment is None or assignment.state is not AssignmentState.ASKED:
            return Reason.SUPERSEDED
        if assignment.answer_by is None or assignment.answer_by <= now(session):
            return Reason.EXPIRED
        if not is_live(session, assignment.person_id, assignment.scope):
            return Reason.NOT_ALLOWED_ANY_MORE
        return None


@message_kind
class AskReminder(TheAsk):
    """The ask is still open and half of its time is over; there is one reminder, never a second."""

    key = "request.reminder"
    title = _l("The reminder of an ask")
    why = _l("You have not answered this ask yet. There is one reminder, never a second.")
    icon = "clock"

    def subject(self, data: Data) -> str:
        """That it is still open."""
        return str(_("Still open: %(ask)s", ask=super().subject(data)))


@message_kind
class NoLongerNeeded(MessageKind):
    """The rep took the ask back."""

    key = "request.withdrawn"
    title = _l("Asks that were taken back")
    why = _l("You had been asked for this.")
    icon = "undo-2"
    tone = "info"

    def subject(self, data: Data) -> str:
        """Nothing to do any more."""
        return str(_("What you were asked for is no longer needed"))

    def body(self, data: Data) -> list[str]:
        """Thanks."""
        return [_("The ask was taken back; nothing is left for you to do. Thank you for being there.")]


def _assignment(session: Session, message: Message) -> Assignment | None:
    return session.scalar(
        select(Assignment).where(Assignment.id == int((message.subject_ref or ":0").partition(":")[2]))
    )

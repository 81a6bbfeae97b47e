"""The messages around a request: to the rep whatever comes of it, and to the advocate what a call has brought."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people.states import STAFF
from portal.references import ask_messages, exception_messages, time_messages
from portal.references.activity_words import words_of
from portal.references.models import ReferenceRequest, RequestState

__all__ = ["ask_messages", "exception_messages", "time_messages"]


class ToTheRep(MessageKind):
    """News of a request, for the rep who asked."""

    why = _l("You asked for this.")
    readers = STAFF
    icon = "heart-handshake"

    def action(self, data: Data) -> str:
        """To the request."""
        return str(_("Open the request"))


@message_kind
class Accepted(ToTheRep):
    """The advocate agreed: now name and address may be seen on the request's page."""

    key = "request.accepted"
    title = _l("Somebody accepts your request")
    category = "needs_you"
    icon = "circle-check"
    tone = "ok"

    def subject(self, data: Data) -> str:
        """Who accepted."""
        what = words_of(data.get("activity")).activity.name
        return str(
            _("%(who)s accepted: %(what)s for %(prospect)s", who=data["who"], what=what, prospect=data["prospect"])
        )

    def body(self, data: Data) -> list[str]:
        """What comes next."""
        times = _("We asked them to offer times; you pick one there, or agree on a time with them yourself.")
        return [
            _("Their name and e-mail are on the page of the request, for this request only."),
            *([times] if words_of(data.get("activity")).activity.meets else []),
            _("Tell us there when it took place, so that they get their points."),
        ]


@message_kind
class Declined(ToTheRep):
    """The advocate said no."""

    key = "request.declined"
    title = _l("Somebody declines your request")
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who said no."""
        return str(_("%(who)s: not this time (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What the rep may do."""
        return [
            _(
                "They cannot help with %(prospect)s this time. You are free to ask somebody else.",
                prospect=data["prospect"],
            )
        ]


@message_kind
class Expired(ToTheRep):
    """No answer came in time."""

    key = "request.expired"
    title = _l("Nobody answers your request")
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who did not answer."""
        return str(_("No answer from %(who)s (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What the rep may do."""
        return [
            _(
                "The ask for %(prospect)s has ended, so that you need not wait. You are free to ask somebody else.",
                prospect=data["prospect"],
            )
        ]


@message_kind
class SteppedBack(ToTheRep):
    """The advocate took the acceptance back."""

    key = "request.stepped_back"
    title = _l("Somebody steps back")
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who cannot make it."""
        return str(_("%(who)s cannot make it (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What the rep may do."""
        return [
            _(
                "What was agreed for %(prospect)s is cancelled. You are free to ask somebody else.",
                prospect=data["prospect"],
            )
        ]


@message_kind
class ConsentEnded(ToTheRep):
    """The advocate no longer agrees to such calls."""

    key = "request.consent_ended"
    title = _l("Somebody takes back what they agreed to")
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who left the pool."""
        return str(
            _("%(who)s no longer agrees to be asked for this (%(number)s)", who=data["who"], number=data["number"])
        )

    def body(self, data: Data) -> list[str]:
        """What that means; and that a call they have given is still paid."""
        over = _(
            "The request for %(prospect)s has ended with it; please do not contact them any more.",
            prospect=data["prospect"],
        )
        given = _("If it took place before, say so on the page of the request within 30 days: it is still paid.")
        return [over, given] if data.get("call") else [over]


@message_kind
class CallConfirmed(MessageKind):
    """The call took place: points, thanks, and how was it?"""

    key = "call.confirmed"
    title = _l("Points for your help")
    why = _l("You did this for a prospect.")
    icon = "sparkles"
    tone = "gold"

    def subject(self, data: Data) -> str:
        """The points."""
        said = _l("+%(points)s. Thank you for talking to %(prospect)s")
        if not words_of(data.get("activity")).takes_a_call:
            said = _l("+%(points)s. Thank you for helping %(prospect)s")
        return str(said) % {"points": data["points"], "prospect": data["prospect"]}

    def body(self, data: Data) -> list[str]:
        """How was it?"""
        return [_("How was it? Two taps tell us; it changes nothing about your points.")]

    def action(self, data: Data) -> str:
        """To the question."""
        return str(_("Say how it was"))


@message_kind
class OutcomeAsked(ToTheRep):
    """The call took place: did it help?"""

    key = "call.outcome"
    title = _l("Did it help?")
    category = "needs_you"

    def subject(self, data: Data) -> str:
        """The question."""
        return str(_("Did %(what)s with %(who)s help?", what=words_of(data.get("activity")).it, who=data["who"]))

    def body(self, data: Data) -> list[str]:
        """How long it takes."""
        return [_("Two taps close %(number)s for %(prospect)s.", number=data["number"], prospect=data["prospect"])]

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Not once it was answered."""
        request = _request(session, message)
        return None if request is not None and request.state is RequestState.HELD else Reason.SUPERSEDED


@message_kind
class CallReminder(ToTheRep):
    """The date has passed: did the call take place?"""

    key = "call.reminder"
    title = _l("Did it take place?")
    category = "needs_you"

    def subject(self, data: Data) -> str:
        """The question."""
        it = words_of(data.get("activity")).it
        return str(_("Did %(what)s for %(prospect)s take place?", what=it, prospect=data["prospect"]))

    def body(self, data: Data) -> list[str]:
        """Why it matters."""
        return [
            _(
                "Please confirm it on the page of %(number)s, so that the advocate gets their points.",
                number=data["number"],
            )
        ]

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Not once it was answered."""
        request = _request(session, message)
        return None if request is not None and request.state is RequestState.SCHEDULED else Reason.SUPERSEDED


def _about(message: Message) -> int:
    return int((message.subject_ref or ":0").partition(":")[2])


def _request(session: Session, message: Message) -> ReferenceRequest | None:
    return session.scalar(select(ReferenceRequest).where(ReferenceRequest.id == _about(message)))

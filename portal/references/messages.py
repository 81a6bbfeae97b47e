"""The messages around a request: the ask to the advocate, and to the rep whatever comes of it."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.consents import is_live
from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.references.models import Assignment, AssignmentState, ReferenceRequest, RequestState
from portal.web import words


@message_kind
class TheAsk(MessageKind):
    """Would you talk to a peer? Goes only while the ask is open and the consent it stands on is live."""

    key = "request.ask"
    category = "needs_you"
    icon = "phone"

    def subject(self, data: Data) -> str:
        """Who would like to talk."""
        if data["industry"]:
            return str(_("A peer in %(industry)s would like 30 minutes with you", industry=data["industry"]))
        return str(_("A peer would like 30 minutes with you"))

    def body(self, data: Data) -> list[str]:
        """Why them."""
        return [_("They are choosing right now, and somebody who has been through it helps them most.")]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """What, when, what about, what for."""
        return [
            (_("What"), _("A phone or video call, 30 minutes")),
            (
                _("When"),
                _("Before %(day)s. You agree on the time.", day=words.day(date.fromisoformat(data["needed_by"]))),
            ),
            (_("They ask"), data["topics"]),
            (_("You get"), _("%(points)s points, once the call took place, whatever you say", points=data["points"])),
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
class NoLongerNeeded(MessageKind):
    """The rep took the ask back."""

    key = "request.withdrawn"
    icon = "undo-2"
    tone = "info"

    def subject(self, data: Data) -> str:
        """Nothing to do any more."""
        return str(_("The call is no longer needed"))

    def body(self, data: Data) -> list[str]:
        """Thanks."""
        return [
            _("The ask for a reference call was taken back; nothing is left for you to do. Thank you for being there.")
        ]


class ToTheRep(MessageKind):
    """News of a request, for the rep who asked."""

    icon = "heart-handshake"

    def action(self, data: Data) -> str:
        """To the request."""
        return str(_("Open the request"))


@message_kind
class Accepted(ToTheRep):
    """The advocate agreed: now name and address may be seen on the request's page."""

    key = "request.accepted"
    category = "needs_you"
    icon = "circle-check"
    tone = "ok"

    def subject(self, data: Data) -> str:
        """Who accepted."""
        return str(_("%(who)s accepted: reference call for %(prospect)s", who=data["who"], prospect=data["prospect"]))

    def body(self, data: Data) -> list[str]:
        """What comes next."""
        return [
            _("Their name and e-mail are on the page of the request, for this call only. Agree on a time with them."),
            _("Tell us there when the call took place, so that they get their points."),
        ]


@message_kind
class Declined(ToTheRep):
    """The advocate said no."""

    key = "request.declined"
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who said no."""
        return str(_("%(who)s: not this time (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What the rep may do."""
        return [
            _(
                "They cannot take the call for %(prospect)s. You are free to ask somebody else.",
                prospect=data["prospect"],
            )
        ]


@message_kind
class Expired(ToTheRep):
    """No answer came in time."""

    key = "request.expired"
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
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who cannot make it."""
        return str(_("%(who)s cannot make the call (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What the rep may do."""
        return [
            _("The call for %(prospect)s is cancelled. You are free to ask somebody else.", prospect=data["prospect"])
        ]


@message_kind
class ConsentEnded(ToTheRep):
    """The advocate no longer agrees to such calls."""

    key = "request.consent_ended"
    category = "needs_you"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Who left the pool."""
        return str(_("%(who)s no longer takes calls of this kind (%(number)s)", who=data["who"], number=data["number"]))

    def body(self, data: Data) -> list[str]:
        """What that means; and that a call they have given is still paid."""
        over = _(
            "The request for %(prospect)s has ended with it; please do not contact them any more.",
            prospect=data["prospect"],
        )
        given = _("If the call took place before, say so on the page of the request within 30 days: it is still paid.")
        return [over, given] if data.get("call") else [over]


@message_kind
class CallConfirmed(MessageKind):
    """The call took place: points, thanks, and how was it?"""

    key = "call.confirmed"
    icon = "sparkles"
    tone = "gold"

    def subject(self, data: Data) -> str:
        """The points."""
        return str(
            _("+%(points)s. Thank you for talking to %(prospect)s", points=data["points"], prospect=data["prospect"])
        )

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
    category = "needs_you"

    def subject(self, data: Data) -> str:
        """The question."""
        return str(_("Did the call with %(who)s help?", who=data["who"]))

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
    category = "needs_you"

    def subject(self, data: Data) -> str:
        """The question."""
        return str(_("Did the call for %(prospect)s take place?", prospect=data["prospect"]))

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


def _assignment(session: Session, message: Message) -> Assignment | None:
    return session.scalar(select(Assignment).where(Assignment.id == _about(message)))


def _request(session: Session, message: Message) -> ReferenceRequest | None:
    return session.scalar(select(ReferenceRequest).where(ReferenceRequest.id == _about(message)))

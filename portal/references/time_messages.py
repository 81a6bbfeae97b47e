"""The messages around the time of a call: which are offered, that others are wanted, and what calendars are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.messages.kinds import CalendarPart, Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people.states import STAFF, Role
from portal.references import invites
from portal.references.activity_words import words_of
from portal.references.invites import Told
from portal.references.models import CallState, CallTime, ReferenceCall
from portal.settings import Settings
from portal.web import words

_BEFOREHAND: Final = timedelta(hours=1)
"""How long before a call a mail about its time must be there."""


@message_kind
class TimesOffered(MessageKind):
    """The advocate says when they could talk."""

    key = "call.times_offered"
    title = _l("Somebody offers times for a call")
    why = _l("You asked for this.")
    readers = STAFF
    category = "needs_you"
    icon = "calendar-check"

    def subject(self, data: Data) -> str:
        """How many times."""
        times = ngettext("%(num)d time", "%(num)d times", int(data["times"]))
        return str(
            _("%(who)s offers %(times)s for %(prospect)s", who=data["who"], times=times, prospect=data["prospect"])
        )

    def body(self, data: Data) -> list[str]:
        """What comes of it."""
        return [_("Pick one: both of you get an invite. If none fits, ask for others.")]

    def action(self, data: Data) -> str:
        """To the times."""
        return str(_("Pick a time"))

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while there is something to pick."""
        call = _call(message)
        offered = select(CallTime.id).where(CallTime.call_id == call, CallTime.withdrawn_at.is_(None)).limit(1)
        waits = _state(session, call) is CallState.PROPOSED and session.scalar(offered) is not None
        return None if waits else Reason.SUPERSEDED


@message_kind
class TimesWanted(MessageKind):
    """None of the times fits the rep."""

    key = "call.times_wanted"
    title = _l("Other times are wanted for a call")
    why = _l("You accepted this.")
    category = "needs_you"
    icon = "clock"

    def subject(self, data: Data) -> str:
        """The question."""
        return str(_("Could you talk to %(prospect)s at another time?", prospect=data["prospect"]))

    def body(self, data: Data) -> list[str]:
        """What to do."""
        return [_("None of the times fits the other side. A few others help; if you cannot make it any more, say so.")]

    def action(self, data: Data) -> str:
        """To the form."""
        return str(_("Offer other times"))

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while the call is open and they are still wanted."""
        wanted = select(ReferenceCall.times_wanted_at).where(ReferenceCall.id == _call(message))
        open_ = _state(session, _call(message)) is CallState.PROPOSED
        return None if open_ and session.scalar(wanted) is not None else Reason.SUPERSEDED


@message_kind
class Invite(MessageKind):
    """When the call takes place, that it has moved, or that it is off: one kind, so that nobody is told half of it.

    It waits for the end of quiet hours only where it still comes an hour before the call.
    """

    key = "call.invite"
    title = _l("Calendar invites")
    why = _l("You take part in this.")
    readers = frozenset({Role.ADVOCATE, *STAFF})
    icon = "calendar-check"

    def subject(self, data: Data) -> str:
        """What, with whom, when."""
        said = {
            Told.INVITED: _l("%(what)s with %(other)s, %(when)s"),
            Told.MOVED: _l("Moved: %(one)s with %(other)s, now %(when)s"),
            Told.CANCELLED: _l("Cancelled: %(one)s with %(other)s, %(when)s"),
        }[Told(data["told"])]
        other = data["prospect"] if data["side"] == "advocate" else data["who"]
        return str(said) % {**_named(data), "other": other, "when": words.full(_starts(data))}

    def body(self, data: Data) -> list[str]:
        """What the calendar does with it."""
        if data["told"] == Told.CANCELLED:
            return [_("It does not take place at this time. Your calendar takes it out if you let it.")]
        return [_("Your calendar takes the invite in if you let it; its page has it as a file, too.")]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """When, how long, where."""
        return _when_and_where(data)

    def action(self, data: Data) -> str:
        """To the call."""
        return str(_("Open its page"))

    def may_wait(self, data: Data, until: datetime) -> bool:
        """Only where it comes early enough all the same."""
        return until <= _starts(data) - _BEFOREHAND

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only the newest, and before the call; an invite only while the advocate agrees (trust.md, consent)."""
        call, data = _call(message), message.data
        if _starts(data) <= now(session):
            return Reason.EXPIRED
        newest = session.scalar(select(ReferenceCall.sequence).where(ReferenceCall.id == call))
        if newest != data["sequence"]:
            return Reason.SUPERSEDED
        if data["told"] != Told.CANCELLED and not invites.stands(session, call, int(data["sequence"])):
            return Reason.NOT_ALLOWED_ANY_MORE
        return None

    def calendar(self, session: Session, message: Message, settings: Settings) -> CalendarPart:
        """The event for this reader."""
        return invites.part(session, _call(message), message.data, settings)


@message_kind
class Tomorrow(MessageKind):
    """The call is near: when, with whom, where."""

    key = "call.tomorrow"
    title = _l("The reminder on the day before")
    why = _l("You take part in this. There is one reminder for each time it is given.")
    readers = frozenset({Role.ADVOCATE, *STAFF})
    icon = "clock"

    def subject(self, data: Data) -> str:
        """With whom, when."""
        other = data["prospect"] if data["side"] == "advocate" else data["who"]
        said = {**_named(data), "other": other, "when": words.full(_starts(data))}
        return str(_l("Soon: %(one)s with %(other)s, %(when)s")) % said

    def body(self, data: Data) -> list[str]:
        """What if not."""
        return [_("Should it not suit you any more, say so on its page: either of you can move it.")]

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """When, how long, where."""
        return _when_and_where(data)

    def action(self, data: Data) -> str:
        """To the call."""
        return str(_("Open its page"))

    def may_wait(self, data: Data, until: datetime) -> bool:
        """Only where it comes early enough all the same."""
        return until <= _starts(data) - _BEFOREHAND

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only for a call that is still to come at that time, and agreed to."""
        if _starts(message.data) <= now(session):
            return Reason.EXPIRED
        stands = invites.stands(session, _call(message), int(message.data["sequence"]))
        return None if stands else Reason.SUPERSEDED


@message_kind
class Missed(MessageKind):
    """The other side says that nobody came."""

    key = "call.missed"
    title = _l("What was missed")
    why = _l("You were to take part in this.")
    readers = frozenset({Role.ADVOCATE, *STAFF})
    icon = "phone"
    tone = "warn"

    def subject(self, data: Data) -> str:
        """Which call."""
        if data["side"] == "advocate":
            return str(_("%(what)s with %(prospect)s did not take place", **_named(data), prospect=data["prospect"]))
        said = _l("%(who)s says that nobody came (%(prospect)s)")
        if words_of(data.get("activity")).takes_a_call:
            said = _l("%(who)s says that nobody called (%(prospect)s)")
        return str(said) % {"who": data["who"], "prospect": data["prospect"]}

    def body(self, data: Data) -> list[str]:
        """What it means."""
        if data["side"] == "advocate":
            return [
                _("The other side noted that you were not there. No points come of it, and nothing else happens."),
                _("If that is not how it was, tell the program team."),
            ]
        return [_("It is over without points, and it counts among their asks. Please say sorry to them.")]

    def action(self, data: Data) -> str:
        """To the call."""
        return str(_("Open its page"))


def _when_and_where(data: Data) -> list[tuple[str, str]]:
    facts = [(_("When"), words.full(_starts(data))), (_("Takes"), str(words_of(data.get("activity")).takes))]
    return [*facts, (_("Where"), data["place"])] if data.get("place") else facts


def _named(data: Data) -> dict[str, str]:
    """What is to take place: at the head of a sentence, and within one."""
    name = str(words_of(data.get("activity")).activity.name)
    return {"what": name, "one": name[0].lower() + name[1:]}


def _call(message: Message) -> int:
    return int((message.subject_ref or ":0").partition(":")[2])


def _state(session: Session, call_id: int) -> CallState | None:
    return session.scalar(select(ReferenceCall.state).where(ReferenceCall.id == call_id))


def _starts(data: Data) -> datetime:
    return datetime.fromisoformat(data["starts_at"])

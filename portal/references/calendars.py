"""A call as calendars read it (RFC 5545, 5546): one event that keeps its name, each change under a higher number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress

from portal.references.models import LASTS
from portal.settings import Settings

_PRODUCT: Final = "-//Advocate Portal//Reference calls//EN"
_NOT_IN_A_NAME: Final = re.compile(r'[\x00-\x1f\x7f"]')


class Method(StrEnum):
    """What a calendar is to do with an event: take it from an invite, drop it, or keep it from a file."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who takes part, as an event names them."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A call for one reader's calendar; `path` is its page in the portal, a side without an address is None."""

    call: UUID
    sequence: int
    starts_at: datetime
    stamp: datetime
    summary: str
    path: str
    place: str | None
    rep: Side | None
    advocate: Side | None


def write(event: CallEvent, method: Method, settings: Settings) -> bytes:
    """The event as an iCalendar file; its times are in UTC, so that they mean the same moment in every zone.

    The rep invites, by way of the portal. A published file names nobody else, as it is nobody's invite.
    """
    found = Event()
    found.add("uid", f"call-{event.call}@{urlsplit(settings.base_url).hostname}")
    found.add("sequence", event.sequence)
    found.add("dtstamp", event.stamp.astimezone(UTC))
    start = event.starts_at.astimezone(UTC)  # before counting on: on a wall half an hour may last longer
    found.add("dtstart", start)
    found.add("dtend", start + LASTS)
    found.add("summary", event.summary)
    found.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    page = settings.base_url.rstrip("/") + event.path
    found.add("description", f"{event.place}\n\n{page}" if event.place else page)
    found.add("url", page)
    if event.place:
        found.add("location", event.place)
    found.add("organizer", _organizer(event.rep, settings), encode=False)
    if method is not Method.PUBLISH:
        for attendee in _attendees(event):
            found.add("attendee", attendee, encode=False)
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    calendar.add_component(found)
    return bytes(calendar.to_ical())


def _organizer(rep: Side | None, settings: Settings) -> vCalAddress:
    name, address = parseaddr(settings.mail_from)
    if rep is None:
        return _named(Side(name or address, address))
    organizer = _named(rep)
    organizer.params["SENT-BY"] = f"mailto:{address}"
    return organizer


def _attendees(event: CallEvent) -> list[vCalAddress]:
    found = []
    for side, role, answer in ((event.rep, "CHAIR", "ACCEPTED"), (event.advocate, "REQ-PARTICIPANT", "NEEDS-ACTION")):
        if side is not None:
            attendee = _named(side)
            attendee.params.update({"ROLE": role, "PARTSTAT": answer, "CUTYPE": "INDIVIDUAL"})
            if role != "CHAIR":
                attendee.params["RSVP"] = "TRUE"
            found.append(attendee)
    return found


def _named(side: Side) -> vCalAddress:
    address = vCalAddress(f"mailto:{side.address}")
    address.params["CN"] = _NOT_IN_A_NAME.sub(" ", side.name).strip() or side.address
    return address

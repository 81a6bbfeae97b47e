"""What a request asks for, the same for everybody who is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent.activities import REFERENCE_CALL
from portal.database.refusal import Invalid
from portal.people.values import plain_name
from portal.references import opportunities
from portal.references.models import LONGEST_TOPICS, ActivityType
from portal.references.opportunities import Prospect

LATEST: Final = timedelta(days=180)
"""How far ahead a request may be needed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked, the same for everybody: by when it is needed, about what, and for whom."""

    activity: ActivityType
    needed_by: date
    topics: str
    prospect: Prospect
    opportunity_id: int | None


def wish(
    session: Session,
    *,
    needed_by: date,
    topics: str,
    opportunity_id: int | None,
    prospect_name: str | None,
    prospect_industry: str | None,
    by: Actor,
    activity: str = REFERENCE_CALL,
) -> Wish:
    """What was typed, checked, with what is known of the deal's prospect; a deal's own words go before typed ones.

    Refuses `NotFound` for a deal of somebody else, `Invalid` for what was typed.
    """
    today = now(session).date()
    if not today < needed_by <= today + LATEST:
        raise Invalid(_("Choose a day from tomorrow on, at most six months ahead."), field="needed_by")
    topics = topics.strip()
    if not topics:
        raise Invalid(_("Please say what the prospect wants to know."), field="topics")
    if len(topics) > LONGEST_TOPICS:
        raise Invalid(_("Please shorten this to %(limit)d characters.", limit=LONGEST_TOPICS), field="topics")
    found, name = named(session, opportunity_id, prospect_name, by=by)
    industry = found.industry or " ".join((prospect_industry or "").split()) or None
    if industry and len(industry) > 200:
        raise Invalid(_("Please shorten this to %(limit)d characters.", limit=200), field="prospect_industry")
    kind = kind_of(session, activity)
    prospect = Prospect(name, industry, found.country, found.size_band, found.product)
    return Wish(kind, needed_by, topics, prospect, opportunity_id)


def named(
    session: Session, opportunity_id: int | None, prospect_name: str | None, *, by: Actor
) -> tuple[Prospect, str]:
    """What is known of the prospect of a deal (nothing without one), and what the prospect is called.

    Refuses `NotFound` for a deal of somebody else, `Invalid` for a name that is missing or none.
    """
    found = Prospect(None, None, None, None, None)
    if opportunity_id is not None:
        found = opportunities.prospect_of(session, opportunities.of_id(session, opportunity_id, by=by))
    name = found.name or " ".join((prospect_name or "").split())
    if not name:
        raise Invalid(_("Please name the prospect."), field="prospect_name")
    return found, _prospect_name(name)


def kind_of(session: Session, activity: str) -> ActivityType:
    """An activity by its key. Refuses `Invalid`."""
    kind = session.scalar(select(ActivityType).where(ActivityType.key == activity))
    if kind is None:
        raise Invalid(_("Choose what to ask for."), field="activity")
    return kind


def end_of(day: date) -> datetime:
    """The last moment of a day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _prospect_name(name: str) -> str:
    try:
        return plain_name(name)
    except Invalid as refusal:
        raise Invalid(str(refusal), field="prospect_name") from None

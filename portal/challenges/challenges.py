"""The verbs on challenges: make, change, publish, archive. Those on its stages are in `outline.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal import audit
from portal.audit import Actor
from portal.challenges import activities, editions, openings
from portal.challenges import audience as audiences
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.checks import must_pass
from portal.challenges.models import (
    LONGEST_DESCRIPTION,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    MOST_MINUTES,
    Challenge,
)
from portal.challenges.states import CHALLENGE_TRANSITIONS, ChallengeState
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotFound, explain
from portal.people.states import MANAGERS

explain("stage_frozen", _l("What is offered does not change. Begin a new version of its steps."))
explain("challenge_words", _l("What is offered does not change. Save it as a new version."))
_ARCHIVED: Final = _l("This challenge is archived; it does not change any more.")


def create(
    session: Session,
    title: str,
    *,
    by: Actor,
    summary: str = "",
    description: str = "",
    minutes: int = 10,
    activity_type: str | None = None,
    audience: Audience = EVERYBODY,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    places: int | None = None,
    pause_hours: int | None = None,
) -> Challenge:
    """Begin a challenge as a draft. Refuses `NotAllowed` for all but managers, and `Invalid` texts and times."""
    by.require(*MANAGERS)
    challenge = Challenge(state=ChallengeState.DRAFT, created_by=by.person_id)
    _write(
        challenge,
        title=title,
        summary=summary,
        description=description,
        minutes=minutes,
        activity_type=activity_type,
    )
    audiences.aim(session, challenge, audience)
    openings.describe(
        session, challenge, opens_at=opens_at, closes_at=closes_at, places=places, pause_hours=pause_hours
    )
    session.add(challenge)
    session.flush()
    audit.record(session, "challenge.create", f"challenge:{challenge.id}", by=by)
    return challenge


def change(
    session: Session,
    challenge_id: int,
    *,
    by: Actor,
    title: str,
    summary: str,
    description: str,
    minutes: int,
    activity_type: str | None,
    audience: Audience,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    places: int | None = None,
    pause_hours: int | None = None,
) -> Challenge:
    """Change texts, audience and window, also of a published challenge; what people did and were promised stays.

    Other texts of a published challenge are a new edition, for those who begin from now on.

    Refuses as `create`; `Conflict` for an archived one, and `Invalid` for what could not have been published.
    """
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    if challenge.state is ChallengeState.ARCHIVED:
        raise Conflict(_ARCHIVED)
    at, before = now(session), _words(challenge)
    with session.no_autoflush:  # other words are written together with their edition
        _write(
            challenge,
            title=title,
            summary=summary,
            description=description,
            minutes=minutes,
            activity_type=activity_type,
        )
        audiences.aim(session, challenge, audience)
        openings.describe(
            session, challenge, opens_at=opens_at, closes_at=closes_at, places=places, pause_hours=pause_hours
        )
        if challenge.state is ChallengeState.PUBLISHED:
            must_pass(challenge, challenge.offered, at)
            if _words(challenge) != before:
                editions.again(session, challenge)
    audit.record(session, "challenge.change", f"challenge:{challenge.id}", by=by)
    session.flush()
    return challenge


def publish(session: Session, challenge_id: int, *, by: Actor) -> Challenge:
    """Offer it to its audience, or offer the next edition of its steps to those who begin from now on.

    Published twice is published once. Refuses `NotAllowed`, `NotFound`, `Conflict` for an archived one, `Invalid` with
    the first check that fails.
    """
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    if challenge.state is ChallengeState.PUBLISHED and not challenge.workbench:
        return challenge
    if challenge.state is ChallengeState.ARCHIVED:
        raise Conflict(_ARCHIVED)
    at = now(session)
    must_pass(challenge, challenge.workbench, at)
    if challenge.is_draft:
        move(challenge, ChallengeState.PUBLISHED)
        challenge.published_at = at
    editions.offer(session, challenge)
    audit.record(session, "challenge.publish", f"challenge:{challenge.id}", by=by, edition=challenge.edition)
    session.flush()
    return challenge


def archive(session: Session, challenge_id: int, *, by: Actor) -> Challenge:
    """Take it off the list, and drop what is not offered yet of its next edition.

    Who has begun may finish; nothing that was handed in or paid changes.
    """
    by.require(*MANAGERS)
    challenge = lock_challenge(session, challenge_id)
    if challenge.state is ChallengeState.ARCHIVED:
        return challenge
    at = now(session)
    if challenge.is_revised:
        editions.drop(session, challenge)
    move(challenge, ChallengeState.ARCHIVED)
    challenge.archived_at = at
    audit.record(session, "challenge.archive", f"challenge:{challenge.id}", by=by)
    session.flush()
    return challenge


def move(challenge: Challenge, state: ChallengeState) -> None:
    """The only way into another state; refuses (`Conflict`) what `CHALLENGE_TRANSITIONS` does not hold."""
    if state not in CHALLENGE_TRANSITIONS[challenge.state]:
        raise Conflict(_ARCHIVED)
    challenge.state = state


def lock_challenge(session: Session, challenge_id: int) -> Challenge:
    """Lock a challenge and read its stages. Refuses `NotFound`."""
    steps = selectinload(Challenge.offered), selectinload(Challenge.workbench)
    wanted = select(Challenge).where(Challenge.id == challenge_id).options(*steps)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    challenge = session.scalars(locked).one_or_none()
    if challenge is None:
        raise NotFound(_l("There is no such challenge."))
    return challenge


def text_of(given: str, most: int, field: str, *, required: bool = False) -> str:
    """A text as it is stored; refuses (`Invalid`) one that is missing or too long."""
    text = given.replace("\r\n", "\n").strip()
    if required and not text:
        raise Invalid(_l("This is needed."), field=field)
    if len(text) > most or "\x00" in text:
        raise Invalid(_l("Write at most %(most)s characters.", most=most), field=field)
    return text


def _write(
    challenge: Challenge, *, title: str, summary: str, description: str, minutes: int, activity_type: str | None
) -> None:
    if activity_type and activity_type not in activities.ACTIVITIES:
        raise Invalid(_l("There is no such kind of challenge."), field="activity_type")
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(_l("Give the minutes it takes, 1 to %(most)s.", most=MOST_MINUTES), field="minutes")
    challenge.title = text_of(title, LONGEST_TITLE, "title", required=True)
    challenge.summary = text_of(summary, LONGEST_SUMMARY, "summary")
    challenge.description = text_of(description, LONGEST_DESCRIPTION, "description")
    challenge.minutes = minutes
    challenge.activity_type = activity_type or None
    challenge.icon = activities.icon(activity_type)


def _words(challenge: Challenge) -> tuple[str, str, str, int]:
    return challenge.title, challenge.summary, challenge.description, challenge.minutes

"""When a challenge is open, how many places it has, and when somebody may take it once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from portal.challenges import audience
from portal.challenges.models import LONGEST_PAUSE, MOST_PLACES, Challenge, Submission
from portal.challenges.states import FINISHED, TAKES_A_PLACE, ChallengeState
from portal.clock import PORTAL_NOW, now
from portal.database.refusal import Invalid, LimitReached, NotFound, explain

NO_CHALLENGE: Final = _l("There is no such challenge.")
FULL: Final = _l("All places of this challenge are taken.")
PLACES_TAKEN: Final = _l("More people than that have a place already. Give at least as many places.")

YEARS: Final = range(2000, 2101)
"""When a challenge may open and close; days beyond are slips of the pen, and some no database and no clock can hold."""

explain("ck_challenge_window", _l("A challenge closes after it opens."))
explain("challenge_full", FULL)
explain("challenge_places_taken", PLACES_TAKEN)
explain("submission_again", _l("You have done this. It opens again after its pause."))


def describe(
    session: Session,
    challenge: Challenge,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
    places: int | None,
    pause_hours: int | None,
) -> None:
    """Give a challenge, new or locked, its window, its places and the hours after which it opens again.

    Refuses `Invalid`: days out of reach or order, fewer places than are taken, a pause of no hour or over two years.
    """
    for moment, field in ((opens_at, "opens_on"), (closes_at, "closes_on")):
        if moment is not None and moment.year not in YEARS:
            raise Invalid(_l("Choose a day between the years 2000 and 2100."), field=field)
    challenge.opens_at, challenge.closes_at = opens_at, closes_at
    if not window_fits(challenge):
        raise Invalid(_l("A challenge closes after it opens."), field="closes_on")
    if places is not None and not 1 <= places <= MOST_PLACES:
        raise Invalid(_l("Places are a whole number from 1 to 1,000,000."), field="places")
    if pause_hours is not None and not 1 <= pause_hours <= LONGEST_PAUSE:
        raise Invalid(_l("A pause lasts up to two years."), field="pause_days")
    if places is not None and challenge.id is not None and places < taken(session, challenge.id):
        raise Invalid(PLACES_TAKEN, field="places")
    challenge.places, challenge.pause_hours = places, pause_hours


def window_fits(challenge: Challenge) -> bool:
    """Whether it closes after it opens."""
    return challenge.opens_at is None or challenge.closes_at is None or challenge.closes_at > challenge.opens_at


def offered_to(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a challenge is open to the person now: published, in its window, and meant for them."""
    return and_(is_open(), audience.reaches(person_id), audience.keeps_to_rules_of_reviews(person_id))


def is_open() -> ColumnElement[bool]:
    """The condition that a challenge is published and in its window."""
    return and_(
        Challenge.state == ChallengeState.PUBLISHED,
        or_(Challenge.opens_at.is_(None), Challenge.opens_at <= PORTAL_NOW),
        or_(Challenge.closes_at.is_(None), Challenge.closes_at > PORTAL_NOW),
    )


def has_place() -> ColumnElement[bool]:
    """The condition that not all places of a challenge are taken."""
    taken = aliased(Submission)
    count = select(func.count()).select_from(taken).where(taken.challenge_id == Challenge.id)
    count = count.where(taken.state.in_(TAKES_A_PLACE)).correlate(Challenge)
    return or_(Challenge.places.is_(None), count.scalar_subquery() < Challenge.places)


def again_at() -> ColumnElement[datetime]:
    """When a challenge opens again to whoever has finished `Submission`; none where it does not."""
    nothing: ColumnElement[int] = literal_column("0")
    pause = func.make_interval(nothing, nothing, nothing, nothing, Challenge.pause_hours)
    due = func.coalesce(Submission.decided_at, Submission.started_at) + pause
    stays = and_(
        Challenge.state == ChallengeState.PUBLISHED, or_(Challenge.closes_at.is_(None), due < Challenge.closes_at)
    )
    return case((and_(Submission.state.in_(FINISHED), Challenge.pause_hours.is_not(None), stays), due))


def is_again() -> ColumnElement[bool]:
    """The condition that the pause after a finished `Submission` is over."""
    return func.coalesce(again_at() <= PORTAL_NOW, literal_column("false"))


def lock(session: Session, challenge_id: int) -> Challenge:
    """Hold a challenge while a place in it is taken; its person is locked already. Refuses `NotFound`."""
    wanted = select(Challenge).where(Challenge.id == challenge_id).with_for_update(key_share=True)
    challenge = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if challenge is None:
        raise NotFound(NO_CHALLENGE)
    return challenge


def must_have_place(session: Session, challenge: Challenge) -> None:
    """Refuse (`LimitReached`) where the places of a challenge, which is locked, are taken."""
    if challenge.places is not None and taken(session, challenge.id) >= challenge.places:
        raise LimitReached(FULL)


def taken(session: Session, challenge_id: int) -> int:
    """How many places are taken: begun, handed in or done; who put it away or was turned down has left theirs."""
    count = select(func.count()).select_from(Submission).where(Submission.challenge_id == challenge_id)
    return session.scalar(count.where(Submission.state.in_(TAKES_A_PLACE))) or 0


def pause_is_over(session: Session, challenge: Challenge, submission: Submission) -> bool:
    """Whether somebody may begin anew after this submission."""
    if challenge.pause_hours is None or submission.state not in FINISHED:
        return False
    ended = submission.decided_at or submission.started_at
    return ended + timedelta(hours=challenge.pause_hours) <= now(session)

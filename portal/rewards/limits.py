"""Who may redeem what, and how often: a reward's level and limits, and what the program allows in a day.

The database asks all of it again behind this, under the person's lock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _ln
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import program
from portal.clock import now
from portal.database.refusal import LimitReached, explain
from portal.points.models import Level
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import GIVEN_BACK

YEAR: Final = timedelta(hours=8760)
_DAY: Final = timedelta(hours=24)
_ENOUGH: Final = _l("That is more than one person may redeem in a day. Nothing was taken; try again tomorrow.")
_OFTEN: Final = _l("You have redeemed this as often as one person may. Nothing was taken.")
_OFTEN_THIS_YEAR: Final = _l("You have redeemed this as often as one person may in a year. Nothing was taken.")

explain("redemption_daily_limit", _ENOUGH)
explain("redemption_per_person", _OFTEN)
explain("redemption_level", _l("This reward is for a level that you have not reached yet. Nothing was taken."))
explain(
    "fk_reward_level_id_level",
    _l("A reward is for this level and those above it. Give the reward another level first."),
)


def check_day(session: Session, person_id: int, price: int) -> None:
    """Refuse (`LimitReached`) what goes beyond the program's `redemption_limit` in any 24 hours.

    What was given back does not count. The caller holds the person's lock.
    """
    limit = program.current(session).redemption_limit
    if limit is None:
        return
    taken = select(func.coalesce(func.sum(Redemption.price), 0)).where(
        Redemption.person_id == person_id,
        Redemption.state.not_in(GIVEN_BACK),
        Redemption.created_at > now(session) - _DAY,
    )
    if session.scalars(taken).one() + price > limit:
        raise LimitReached(_ENOUGH)


def check_level(session: Session, reward: Reward, lifetime: int) -> None:
    """Refuse (`LimitReached`) a reward of a level that `lifetime` points have not reached, with what is missing."""
    if reward.level_id is None:
        return
    level = session.get_one(Level, reward.level_id)
    missing = level.threshold - lifetime
    if missing > 0:
        raise LimitReached(
            _ln(
                "From level %(level)s on: %(num)s point to go. Nothing was taken.",
                "From level %(level)s on: %(num)s points to go. Nothing was taken.",
                missing,
                level=level.name,
            )
        )


def check_turns(session: Session, reward: Reward, person_id: int) -> None:
    """Refuse (`LimitReached`) where somebody has had a reward as often as one person may, in all or in a year.

    What was given back does not count. The caller holds the person's lock.
    """
    if reward.per_person is None and reward.per_year is None:
        return
    lately = Redemption.created_at > now(session) - YEAR
    had = select(func.count(), func.count().filter(lately)).where(
        Redemption.person_id == person_id,
        Redemption.reward_id == reward.id,
        Redemption.state.not_in(GIVEN_BACK),
    )
    ever, this_year = session.execute(had).one()
    if reward.per_person is not None and ever >= reward.per_person:
        raise LimitReached(_OFTEN)
    if reward.per_year is not None and this_year >= reward.per_year:
        raise LimitReached(_OFTEN_THIS_YEAR)

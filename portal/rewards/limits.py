"""How much one person may redeem in a day, where the program wants a limit; the database counts again behind this."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import program
from portal.clock import now
from portal.database.refusal import LimitReached, explain
from portal.rewards.models import Redemption
from portal.rewards.states import State

_DAY: Final = timedelta(hours=24)
_GIVEN_BACK: Final = (State.FAILED, State.CANCELLED, State.REFUNDED)
_ENOUGH: Final = _l("That is more than one person may redeem in a day. Nothing was taken; try again tomorrow.")

explain("redemption_daily_limit", _ENOUGH)


def check_day(session: Session, person_id: int, price: int) -> None:
    """Refuse (`LimitReached`) what goes beyond the program's `redemption_limit` in any 24 hours.

    What was given back does not count. The caller holds the person's lock.
    """
    limit = program.current(session).redemption_limit
    if limit is None:
        return
    taken = select(func.coalesce(func.sum(Redemption.price), 0)).where(
        Redemption.person_id == person_id,
        Redemption.state.not_in(_GIVEN_BACK),
        Redemption.created_at > now(session) - _DAY,
    )
    if session.scalars(taken).one() + price > limit:
        raise LimitReached(_ENOUGH)

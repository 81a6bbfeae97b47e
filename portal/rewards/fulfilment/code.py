"""A code from the reward's list, which the person opens themselves."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.rewards.fulfilment.base import Fulfilment
from portal.rewards.models import Redemption
from portal.rewards.states import Way


class Code(Fulfilment):
    """One is kept for them by the stock; it becomes theirs when they open it (codes.py)."""

    key: ClassVar[str] = Way.CODE
    label: ClassVar[LazyString] = _l("A code from a list, shown in the portal")

    def begin(self, session: Session, redemption: Redemption) -> None:
        """Nobody of the team has anything to do."""

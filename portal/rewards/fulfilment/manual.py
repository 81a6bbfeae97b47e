"""Somebody of the team sends or hands it over, and says so."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.rewards import moving
from portal.rewards.fulfilment.base import Fulfilment
from portal.rewards.models import Redemption
from portal.rewards.states import Way


class Manual(Fulfilment):
    """The managers are told; one of them fulfils it from the desk's queue."""

    key: ClassVar[str] = Way.MANUAL
    label: ClassVar[LazyString] = _l("By hand, from the team")

    def begin(self, session: Session, redemption: Redemption) -> None:
        """Tell every manager who can sign in."""
        moving.tell_desk(session, redemption, "rewards.to_fulfil")

"""What every way of fulfilment does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from flask_babel import LazyString
from sqlalchemy.orm import Session

from portal.rewards.models import Redemption


class Fulfilment(ABC):
    """One way in which a reward reaches the person."""

    key: ClassVar[str]
    label: ClassVar[LazyString]

    @abstractmethod
    def begin(self, session: Session, redemption: Redemption) -> None:
        """Set the delivery going, where it is redeemed or approved; network calls belong into a job deferred here."""

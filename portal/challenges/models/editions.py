"""What challenges said when they were offered."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base

LONGEST_TITLE: Final = 60


class ChallengeEdition(Base):
    """What a published challenge said, edition by edition; it never changes (a trigger holds it)."""

    __tablename__ = "challenge_edition"
    __table_args__ = (CheckConstraint("edition >= 1", name="edition"),)

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"), primary_key=True, autoincrement=False)
    edition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str]
    summary: Mapped[str]
    description: Mapped[str]
    minutes: Mapped[int] = mapped_column(Integer)
    offered_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

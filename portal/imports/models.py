"""The spellings that are remembered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, choices


class Origin(StrEnum):
    """Why a spelling is known: it joined by itself, or somebody decided."""

    JOINED = "joined"
    DECIDED = "decided"


class Spelling(Base):
    """A value as a file wrote it, and the value that it means; itself for a word of its own."""

    __tablename__ = "spelling"
    __table_args__ = (
        CheckConstraint("char_length(written) BETWEEN 1 AND 200", name="written"),
        CheckConstraint("char_length(means) BETWEEN 1 AND 200", name="means"),
        Index("uq_spelling_written", "vocabulary", func.lower(text("written")), unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    vocabulary: Mapped[str]
    written: Mapped[str]
    means: Mapped[str]
    origin: Mapped[Origin] = mapped_column(choices(Origin, "origin"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

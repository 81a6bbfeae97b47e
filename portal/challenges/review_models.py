"""Links to reviews that were handed in: each pays once, and says what was disclosed with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base

LONGEST_LINK: Final = 500
LONGEST_DISCLOSURE: Final = 1000


class ReviewLink(Base):
    """A review handed in for a stage; it is held until it is given free, by a change or because it does not pay."""

    __tablename__ = "review_link"
    __table_args__ = (
        CheckConstraint(f"link ~ '^https://' AND char_length(link) <= {LONGEST_LINK}", name="link"),
        CheckConstraint("key <> ''", name="key"),
        CheckConstraint(f"char_length(disclosure) BETWEEN 1 AND {LONGEST_DISCLOSURE}", name="disclosure"),
        CheckConstraint("version ~ '^[0-9a-f]{12}$'", name="version"),
        Index("uq_review_link_key", "key", unique=True, postgresql_where=text("released_at IS NULL")),
        Index("uq_review_link_response", "response_id", unique=True, postgresql_where=text("released_at IS NULL")),
        Index("ix_review_link_response_id", "response_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("stage_response.id"))
    site: Mapped[str]
    link: Mapped[str]
    key: Mapped[str]
    """What all ways to write its address have in common."""
    disclosure: Mapped[str]
    version: Mapped[str]
    acknowledged_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    released_at: Mapped[datetime | None]

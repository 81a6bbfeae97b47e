"""Whom challenges can be offered to."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base


class AudienceMember(Base):
    """Somebody whom challenges can be offered to, flat: the row follows the view `audience_due`."""

    __tablename__ = "audience_member"
    __table_args__ = (
        Index("ix_audience_member_industry", "industry", "country", "size_band"),
        Index("ix_audience_member_country", "country", "size_band"),
        Index("ix_audience_member_products", "products", postgresql_using="gin"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    industry: Mapped[str | None]
    country: Mapped[str | None]
    size_band: Mapped[str | None]
    products: Mapped[list[str]] = mapped_column(server_default="{}")

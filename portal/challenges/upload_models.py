"""Files that were handed in: what is in the folder of files under which name, and whose it is."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified
from portal.files.intake import LONGEST_NAME

MOST_FILES: Final = 5
"""How many files one stage may ask for."""
QUOTA: Final = 100 * 1024 * 1024
"""Bytes that one person's files may take in all; the database counts under the person's lock."""


class Upload(Identified, Base):
    """A file of a stage response. The row never changes; it goes only while its stage is open."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')", name="media_type"
        ),
        CheckConstraint("size BETWEEN 1 AND 16777216", name="size"),
        Index("ix_upload_response_id", "response_id"),
        Index("ix_upload_person_id", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    response_id: Mapped[int] = mapped_column(ForeignKey("stage_response.id"))
    file: Mapped[UUID] = mapped_column(unique=True)
    """Its name in the folder of files."""
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    """Bytes."""
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

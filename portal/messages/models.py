"""Messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.messages.states import MessageState, Reason


class Message(Identified, Base):
    """One message to one person: its words come from its kind and `data`, never from here, and hold no secrets."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state IN ('held', 'dropped')) = (reason IS NOT NULL)", name="why"),
        CheckConstraint("state NOT IN ('sending') OR sending_at IS NOT NULL", name="sending"),
        CheckConstraint("link_path ~ '^/([^/\\\\]|$)'", name="link_path"),
        Index("ix_message_person_id_id", "person_id", text("id DESC")),
        Index("ix_message_unread", "person_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_message_subject_ref", "subject_ref", postgresql_where=text("subject_ref IS NOT NULL")),
        Index("ix_message_waiting", "id", postgresql_where=text("state IN ('queued', 'sending', 'held')")),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    link_path: Mapped[str | None]
    state: Mapped[MessageState] = mapped_column(choices(MessageState, "state"), server_default="queued")
    reason: Mapped[Reason | None] = mapped_column(choices(Reason, "reason"))
    subject_ref: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

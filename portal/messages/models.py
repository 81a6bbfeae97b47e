"""Messages."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.messages.states import MessageState, Reason, Through

ESSENTIAL: Final = "^(access[.](sign_in|invitation|password)|consent[.]|security[.])"
"""The kinds that are mailed to everybody: ways in, security, and records of what was agreed to."""


class Message(Identified, Base):
    """One message to one person: its words come from its kind and `data`, never from here, and hold no secrets."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state IN ('held', 'dropped')) = (reason IS NOT NULL)", name="why"),
        CheckConstraint("state NOT IN ('sending') OR sending_at IS NOT NULL", name="sending"),
        CheckConstraint("(reason IS NOT DISTINCT FROM 'quiet_hours') = (held_until IS NOT NULL)", name="held_until"),
        CheckConstraint("link_path ~ '^/([^/\\\\]|$)'", name="link_path"),
        Index("ix_message_person_id_id", "person_id", text("id DESC")),
        Index("ix_message_unread", "person_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_message_subject_ref", "subject_ref", postgresql_where=text("subject_ref IS NOT NULL")),
        Index("uq_message_reminder", "subject_ref", unique=True, postgresql_where=text("kind = 'request.reminder'")),
        Index(
            "uq_message_call_tomorrow",
            "person_id",
            "subject_ref",
            text("(data ->> 'sequence')"),
            unique=True,
            postgresql_where=text("kind = 'call.tomorrow'"),
        ),
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
    held_until: Mapped[datetime | None]
    """When the quiet hours end for which it is held."""


class MailPreference(Base):
    """Whether a person wants mails of a kind; without a row they do. What is essential cannot be unwanted."""

    __tablename__ = "mail_preference"
    __table_args__ = (
        CheckConstraint("kind ~ '^[a-z_]+[.][a-z_]+$'", name="kind"),
        CheckConstraint(f"wanted OR kind !~ '{ESSENTIAL}'", name="essential"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    wanted: Mapped[bool] = mapped_column(server_default=true())
    through: Mapped[Through] = mapped_column(choices(Through, "through"), server_default="portal")
    changed_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class QuietHours(Base):
    """When a person wants no mail, on the clock of their time zone; over midnight where `ends` is the earlier one."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        CheckConstraint("starts <> ends", name="some"),
        CheckConstraint(
            "extract(second FROM starts) = 0 AND extract(second FROM ends) = 0 AND starts < '24:00' AND ends < '24:00'",
            name="minutes",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    starts: Mapped[time]
    ends: Mapped[time]
    changed_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

"""Wording, events of consent, what is live, and the log of what was disclosed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices


class Kind(StrEnum):
    """What happened to a consent."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Channel(StrEnum):
    """The way it reached us."""

    PORTAL = "portal"
    MAIL = "mail"
    IMPORT = "import"
    JOB = "job"


class Notice(Base):
    """One version of a wording in one language; append-only (trust.md, Consent)."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("purpose", "version", "locale"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex')", name="sha256"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    purpose: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    locale: Mapped[str]
    text: Mapped[str]
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class ConsentEvent(Identified, Base):
    """A consent was given, withdrawn or ran out; append-only. Only the person gives (trust.md, Consent)."""

    __tablename__ = "consent_event"
    __table_args__ = (
        UniqueConstraint("id", "person_id", "kind"),
        CheckConstraint("scope ~ '^[a-z_]+:[a-z_]+:[a-z_]+$'", name="scope"),
        CheckConstraint(
            "CASE WHEN kind = 'given' THEN valid_until IS NOT NULL AND valid_until > at ELSE valid_until IS NULL END",
            name="validity",
        ),
        CheckConstraint("kind <> 'given' OR (actor_id IS NOT NULL AND actor_id = person_id)", name="own"),
        CheckConstraint("(kind = 'expired') = (channel = 'job')", name="run_out"),
        Index("ix_consent_event_person_id_id", "person_id", "id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[Kind] = mapped_column(choices(Kind, "kind"))
    scope: Mapped[str]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[Channel] = mapped_column(choices(Channel, "channel"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    company_name_ok: Mapped[bool] = mapped_column(server_default=false())
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    valid_until: Mapped[datetime | None]


class ConsentCurrent(Base):
    """Where a person stands on a scope; a trigger writes it from the events, nobody else can."""

    __tablename__ = "consent_current"
    __table_args__ = (
        UniqueConstraint("person_id", "scope", "live"),
        CheckConstraint("live = (valid_until IS NOT NULL)", name="validity"),
        Index("ix_consent_current_valid_until", "valid_until", postgresql_where=text("live")),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    live: Mapped[bool]
    event_id: Mapped[int] = mapped_column(ForeignKey("consent_event.id"))
    valid_until: Mapped[datetime | None]


class ConsentReminder(Base):
    """Somebody was asked whether to renew a consent that runs out; once for each that was given, append-only."""

    __tablename__ = "consent_reminder"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "person_id", "consent_kind"],
            ["consent_event.id", "consent_event.person_id", "consent_event.kind"],
            name="fk_consent_reminder_event",
        ),
    )

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int]
    consent_kind: Mapped[str] = mapped_column(Computed("'given'", persisted=True))
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Disclosure(Base):
    """Contact data of a person reached somebody, under a consent that was given; append-only."""

    __tablename__ = "disclosure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["consent_event_id", "person_id", "consent_kind"],
            ["consent_event.id", "consent_event.person_id", "consent_event.kind"],
            name="fk_disclosure_consent_event",
        ),
        CheckConstraint("cardinality(fields) > 0", name="fields"),
        Index("ix_disclosure_person_id_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    fields: Mapped[list[str]]
    consent_event_id: Mapped[int]
    consent_kind: Mapped[str] = mapped_column(Computed("'given'", persisted=True))
    subject: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

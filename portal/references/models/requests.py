"""What is asked of whom: kinds of help, deals, requests, assignments and their history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.references.models.states import AssignmentState, EventKind, Outcome, RequestState

LONGEST_TOPICS = 1000
_OPEN_STATES = (
    "(state)::text = ANY ((ARRAY['proposed'::character varying, 'asked'::character varying,"
    " 'accepted'::character varying])::text[])"
)
_CLOSED_STAGE = "lower(stage) <> ALL (ARRAY['won'::text, 'lost'::text, 'closed won'::text, 'closed lost'::text])"


class ActivityType(Base):
    """A kind of help; `points` are earned when it took place, `load_weight` says how much it asks of a person."""

    __tablename__ = "activity_type"
    __table_args__ = (
        CheckConstraint("load_weight > 0", name="load_weight"),
        CheckConstraint("points >= 0", name="points"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    load_weight: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    points: Mapped[int] = mapped_column(BigInteger)


class Opportunity(Identified, Base):
    """A deal being sold, with its prospect; the company or the owner may be unknown yet."""

    __tablename__ = "opportunity"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("char_length(stage) BETWEEN 1 AND 100", name="stage"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("uq_opportunity_crm_id", "crm_id", unique=True),
        Index("ix_opportunity_owner_id", "owner_id", text("open DESC"), text("id DESC")),
        Index("ix_opportunity_open", text("open DESC"), text("id DESC")),
        Index("ix_opportunity_company_id", "company_id"),
    )

    crm_id: Mapped[str | None]
    name: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    stage: Mapped[str]
    open: Mapped[bool] = mapped_column(Computed(_CLOSED_STAGE, persisted=True))
    engaged_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric)
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class ReferenceRequest(Identified, Base):
    """A rep's ask for one activity; what is known of the prospect is kept as it was when they asked."""

    __tablename__ = "reference_request"
    __table_args__ = (
        CheckConstraint("char_length(prospect_name) BETWEEN 1 AND 200", name="prospect_name"),
        CheckConstraint(f"char_length(topics) BETWEEN 1 AND {LONGEST_TOPICS}", name="topics"),
        CheckConstraint("outcome IS NULL OR state = 'closed'", name="outcome_when_closed"),
        Index("ix_reference_request_requested_by", "requested_by", text("id DESC")),
        Index("ix_reference_request_opportunity_id", "opportunity_id"),
        Index("ix_reference_request_state", "state", "needed_by", "id"),
    )

    request_key: Mapped[UUID | None] = mapped_column(unique=True)
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunity.id"))
    requested_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    activity_type_id: Mapped[int] = mapped_column(ForeignKey("activity_type.id"))
    prospect_name: Mapped[str]
    prospect_industry: Mapped[str | None]
    prospect_country: Mapped[str | None]
    prospect_size_band: Mapped[str | None]
    product: Mapped[str | None]
    topics: Mapped[str]
    needed_by: Mapped[date]
    state: Mapped[RequestState] = mapped_column(choices(RequestState, "state"))
    state_since: Mapped[datetime]
    outcome: Mapped[Outcome | None] = mapped_column(choices(Outcome, "outcome"))
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

    @property
    def number(self) -> str:
        """What people call the request, like "REQ-204"."""
        return f"REQ-{self.id}"


class Assignment(Identified, Base):
    """One advocate for one request. While it is open it cannot exist without live consent (trust.md, consent)."""

    __tablename__ = "assignment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person_id", "scope", "consent_live"],
            ["consent_current.person_id", "consent_current.scope", "consent_current.live"],
            name="fk_assignment_consent",
        ),
        ForeignKeyConstraint(
            ["asked_id", "person_id"],
            ["ask.assignment_id", "ask.person_id"],
            name="fk_assignment_ask",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        UniqueConstraint("request_id", "person_id"),
        UniqueConstraint("id", "person_id"),
        UniqueConstraint("id", "accepted"),
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("state = 'proposed' OR asked_at IS NOT NULL OR state = 'withdrawn'", name="asked"),
        CheckConstraint("(asked_at IS NULL) = (answer_by IS NULL)", name="answer_by"),
        CheckConstraint(
            "(answered_at IS NOT NULL) OR state IN ('proposed', 'asked', 'expired', 'withdrawn')", name="answered"
        ),
        CheckConstraint("(ended_at IS NULL) = (state IN ('proposed', 'asked', 'accepted'))", name="ended"),
        CheckConstraint("state NOT IN ('accepted', 'done') OR contact_until IS NOT NULL", name="contact_until"),
        Index("ix_assignment_person_id", "person_id", "state"),
        Index("ix_assignment_answer_by", "answer_by", postgresql_where=text("state = 'asked'")),
    )

    request_id: Mapped[int] = mapped_column(ForeignKey("reference_request.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    scope: Mapped[str]
    points: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[AssignmentState] = mapped_column(choices(AssignmentState, "state"))
    consent_live: Mapped[bool | None] = mapped_column(
        Computed(f"CASE WHEN ({_OPEN_STATES}) THEN true ELSE NULL::boolean END", persisted=True)
    )
    accepted: Mapped[bool | None] = mapped_column(
        Computed("CASE WHEN ((state)::text = 'accepted'::text) THEN true ELSE NULL::boolean END", persisted=True)
    )
    asked_at: Mapped[datetime | None]
    asked_id: Mapped[int | None] = mapped_column(
        BigInteger, Computed("CASE WHEN (asked_at IS NOT NULL) THEN id ELSE NULL::bigint END", persisted=True)
    )
    answer_by: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    contact_until: Mapped[datetime | None]

    @property
    def open(self) -> bool:
        """Whether somebody still waits for it."""
        return self.state.open

    @property
    def activity(self) -> str:
        """The key of the activity that was asked for; the database keeps it that of the request."""
        return self.scope.partition(":")[0]


class RequestEvent(Base):
    """One line of a request's history, never changed: what happened, when, by whom; `data`: ids and plain values."""

    __tablename__ = "request_event"
    __table_args__ = (Index("ix_request_event_request_id", "request_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("reference_request.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    kind: Mapped[EventKind] = mapped_column(choices(EventKind, "kind"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

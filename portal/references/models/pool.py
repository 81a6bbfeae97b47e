"""The reference profile, proposals to join the pool, and the pool itself: one flat row a consented advocate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices

LONGEST_HEADLINE = 120
LONGEST_ABOUT = 1000


class ReferenceProfile(Base):
    """What a consented advocate lets sales see, in their own words."""

    __tablename__ = "reference_profile"
    __table_args__ = (
        CheckConstraint(f"char_length(headline) <= {LONGEST_HEADLINE}", name="headline"),
        CheckConstraint(f"char_length(about) <= {LONGEST_ABOUT}", name="about"),
        CheckConstraint(
            "cardinality(products) <= 20 AND cardinality(topics) <= 12 AND cardinality(languages) <= 12", name="lists"
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    headline: Mapped[str | None]
    about: Mapped[str | None]
    products: Mapped[list[str]] = mapped_column(server_default="{}")
    topics: Mapped[list[str]] = mapped_column(server_default="{}")
    languages: Mapped[list[str]] = mapped_column(server_default="{}")
    company_name_shown: Mapped[bool] = mapped_column(server_default=false())
    updated_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    GIVEN = "given"
    DECLINED = "declined"


class PoolProposal(Identified, Base):
    """The program proposes that an advocate joins the pool; the advocate decides, unrewarded (trust.md, Consent)."""

    __tablename__ = "pool_proposal"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        Index("uq_pool_proposal_open", "person_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_pool_proposal_person_id", "person_id", "id"),
        Index("ix_pool_proposal_waiting", "at", "id", postgresql_where=text("state = 'open'")),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    because: Mapped[str]
    state: Mapped[ProposalState] = mapped_column(choices(ProposalState, "state"), server_default="open")
    at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    answered_at: Mapped[datetime | None]


class PoolEntry(Base):
    """What sales may see before an ask is accepted; without live consent there is no row (trust.md, Consent).

    Triggers write it from the view `pool_due`; the limits keep when somebody was last asked and may be asked again.
    """

    __tablename__ = "pool_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person_id", "anchor_scope", "live"],
            ["consent_current.person_id", "consent_current.scope", "consent_current.live"],
            name="fk_pool_entry_consent",
        ),
        CheckConstraint("cardinality(audiences) > 0", name="audiences"),
        CheckConstraint("completeness BETWEEN 0 AND 100", name="completeness"),
        Index(
            "ix_pool_entry_order",
            text("completeness DESC"),
            text("last_asked_at NULLS FIRST"),
            "public_id",
            postgresql_include=[
                "industry",
                "country",
                "size_band",
                "products",
                "valid_until",
                "paused_until",
                "activities",
            ],
        ),
        Index("ix_pool_entry_industry", "industry", "country", "size_band"),
        Index("ix_pool_entry_country", "country", "size_band"),
        Index("ix_pool_entry_company_id", "company_id"),
        Index("ix_pool_entry_products", "products", postgresql_using="gin"),
        Index("ix_pool_entry_search", "search", postgresql_using="gin"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    public_id: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid(), unique=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    initials: Mapped[str]
    title: Mapped[str | None]
    company_name: Mapped[str | None]
    industry: Mapped[str | None]
    country: Mapped[str | None]
    size_band: Mapped[str | None]
    headline: Mapped[str | None]
    about: Mapped[str | None]
    products: Mapped[list[str]] = mapped_column(server_default="{}")
    topics: Mapped[list[str]] = mapped_column(server_default="{}")
    languages: Mapped[list[str]] = mapped_column(server_default="{}")
    audiences: Mapped[list[str]]
    anchor_scope: Mapped[str]
    valid_until: Mapped[datetime]
    live: Mapped[bool] = mapped_column(Computed("true", persisted=True))
    completeness: Mapped[int] = mapped_column(SmallInteger)
    last_asked_at: Mapped[datetime | None]
    next_askable_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(TSVECTOR)
    paused_until: Mapped[datetime | None]
    activities: Mapped[list[str]] = mapped_column(Computed("portal_activities(audiences)", persisted=True))


class PoolFacet(Base):
    """How many entries have a value, counted by a job; read only where there are too many to count while searching."""

    __tablename__ = "pool_facet"
    __table_args__ = (CheckConstraint("entries > 0", name="entries"),)

    facet: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    entries: Mapped[int]

"""Challenges and their stages, what people hand in for them, and the verdicts on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.challenges.models.audience import AudienceMember
from portal.challenges.models.editions import LONGEST_TITLE, ChallengeEdition
from portal.challenges.models.verdicts import LONGEST_COMMENT, CommentTemplate, Verdict
from portal.challenges.states import ChallengeState, Reason, ResponseState, State, Verification
from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices

LONGEST_SUMMARY: Final = 110
LONGEST_DESCRIPTION: Final = 4000
LONGEST_INSTRUCTIONS: Final = 2000
MOST_MINUTES: Final = 600
MOST_POINTS: Final = 100_000
MOST_STAGES: Final = 12
MOST_NAMED: Final = 200
MOST_PLACES: Final = 1_000_000
LONGEST_PAUSE: Final = 17_520
"""Hours: two years."""
_LEVELS: Final = ("from_level_id", "to_level_id")


class Challenge(Identified, Base):
    """An offer made of one or more stages, with an audience and a window."""

    __tablename__ = "challenge"
    __table_args__ = (
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title"),
        CheckConstraint(f"char_length(summary) <= {LONGEST_SUMMARY}", name="summary"),
        CheckConstraint(f"char_length(description) <= {LONGEST_DESCRIPTION}", name="description"),
        CheckConstraint(f"minutes BETWEEN 1 AND {MOST_MINUTES}", name="minutes"),
        CheckConstraint("closes_at > opens_at", name="window"),
        CheckConstraint("state <> 'draft' OR (published_at IS NULL AND archived_at IS NULL)", name="draft"),
        CheckConstraint(
            "state <> 'published' OR (published_at IS NOT NULL AND archived_at IS NULL AND summary <> ''"
            " AND (for_everybody OR from_level_id IS NOT NULL OR to_level_id IS NOT NULL"
            " OR cardinality(industries) + cardinality(countries) + cardinality(sizes) + cardinality(products)"
            " + cardinality(people) > 0))",
            name="published",
        ),
        CheckConstraint(f"places BETWEEN 1 AND {MOST_PLACES}", name="places"),
        CheckConstraint(f"pause_hours BETWEEN 1 AND {LONGEST_PAUSE}", name="pause_hours"),
        CheckConstraint(
            "sizes || not_sizes <@ ARRAY['1-49', '50-499', '500-4999', '5000+']::text[]",
            name="sizes",
        ),
        CheckConstraint(
            f"cardinality(people) <= {MOST_NAMED} AND cardinality(not_people) <= {MOST_NAMED}"
            " AND NOT people && not_people",
            name="people",
        ),
        CheckConstraint("(state = 'archived') = (archived_at IS NOT NULL)", name="archived"),
        CheckConstraint("(edition IS NULL) = (published_at IS NULL)", name="edition"),
        Index("ix_challenge_state", "state", "published_at", "id"),
        *(Index(f"ix_challenge_{one}", one, postgresql_where=text(f"{one} IS NOT NULL")) for one in _LEVELS),
    )

    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    activity_type: Mapped[str | None]
    icon: Mapped[str] = mapped_column(server_default="target")
    minutes: Mapped[int] = mapped_column(Integer)
    state: Mapped[ChallengeState] = mapped_column(choices(ChallengeState, "state"), server_default="draft")
    for_everybody: Mapped[bool] = mapped_column(server_default=false())
    industries: Mapped[list[str]] = mapped_column(server_default="{}")
    countries: Mapped[list[str]] = mapped_column(server_default="{}")
    sizes: Mapped[list[str]] = mapped_column(server_default="{}")
    products: Mapped[list[str]] = mapped_column(server_default="{}")
    people: Mapped[list[int]] = mapped_column(server_default="{}")
    from_level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    to_level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    not_industries: Mapped[list[str]] = mapped_column(server_default="{}")
    not_countries: Mapped[list[str]] = mapped_column(server_default="{}")
    not_sizes: Mapped[list[str]] = mapped_column(server_default="{}")
    not_products: Mapped[list[str]] = mapped_column(server_default="{}")
    not_people: Mapped[list[int]] = mapped_column(server_default="{}")
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    places: Mapped[int | None] = mapped_column(Integer)
    """How many may take it; none: as many as like."""
    pause_hours: Mapped[int | None] = mapped_column(Integer)
    """After how long who has finished it may take it once more; none: once is all."""
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    published_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]

    edition: Mapped[int | None] = mapped_column(Integer)
    """Which edition is offered; none: it was never published."""

    offered: Mapped[list[Stage]] = relationship(
        lazy="raise",
        order_by="Stage.position",
        viewonly=True,
        primaryjoin="and_(Stage.challenge_id == Challenge.id, Stage.edition == Challenge.edition)",
    )
    """The steps of its edition, which never change."""
    workbench: Mapped[list[Stage]] = relationship(
        lazy="raise",
        order_by="Stage.position",
        viewonly=True,
        primaryjoin="and_(Stage.challenge_id == Challenge.id, Stage.edition.is_(None))",
    )
    """The steps that are being worked on: of a draft, or of the next edition."""

    @property
    def stages(self) -> list[Stage]:
        """The steps as a manager sees them: those that are being worked on, else those that are offered."""
        return self.workbench or self.offered

    @property
    def points(self) -> int:
        """What all of these stages together pay."""
        return sum(stage.points for stage in self.stages)

    @property
    def is_draft(self) -> bool:
        """Whether it was not published yet."""
        return self.state is ChallengeState.DRAFT

    @property
    def is_revised(self) -> bool:
        """Whether it is published, and its next edition is being made."""
        return self.state is ChallengeState.PUBLISHED and bool(self.workbench)

    @property
    def is_open(self) -> bool:
        """Whether its steps may be changed now."""
        return self.is_draft or self.is_revised


class Stage(Base):
    """One step of an edition of a challenge; without an edition it is worked on, with one it never changes."""

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint(
            "challenge_id",
            "edition",
            "position",
            deferrable=True,
            initially="DEFERRED",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint(f"points BETWEEN 0 AND {MOST_POINTS}", name="points"),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title"),
        CheckConstraint(f"char_length(instructions) <= {LONGEST_INSTRUCTIONS}", name="instructions"),
        CheckConstraint("kind IN ('confirm', 'story', 'visit', 'questions', 'review', 'upload')", name="kind"),
        CheckConstraint("jsonb_typeof(setup) = 'object'", name="setup"),
        CheckConstraint("kind <> 'visit' OR setup ->> 'address' ~ '^(https://.*)?$'", name="visit"),
        CheckConstraint(
            "kind <> 'questions' OR (jsonb_typeof(coalesce(setup -> 'questions', '[]')) = 'array'"
            " AND NOT jsonb_path_exists(setup, '$.questions[20]'))",
            name="questions",
        ),
        CheckConstraint(
            "kind <> 'review' OR (verification = 'manager' AND coalesce(setup ->> 'address', '') ~ '^(https://.*)?$'"
            " AND coalesce(setup ->> 'site', '') IN ('', 'g2', 'capterra', 'trustradius', 'gartner', 'app_store',"
            " 'other'))",
            name="review",
        ),
        CheckConstraint(
            "kind <> 'upload' OR (jsonb_typeof(setup -> 'families') = 'array'"
            " AND setup ->> 'most' ~ '^[1-5]$') IS TRUE",
            name="upload",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    edition: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    title: Mapped[str]
    instructions: Mapped[str] = mapped_column(server_default="")
    points: Mapped[int]
    verification: Mapped[Verification] = mapped_column(choices(Verification, "verification"))
    setup: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class Submission(Identified, Base):
    """One advocate's attempt at a challenge; its state follows from its stage responses and the verdicts."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("challenge_id", "person_id", "attempt"),
        ForeignKeyConstraint(
            ["challenge_id", "edition"], ["challenge_edition.challenge_id", "challenge_edition.edition"]
        ),
        CheckConstraint("edition IS NOT NULL OR state = 'dismissed'", name="edition"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint("decided_by <> person_id", name="not_by_oneself"),
        CheckConstraint(
            "(state IN ('approved', 'redo_requested', 'rejected')) = (decided_at IS NOT NULL)", name="decided"
        ),
        CheckConstraint("decided_by IS NULL OR decided_at IS NOT NULL", name="decided_by"),
        CheckConstraint("state NOT IN ('redo_requested', 'rejected') OR decided_by IS NOT NULL", name="by_somebody"),
        CheckConstraint("state <> 'submitted' OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("(state = 'rejected') = (reason IS NOT NULL)", name="rejected"),
        Index("ix_submission_person_id", "person_id", "challenge_id", "state"),
        Index("ix_submission_waiting", "submitted_at", "id", postgresql_where=text("state = 'submitted'")),
        Index("ix_submission_decided_by", "decided_by"),
        CheckConstraint("latest OR state IN ('approved', 'rejected', 'expired')", name="latest"),
        Index("uq_submission_latest", "challenge_id", "person_id", unique=True, postgresql_where=text("latest")),
        Index(
            "ix_submission_place",
            "challenge_id",
            postgresql_where=text("state IN ('in_progress', 'submitted', 'redo_requested', 'approved')"),
        ),
    )

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    attempt: Mapped[int] = mapped_column(Integer, server_default="1")
    edition: Mapped[int | None] = mapped_column(Integer)
    """What was promised: the edition that was offered when they began; none: put away without having begun."""
    latest: Mapped[bool] = mapped_column(server_default=true())
    state: Mapped[State] = mapped_column(choices(State, "state"))
    started_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[Reason | None] = mapped_column(choices(Reason, "reason"))
    comment: Mapped[str | None]

    responses: Mapped[list[StageResponse]] = relationship(
        lazy="raise", order_by="StageResponse.id", back_populates="submission"
    )


class StageResponse(Base):
    """What was handed in for one stage, and the points that were promised for it when the person started."""

    __tablename__ = "stage_response"
    __table_args__ = (
        UniqueConstraint("submission_id", "stage_id"),
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name="accepted"),
        CheckConstraint("state NOT IN ('handed_in', 'accepted') OR handed_in_at IS NOT NULL", name="handed_in"),
        CheckConstraint("state <> 'redo_requested' OR coalesce(redo_note, '') <> ''", name="redo"),
        Index("ix_stage_response_stage_id", "stage_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    state: Mapped[ResponseState] = mapped_column(choices(ResponseState, "state"), server_default="open")
    points: Mapped[int]
    verification: Mapped[Verification] = mapped_column(choices(Verification, "verification"))
    response: Mapped[dict[str, Any] | None]
    handed_in_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    redo_note: Mapped[str | None]

    submission: Mapped[Submission] = relationship(lazy="raise", back_populates="responses")
    stage: Mapped[Stage] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        """Whether the person has something to do here."""
        return self.state in (ResponseState.OPEN, ResponseState.REDO_REQUESTED)


__all__ = [
    "LONGEST_COMMENT",
    "LONGEST_TITLE",
    "AudienceMember",
    "Challenge",
    "ChallengeEdition",
    "CommentTemplate",
    "Stage",
    "StageResponse",
    "Submission",
    "Verdict",
]

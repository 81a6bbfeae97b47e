"""Challenges and their stages, what people hand in for them, and the verdicts on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, false, func, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.challenges.states import (
    ChallengeState,
    Decision,
    Reason,
    ResponseState,
    State,
    VerdictState,
    Verification,
)
from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices

LONGEST_TITLE: Final = 60
LONGEST_SUMMARY: Final = 110
LONGEST_DESCRIPTION: Final = 4000
LONGEST_INSTRUCTIONS: Final = 2000
LONGEST_COMMENT: Final = 2000
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

    stages: Mapped[list[Stage]] = relationship(lazy="raise", order_by="Stage.position", viewonly=True)

    @property
    def points(self) -> int:
        """What all stages together pay."""
        return sum(stage.points for stage in self.stages)

    @property
    def is_draft(self) -> bool:
        """Whether its stages may still change."""
        return self.state is ChallengeState.DRAFT


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


class Stage(Base):
    """One step of a challenge; published, only its texts change, until somebody begins it (a trigger holds it)."""

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("challenge_id", "position", deferrable=True, initially="DEFERRED"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint(f"points BETWEEN 0 AND {MOST_POINTS}", name="points"),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title"),
        CheckConstraint(f"char_length(instructions) <= {LONGEST_INSTRUCTIONS}", name="instructions"),
        CheckConstraint("kind IN ('confirm', 'story', 'visit', 'questions')", name="kind"),
        CheckConstraint("jsonb_typeof(setup) = 'object'", name="setup"),
        CheckConstraint("kind <> 'visit' OR setup ->> 'address' ~ '^(https://.*)?$'", name="visit"),
        CheckConstraint(
            "kind <> 'questions' OR (jsonb_typeof(coalesce(setup -> 'questions', '[]')) = 'array'"
            " AND NOT jsonb_path_exists(setup, '$.questions[20]'))",
            name="questions",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
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


class Verdict(Identified, Base):
    """A manager's decision; for some seconds it can be undone, then it is applied through the verb."""

    __tablename__ = "verdict"
    __table_args__ = (
        CheckConstraint(
            "decision <> 'redo' OR (cardinality(stage_ids) > 0 AND comment <> '')", name="redo_names_stages"
        ),
        CheckConstraint("(decision = 'reject') = (reason IS NOT NULL)", name="reject_has_reason"),
        CheckConstraint(f"char_length(comment) <= {LONGEST_COMMENT}", name="comment"),
        Index("uq_verdict_open", "submission_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_verdict_submission_id", "submission_id", "id"),
        Index("ix_verdict_elapsing", "decided_by", "apply_at", postgresql_where=text("state = 'open'")),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    decision: Mapped[Decision] = mapped_column(choices(Decision, "decision"))
    stage_ids: Mapped[list[int]] = mapped_column(server_default="{}")
    reason: Mapped[Reason | None] = mapped_column(choices(Reason, "reason"))
    comment: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[VerdictState] = mapped_column(choices(VerdictState, "state"), server_default="open")
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    apply_at: Mapped[datetime]


class CommentTemplate(Identified, Base):
    """Words that managers say again and again with a decision; archived ones are not offered any more."""

    __tablename__ = "comment_template"
    __table_args__ = (
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {LONGEST_TITLE}", name="title"),
        CheckConstraint(f"char_length(words) BETWEEN 1 AND {LONGEST_COMMENT}", name="words"),
        Index(
            "uq_comment_template_title",
            func.lower(text("title")),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    title: Mapped[str]
    words: Mapped[str]
    decision: Mapped[Decision | None] = mapped_column(choices(Decision, "decision"))
    """The decision it is offered with; None: with each."""
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    archived_at: Mapped[datetime | None]

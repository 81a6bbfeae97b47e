"""What managers decide about what was handed in, and the words they say with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.challenges.models.editions import LONGEST_TITLE
from portal.challenges.states import Decision, Reason, VerdictState
from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices

LONGEST_COMMENT: Final = 2000


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

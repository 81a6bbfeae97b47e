"""The spellings that are remembered, and imports by screen with the jobs that do them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.imports.progress import Stage
from portal.imports.states import Outcome, RunState, Work

LONGEST_FILE_NAME = 120
_PERSON = "person.id"


class Origin(StrEnum):
    """Why a spelling is known: it joined by itself, or somebody decided."""

    JOINED = "joined"
    DECIDED = "decided"


class Spelling(Base):
    """A value as a file wrote it, and the value that it means; itself for a word of its own."""

    __tablename__ = "spelling"
    __table_args__ = (
        CheckConstraint("char_length(written) BETWEEN 1 AND 200", name="written"),
        CheckConstraint("char_length(means) BETWEEN 1 AND 200", name="means"),
        Index("uq_spelling_written", "vocabulary", func.lower(text("written")), unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    vocabulary: Mapped[str]
    written: Mapped[str]
    means: Mapped[str]
    origin: Mapped[Origin] = mapped_column(choices(Origin, "origin"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey(_PERSON))
    decided_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class ImportRun(Identified, Base):
    """A file that somebody chose, what they said about it, and what became of it.

    `file` names it in the instance folder while it is kept; `sample` holds its first rows as long. `report` is that of
    the last check or of the import. The counts are there where it was imported, and add up.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("kind ~ '^[a-z_]{1,40}$'", name="kind"),
        CheckConstraint(f"char_length(file_name) BETWEEN 1 AND {LONGEST_FILE_NAME}", name="file_name"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("(file IS NULL) = (state IN ('imported', 'dropped'))", name="kept"),
        CheckConstraint("(file IS NULL) = (sample IS NULL)", name="sample"),
        CheckConstraint("jsonb_typeof(columns) = 'array' AND jsonb_typeof(decided) = 'array'", name="told"),
        CheckConstraint("(state = 'imported') = (imported_at IS NOT NULL)", name="imported"),
        CheckConstraint("state NOT IN ('importing', 'imported') OR imported_by IS NOT NULL", name="imported_by"),
        CheckConstraint("state NOT IN ('checked', 'importing') OR check_id IS NOT NULL", name="was_checked"),
        CheckConstraint(
            "(state = 'imported') = (rows IS NOT NULL)"
            " AND num_nulls(rows, added, changed, unchanged, repeated, left_out) IN (0, 6)"
            " AND least(added, changed, unchanged, repeated, left_out) >= 0"
            " AND rows = added + changed + unchanged + repeated + left_out",
            name="adds_up",
        ),
        Index("ix_import_run_file", "file", unique=True),
    )

    kind: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int]
    file: Mapped[UUID | None]
    headers: Mapped[list[str]]
    sample: Mapped[list[list[str]] | None] = mapped_column(JSONB(none_as_null=True))
    reading: Mapped[str]
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decided: Mapped[list[list[str]]] = mapped_column(JSONB, server_default="[]")
    role: Mapped[str | None]
    state: Mapped[RunState] = mapped_column(choices(RunState, "state"), server_default="matching")
    problem: Mapped[str | None]
    problem_column: Mapped[int | None] = mapped_column(Integer)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    check_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    created_by: Mapped[int] = mapped_column(ForeignKey(_PERSON))
    imported_at: Mapped[datetime | None]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey(_PERSON))
    rows: Mapped[int | None]
    added: Mapped[int | None]
    changed: Mapped[int | None]
    unchanged: Mapped[int | None]
    repeated: Mapped[int | None]
    left_out: Mapped[int | None]


class ImportJob(Base):
    """One check or import of a run by the worker, how far it is, and how it ended.

    A run has one open job at the most, however often somebody clicks, and is imported once. `tries` counts how often a
    worker took it up: more than once where one was killed in the middle.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        CheckConstraint("tries >= 0 AND done >= 0 AND total >= 0", name="counts"),
        Index("uq_import_job_open", "run_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index(
            "uq_import_job_imported",
            "run_id",
            unique=True,
            postgresql_where=text("work = 'import' AND outcome = 'done'"),
        ),
        Index("ix_import_job_run_id_id", "run_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    work: Mapped[Work] = mapped_column(choices(Work, "work"))
    asked_by: Mapped[int] = mapped_column(ForeignKey(_PERSON))
    asked_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    stage: Mapped[Stage] = mapped_column(choices(Stage, "stage"), server_default="waiting")
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(choices(Outcome, "outcome"))


class ImportLeftover(Base):
    """The rows of a run that have mistakes, as CSV, until somebody mended them or their time is over."""

    __tablename__ = "import_leftover"
    __table_args__ = (CheckConstraint("rows > 0", name="rows"), Index("ix_import_leftover_kept_until", "kept_until"))

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    content: Mapped[str]
    rows: Mapped[int]
    kept_until: Mapped[datetime]

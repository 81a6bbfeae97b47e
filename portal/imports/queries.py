"""What the screens of imports show, in one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Row, Text, Uuid, bindparam, column, select, table, true
from sqlalchemy.orm import Session, aliased

from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.imports import rows
from portal.imports.mapping import Choice
from portal.imports.models import ImportJob, ImportLeftover, ImportRun
from portal.imports.progress import Stage, Step
from portal.imports.report import Counts, Joined, Mistake, Proposal
from portal.imports.runs import choices_of
from portal.imports.states import AT_WORK, OVER, RunState
from portal.web.paging import Cursor, Page, page_of

AT_ONCE: Final = 20
_PERSON: Final = table("person", column("id", BigInteger), column("name", Text))
_FIRST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Past:
    """A line of the list of imports."""

    id: int
    public_id: UUID
    kind: str
    file_name: str
    state: RunState
    created_at: datetime
    imported_at: datetime | None
    who: str
    counts: Counts | None
    bad: int

    @property
    def label(self) -> str:
        """The kind of rows."""
        return str(rows.find(self.kind).label)

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in (RunState.MATCHING, RunState.CHECKED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class Found:
    """What the last check, or the import, found."""

    reading: list[str]
    counts: Counts
    unread: list[str]
    notices: list[str]
    joined: list[Joined]
    proposed: list[Proposal]
    mistakes: list[Mistake]
    mistaken: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One import with everything its page needs."""

    id: int
    public_id: UUID
    importable: rows.Importable
    file_name: str
    size: int
    reading: str
    headers: list[str]
    sample: list[list[str]]
    choices: list[Choice]
    role: str | None
    state: RunState
    problem: str | None
    problem_column: int | None
    found: Found | None
    check_id: int | None
    created_at: datetime
    created_by: str
    imported_at: datetime | None
    imported_by: str | None
    bad: int
    kept_until: datetime | None
    step: Step
    tries: int

    @property
    def has_file(self) -> bool:
        """Whether something can still be done with it."""
        return self.state not in OVER

    @property
    def ready(self) -> int:
        """Rows that would be imported as they stand."""
        return self.found.counts.rows - self.found.counts.left_out if self.found else 0

    @property
    def at_work(self) -> bool:
        """Whether the worker has it."""
        return self.state in AT_WORK


def past(session: Session, *, after: Cursor | None = None, limit: int = AT_ONCE) -> Page[Past]:
    """All imports, the newest first."""
    found = _PAST(session, before=after[0] if after else _FIRST, most=limit + 1)
    return page_of([_past(row) for row in found], limit, lambda each: (each.id,))


def one(session: Session, public_id: UUID) -> Shown:
    """One import. Refuses `NotFound` one that does not exist."""
    found = _ONE(session, wanted=public_id)
    if not found:
        raise NotFound
    return _shown(found[0])


def bad_rows(session: Session, public_id: UUID) -> tuple[str, str]:
    """The name of the file, and its rows with mistakes as CSV. Refuses `NotFound` where there are none."""
    found = _BAD(session, wanted=public_id)
    if not found:
        raise NotFound
    return found[0].file_name, found[0].content


def _past_rows() -> Any:
    by = _PERSON.alias("by")
    return (
        select(
            *(getattr(ImportRun, name) for name in ("id", "public_id", "kind", "file_name", "state")),
            *(getattr(ImportRun, name) for name in ("created_at", "imported_at", *_COUNTS)),
            by.c.name.label("who"),
            ImportLeftover.rows.label("bad"),
        )
        .join(by, by.c.id == ImportRun.created_by)
        .outerjoin(ImportLeftover, ImportLeftover.run_id == ImportRun.id)
        .where(ImportRun.id < bindparam("before", type_=BigInteger))
        .order_by(ImportRun.id.desc())
        .limit(bindparam("most", type_=BigInteger))
    )


def _one_row() -> Any:
    by, importer, job = _PERSON.alias("by"), _PERSON.alias("importer"), aliased(ImportJob)
    latest = (
        select(job.stage, job.done, job.total, job.tries)
        .where(job.run_id == ImportRun.id)
        .order_by(job.id.desc())
        .limit(1)
        .lateral("latest")
    )
    return (
        select(
            *(ImportRun.__table__.c[name] for name in _PLAIN),
            by.c.name.label("created_by"),
            importer.c.name.label("imported_by"),
            ImportLeftover.rows.label("bad"),
            ImportLeftover.kept_until,
            latest.c.stage,
            latest.c.done,
            latest.c.total,
            latest.c.tries,
        )
        .join(by, by.c.id == ImportRun.created_by)
        .outerjoin(importer, importer.c.id == ImportRun.imported_by)
        .outerjoin(ImportLeftover, ImportLeftover.run_id == ImportRun.id)
        .outerjoin(latest, true())
        .where(ImportRun.public_id == bindparam("wanted", type_=Uuid))
    )


def _bad_row() -> Any:
    return (
        select(ImportRun.file_name, ImportLeftover.content)
        .join(ImportLeftover, ImportLeftover.run_id == ImportRun.id)
        .where(ImportRun.public_id == bindparam("wanted", type_=Uuid))
    )


_COUNTS: Final = ("rows", "added", "changed", "unchanged", "repeated", "left_out")
_PLAIN: Final = (
    *("id", "public_id", "kind", "file_name", "size", "reading", "headers", "sample", "columns", "role", "state"),
    *("problem", "problem_column", "report", "check_id", "created_at", "imported_at"),
)
_PAST: Final = Prepared(_past_rows)
_ONE: Final = Prepared(_one_row)
_BAD: Final = Prepared(_bad_row)


def _past(row: Row[Any]) -> Past:
    counts = Counts(*(getattr(row, name) for name in _COUNTS)) if row.rows is not None else None
    return Past(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        file_name=row.file_name,
        state=row.state,
        created_at=row.created_at,
        imported_at=row.imported_at,
        who=row.who,
        counts=counts,
        bad=row.bad or 0,
    )


def _shown(row: Row[Any]) -> Shown:
    return Shown(
        id=row.id,
        public_id=row.public_id,
        importable=rows.find(row.kind),
        file_name=row.file_name,
        size=row.size,
        reading=row.reading,
        headers=row.headers,
        sample=row.sample or [],
        choices=choices_of(row.columns),
        role=row.role,
        state=row.state,
        problem=row.problem,
        problem_column=row.problem_column,
        found=_found(row.report) if row.report else None,
        check_id=row.check_id,
        created_at=row.created_at,
        created_by=row.created_by,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        bad=row.bad or 0,
        kept_until=row.kept_until,
        step=Step(row.stage or Stage.WAITING, row.done or 0, row.total or 0),
        tries=row.tries or 0,
    )


def _found(report: dict[str, Any]) -> Found:
    return Found(
        reading=report["reading"],
        counts=Counts(**report["counts"]),
        unread=report["unread"],
        notices=report["notices"],
        joined=[Joined(**each) for each in report["joined"]],
        proposed=[Proposal(**each) for each in report["proposed"]],
        mistakes=[Mistake(**each) for each in report["mistakes"]],
        mistaken=report["mistaken"],
    )

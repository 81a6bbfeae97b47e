"""Imports by screen, step by step: a file is chosen, its columns are matched, it is checked, it is imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound, explain
from portal.imports import kept_files, mapping, reading, rows
from portal.imports.mapping import Choice
from portal.imports.models import LONGEST_FILE_NAME, ImportJob, ImportLeftover, ImportRun
from portal.imports.report import Proposal
from portal.imports.run import IMPORTERS
from portal.imports.shown import shown
from portal.imports.states import AT_WORK, TRANSITIONS, RunState, Work
from portal.imports.undecided import Undecided

MOST_COLUMNS: Final = 200
SAMPLED: Final = 50
"""Rows that are looked at before anything is checked."""
WAITS: Final = timedelta(days=7)
"""How long a file waits to be imported."""
_HEAD: Final = 1024 * 1024
_RECENT: Final = 20
"""Earlier imports of a kind whose columns are looked at for the same headers."""
_MOVED_ON: Final = _l("This import has moved on since you opened the page. Look again.")

explain("uq_import_job_open", _MOVED_ON)
explain("uq_import_job_imported", _l("This file is imported already."))


def begin(session: Session, kind: str, *, file_name: str, content: IO[bytes], where: Path, by: Actor) -> ImportRun:
    """Keep a file that somebody chose, with what its headers say of its columns.

    Refuses `NotAllowed` for all but managers and administrators, `Invalid` what is no CSV, is too large, has no rows or
    more than 200 columns.
    """
    person_id = _person(by)
    importable = rows.find(kind)
    head = content.read(_HEAD)
    sheet = _glance(head, whole=len(head) < _HEAD)
    headers = [shown(header) for header in sheet.headers]
    content.seek(0)
    file, size = kept_files.keep(where, content)
    signs = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}
    run = ImportRun(
        kind=kind,
        file_name=_printable(file_name),
        size=size,
        file=file,
        headers=headers,
        sample=[[shown(cell) for cell in line.cells] for line in sheet.rows],
        reading=f"{signs[sheet.delimiter]}, {sheet.encoding}",
        columns=[_plain(choice) for choice in _learnt(session, importable, headers)],
        created_by=person_id,
    )
    session.add(run)
    session.flush()
    audit.record(session, "import.choose", f"import_run:{run.id}", by=by, kind=kind, size=size)
    return run


def match(session: Session, public_id: UUID, choices: Sequence[Choice], *, role: str | None, by: Actor) -> ImportRun:
    """Say where the columns go, and have the whole file checked; the same said twice is checked once.

    Refuses `Invalid` columns that do not fit together, `Conflict` while the import is at work or over.
    """
    run = _locked(session, public_id, by)
    importable = rows.find(run.kind)
    if role and not importable.takes_role:
        raise Invalid(_("Only people take a role."), field="role")
    told = [_plain(choice) for choice in choices]
    if run.state is RunState.CHECKING and (run.columns, run.role) == (told, role):
        return run
    _may_move(run, RunState.CHECKING)
    try:
        mapping.resolve(run.headers, importable.fields, importable.needs, choices=choices)
    except Undecided as question:
        raise Invalid(question.what) from None
    run.columns, run.role = told, role
    return _start(session, run, Work.CHECK, by)


def import_(
    session: Session, public_id: UUID, *, check: int, spellings: Sequence[tuple[Proposal, bool]] = (), by: Actor
) -> ImportRun:
    """Have the rows imported that the check numbered `check` found to be right; a second click changes nothing.

    `spellings` says of those that were proposed whether they are joined (true) or words of their own; it is remembered
    for other files once this one is imported. Refuses `Conflict` where it was checked anew since.
    """
    run = _locked(session, public_id, by)
    if run.state in (RunState.IMPORTING, RunState.IMPORTED):
        return run
    _may_move(run, RunState.IMPORTING)
    if run.check_id != check:
        raise Conflict(_("The file was checked anew since you opened the page. Look again."))
    decided = {(vocabulary, written): means for vocabulary, written, means in run.decided}
    for proposal, joined in spellings:
        decided[proposal.vocabulary, proposal.written] = proposal.means if joined else proposal.written
    run.decided = [[vocabulary, written, means] for (vocabulary, written), means in decided.items()]
    run.imported_by = by.person_id
    return _start(session, run, Work.IMPORT, by)


def drop(session: Session, public_id: UUID, *, by: Actor) -> ImportRun:
    """Import nothing and forget the file; again changes nothing."""
    run = _locked(session, public_id, by)
    if run.state is RunState.DROPPED:
        return run
    _may_move(run, RunState.DROPPED)
    forget(session, run)
    audit.record(session, "import.drop", f"import_run:{run.id}", by=by)
    return run


def forget(session: Session, run: ImportRun, *, state: RunState = RunState.DROPPED) -> None:
    """Let a run end without its file, which is deleted once this is committed; without bad rows where nothing came."""
    run.state = state
    if run.file is not None:
        jobs.defer(session, "imports.forget_file", file=str(run.file))
    run.file = run.sample = None
    if state is RunState.DROPPED:
        run.report = None
        session.execute(delete(ImportLeftover).where(ImportLeftover.run_id == run.id))


def end_old(session: Session) -> int:
    """Forget files that nobody imported in seven days, and bad rows whose time is over; how many runs ended so."""
    at = now(session)
    waiting = [state for state, following in TRANSITIONS.items() if RunState.DROPPED in following]
    old = (
        select(ImportRun)
        .where(ImportRun.state.in_(waiting), ImportRun.created_at < at - WAITS)
        .order_by(ImportRun.id)
        .limit(100)
        .with_for_update(key_share=True, skip_locked=True)
    )
    ended = session.scalars(old).all()
    for run in ended:
        forget(session, run)
    over = delete(ImportLeftover).where(ImportLeftover.kept_until < at).returning(ImportLeftover.run_id)
    for run in session.scalars(select(ImportRun).where(ImportRun.id.in_(session.scalars(over).all()))):
        run.report = {**(run.report or {}), "mistakes": []}
    return len(ended)


def choices_of(run_columns: Sequence[dict[str, Any]]) -> list[Choice]:
    """The choices of a run as the engine takes them."""
    return [Choice(column["field"], tuple(column["options"])) for column in run_columns]


def _start(session: Session, run: ImportRun, work: Work, by: Actor) -> ImportRun:
    """Let the worker do it: the job row is the only open one of its run (`uq_import_job_open`)."""
    job = ImportJob(run_id=run.id, work=work, asked_by=_person(by))
    session.add(job)
    session.flush()
    run.state = next(state for state, its in AT_WORK.items() if its is work)
    run.problem = run.problem_column = None
    jobs.defer(session, "imports.work", job_id=job.id)
    return run


def _locked(session: Session, public_id: UUID, by: Actor) -> ImportRun:
    _person(by)
    found = select(ImportRun).where(ImportRun.public_id == public_id).with_for_update(key_share=True)
    run = session.scalars(found.execution_options(populate_existing=True)).one_or_none()
    if run is None:
        raise NotFound
    return run


def _person(by: Actor) -> int:
    by.require(*IMPORTERS)
    if by.person_id is None:
        raise NotAllowed
    return by.person_id


def _may_move(run: ImportRun, to: RunState) -> None:
    if to not in TRANSITIONS[run.state]:
        raise Conflict(_MOVED_ON)


def _glance(head: bytes, *, whole: bool) -> reading.Sheet:
    try:
        sheet = reading.glance(head, whole=whole, most=SAMPLED)
    except Undecided as question:
        raise Invalid(question.what, field="file") from None
    except Invalid as refusal:
        raise Invalid(str(refusal), field="file") from None
    if not sheet.rows:
        raise Invalid(_("The file names columns but holds no rows."), field="file")
    if len(sheet.headers) > MOST_COLUMNS:
        raise Invalid(
            _(
                "The file has %(count)s columns; at most %(most)s can be matched.",
                count=len(sheet.headers),
                most=MOST_COLUMNS,
            ),
            field="file",
        )
    return sheet


def _learnt(session: Session, importable: rows.Importable, headers: Sequence[str]) -> list[Choice]:
    """What was said of a file with these columns before, else what the headers say of themselves."""
    recent = (
        select(ImportRun.headers, ImportRun.columns)
        .where(ImportRun.kind == importable.key, ImportRun.state == RunState.IMPORTED)
        .order_by(ImportRun.id.desc())
        .limit(_RECENT)
    )
    for known, columns in session.execute(recent):
        if set(known) <= set(headers) and len(set(headers)) == len(headers) and len(set(known)) == len(known):
            said = dict(zip(known, choices_of(columns), strict=True))
            return [said.get(header, Choice()) for header in headers]
    return mapping.guessed(headers, importable.fields)


def _plain(choice: Choice) -> dict[str, Any]:
    return {"field": choice.field, "options": list(choice.options)}


def _printable(name: str) -> str:
    """A file's name as it can be stored and shown, without folders."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    clean = " ".join("".join(character for character in bare if character.isprintable()).split())
    return clean[-LONGEST_FILE_NAME:] or "rows.csv"

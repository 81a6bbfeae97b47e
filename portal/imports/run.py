"""One import from bytes to tables, in the caller's transaction; the edge commits, or does not for a dry run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.database.refusal import Conflict, Invalid
from portal.imports import bad_rows, mapping, parsing, reading, rows, spelling
from portal.imports.fields import Unreadable, single_line
from portal.imports.progress import Progress, Stage, Step, silent
from portal.imports.records import Plan, Row
from portal.imports.report import Report, Stopped, number, rows_word
from portal.imports.shown import argument, shown

IMPORTERS = ("manager", "admin")


class Busy(Conflict):
    """Another import is running."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person tells about a file.

    `maps`: `column=field[:option…]`; `same`: `[vocabulary:]written=meaning`; `date_order` and `decimal` for columns
    that do not tell by themselves; `skip_bad` imports the other rows of a file with mistakes. Screens say the first two
    as `columns` (a choice for each column of the file, nothing is guessed then) and `decided` (vocabulary, written,
    meaning).
    """

    maps: Sequence[str] = ()
    same: Sequence[str] = ()
    columns: Sequence[mapping.Choice] | None = None
    decided: Sequence[tuple[str, str, str]] = ()
    role: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    encoding: str = "auto"
    skip_bad: bool = False
    dry_run: bool = False


def run(
    session: Session, kind: str, raw: bytes, *, by: Actor, options: Options = Options(), progress: Progress = silent
) -> Report:
    """Import a file. All or nothing: what it refuses leaves no trace once the caller rolls back.

    Refuses `NotAllowed` for all but managers and administrators, `Invalid` files that cannot be read or mapped,
    `Stopped` (with the report) rows with mistakes unless told to skip them, `Busy` while another import runs.
    """
    by.require(*IMPORTERS)
    importable = rows.find(kind)
    if options.role and not importable.takes_role:
        raise Invalid(_("Only people take a role."))
    report = Report(kind, str(importable.label), dry_run=options.dry_run)
    sheet = _sheet(raw, options, report, progress)
    parsed, columns = _parse(importable, sheet, options, report, progress)
    _one_at_a_time(session)
    batch = rows.Batch(session, by, columns, parsed, report, options.role, options.skip_bad, progress)
    _spell(batch, importable, options)
    progress(Step(Stage.CHECKING, 0, len(parsed)))
    plan = importable.plan(batch)
    report.bad_rows = bad_rows.found(sheet, report.reasons)
    if report.mistaken and not options.skip_bad:
        raise Stopped(report)
    _count(plan, parsed, report)
    batch.to_write = report.counts.added + report.counts.changed
    progress(Step(Stage.WRITING, 0, batch.to_write))
    importable.store(batch, plan)
    _record(session, kind, raw, batch)
    session.flush()
    session.expire_all()
    return report


def _sheet(raw: bytes, options: Options, report: Report, progress: Progress) -> reading.Sheet:
    progress(Step(Stage.READING))
    sheet = reading.read(raw, encoding=options.encoding)
    report.reading = _read_words(sheet)
    report.counts.rows = len(sheet.rows)
    return sheet


def _parse(
    importable: rows.Importable, sheet: reading.Sheet, options: Options, report: Report, progress: Progress
) -> tuple[list[Row], mapping.Mapping]:
    """The rows of the file, read without the database, and what its columns are."""
    columns = mapping.resolve(sheet.headers, importable.fields, importable.needs, options.maps, options.columns)
    report.unread = columns.unread
    progress(Step(Stage.READING, 0, len(sheet.rows)))
    return parsing.parse(sheet, columns, parsing.Ways(options.date_order, options.decimal), report), columns


def _one_at_a_time(session: Session) -> None:
    free = session.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('portal.imports'))")).scalar_one()
    if not free:
        raise Busy(_("Another import is running. Wait until it has ended and start this one again."))


def _spell(batch: rows.Batch, importable: rows.Importable, options: Options) -> None:
    """Apply what is decided now, then read every value by the vocabularies."""
    fields = {field.vocabulary: field.key for field in importable.fields if field.vocabulary}
    counts = {
        word: Counter(row.values[key] for row in batch.live if row.values.get(key)) for word, key in fields.items()
    }
    for told in options.same:
        _decide(batch, *_meant(batch, told, counts))
    for word, written, means in options.decided:
        if word in fields:
            _decide(batch, word, written, means)
    for word, key in fields.items():
        settled = spelling.settle(batch.session, word, counts[word])
        spelling.remember_joined(batch.session, word, settled)
        batch.report.joined += settled.joined
        batch.report.proposed += settled.proposed
        for row in batch.live:
            if key in row.values:
                row.values[key] = settled.means[row.values[key]]


def _meant(batch: rows.Batch, told: str, counts: dict[str, Counter[str]]) -> tuple[str, str, str]:
    """The vocabulary, the word and its meaning that a text `[vocabulary:]written=meaning` tells."""
    prefix, separator, rest = told.partition(":")
    words = list(counts)
    if separator and prefix.strip() in words:
        words, told_pair = [prefix.strip()], rest
    else:
        told_pair = told
    written, means = _pair(told_pair)
    if not words:
        raise Invalid(_("--same is of no use here: these rows have neither sectors nor countries nor products."))
    if len(words) > 1:
        words = [word for word in words if spelling.occurs(batch.session, word, written, counts[word])]
    if len(words) != 1:
        raise Invalid(
            _(
                "It is not clear what “%(written)s” is. Say it with one of: %(words)s, such as --same %(told)s.",
                written=shown(written),
                words=", ".join(counts),
                told=argument(f"{next(iter(counts))}:{told_pair}"),
            )
        )
    return words[0], written, means


def _decide(batch: rows.Batch, word: str, written: str, means: str) -> None:
    changed = spelling.decide(batch.session, word, written, means, by=batch.by)
    sentence = _("“%(written)s” means “%(means)s” from now on.", written=shown(written), means=shown(means))
    if changed:
        sentence += " " + _("%(rows)s that were here already changed with it.", rows=rows_word(changed))
    batch.notice(sentence)


def _pair(told: str) -> tuple[str, str]:
    written, separator, means = told.partition("=")
    try:
        pair = single_line(written), single_line(means)
    except Unreadable as problem:
        raise Invalid(f"--same: {problem.why}. {problem.remedy}") from None
    if not separator or not all(pair):
        raise Invalid(_("--same takes written=meaning, such as --same 'technolgy=technology'."))
    return pair


def _count(plan: Plan, parsed: Sequence[Row], report: Report) -> None:
    """Put each row of the file where it went."""
    counts = report.counts
    counts.left_out = sum(row.bad for row in parsed)
    counts.repeated = sum(len(record.rows) - 1 for record in plan.records)
    counts.added = len(plan.new)
    counts.changed = len(plan.changed)
    counts.unchanged = len(plan.records) - counts.added - counts.changed
    if not counts.balanced:
        raise AssertionError(counts)


def _record(session: Session, kind: str, raw: bytes, batch: rows.Batch) -> None:
    counts = batch.report.counts
    audit.record(
        session,
        "import.run",
        f"import:{kind}",
        by=batch.by,
        sha256=hashlib.sha256(raw).hexdigest(),
        role=batch.role,
        rows=counts.rows,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        repeated=counts.repeated,
        left_out=counts.left_out,
    )


def _read_words(sheet: reading.Sheet) -> list[str]:
    signs = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}
    words = [f"{rows_word(len(sheet.rows))}, {signs[sheet.delimiter]}, {sheet.encoding}"]
    if sheet.blank:
        words.append(
            ngettext("%(count)s empty line.", "%(count)s empty lines.", sheet.blank, count=number(sheet.blank))
        )
    if sheet.footer:
        words.append(
            _(
                "Lines %(first)s to %(last)s are the footer of a report and are not read.",
                first=sheet.footer[0],
                last=sheet.footer[-1],
            )
        )
    if sheet.unguarded:
        words.append(
            ngettext(
                "%(count)s cell lost the ' that kept it from running as a formula.",
                "%(count)s cells lost the ' that kept them from running as formulas.",
                sheet.unguarded,
                count=number(sheet.unguarded),
            )
        )
    return words

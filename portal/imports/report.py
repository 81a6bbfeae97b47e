"""What an import found and did, counted so that rows in = rows out, and the sentences that say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from portal.database.refusal import Invalid
from portal.imports.shown import argument

SHOWN_MISTAKES: Final = 100


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a cell (or row: `column` empty), and what to do about it."""

    line: int
    column: str
    value: str
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, without the line."""
        what = f"{self.why}. {self.remedy}"
        return f"{self.column}: {what}" if self.column else what[:1].upper() + what[1:]

    def __str__(self) -> str:
        place = _("Line %(line)s", line=self.line)
        if self.column:
            place = _("%(place)s, column “%(column)s”", place=place, column=self.column)
        if self.value:
            place = _("%(place)s (%(value)s)", place=place, value=self.value)
        return f"{place}: {self.why}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class BadRows:
    """Rows with mistakes, as they stand in the file, each with the sentences that say what is wrong."""

    headers: list[str]
    rows: list[tuple[list[str], str]]
    delimiter: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A value that was taken as another spelling of `means`; `remembered` where somebody once decided so."""

    label: str
    written: str
    means: str
    rows: int
    remembered: bool

    def __str__(self) -> str:
        return _(
            "%(label)s: “%(written)s” read as “%(means)s” in %(rows)s (%(why)s).",
            label=self.label,
            written=self.written,
            means=self.means,
            rows=rows_word(self.rows),
            why=_("as decided") if self.remembered else _("the same but for case, spaces and punctuation"),
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value that looks like another spelling of `means`; it stays as it is until somebody decides."""

    vocabulary: str
    label: str
    written: str
    means: str
    rows: int

    def __str__(self) -> str:
        return _(
            "%(label)s: “%(written)s” in %(rows)s looks like “%(means)s”. It stays as it is until you decide: "
            "--same %(same)s, or --same %(own)s if it is a word of its own.",
            same=argument(f"{self.written}={self.means}"),
            own=argument(f"{self.written}={self.written}"),
            label=self.label,
            written=self.written,
            means=self.means,
            rows=rows_word(self.rows),
        )


@dataclass(slots=True)
class Counts:
    """Where the rows of the file went; each went to exactly one place."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    left_out: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.added + self.changed + self.unchanged + self.repeated + self.left_out


@dataclass(slots=True)
class Report:
    """The whole story of one import."""

    kind: str
    label: str
    reading: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    notices: list[str] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    proposed: list[Proposal] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    unread: tuple[str, ...] = ()
    """Headers of columns that go nowhere."""
    mistaken: int = 0
    """How many mistakes there are; the first hundred are in `mistakes`."""
    reasons: dict[int, list[Mistake]] = field(default_factory=dict)
    """All of them, by line."""
    bad_rows: BadRows | None = None
    """The rows with mistakes as they stand in the file."""
    dry_run: bool = False

    def note(self, mistake: Mistake) -> None:
        """Add a mistake; beyond the first hundred they are not shown."""
        self.mistaken += 1
        self.reasons.setdefault(mistake.line, []).append(mistake)
        if len(self.mistakes) < SHOWN_MISTAKES:
            self.mistakes.append(mistake)

    @property
    def wrote_nothing(self) -> bool:
        """Whether everything in the file was here already."""
        return not (self.counts.added or self.counts.changed)

    def lines(self) -> Iterator[str]:
        """The report as sentences, one a line."""
        yield from self.reading
        yield from self.columns
        yield from (str(joined) for joined in self.joined)
        yield from (str(proposal) for proposal in self.proposed)
        yield from self.unread_lines()
        yield from self.notices
        yield from self.mistake_lines()
        yield self.sum()

    def unread_lines(self) -> Iterator[str]:
        """The columns that go nowhere."""
        if self.unread:
            yield _(
                "Columns that are not read: %(names)s. Give one a field with --map 'column=field'.",
                names=", ".join(self.unread),
            )

    def stopped_lines(self) -> Iterator[str]:
        """What can be said of an import that was stopped."""
        yield from self.reading
        yield from self.columns
        yield from (str(proposal) for proposal in self.proposed)
        yield from self.mistake_lines()

    def mistake_lines(self) -> Iterator[str]:
        """The mistakes in the order of the file, and how many more there are."""
        yield from (str(mistake) for mistake in sorted(self.mistakes, key=lambda each: each.line))
        hidden = self.mistaken - len(self.mistakes)
        if hidden:
            yield _("… and %(count)s more mistakes.", count=number(hidden))

    def sum(self) -> str:
        """The counts in one sentence, with what they add up to."""
        counts = self.counts
        parts = [
            (counts.added, _("added")),
            (counts.changed, _("changed")),
            (counts.unchanged, _("unchanged")),
            (counts.repeated, _("repeating an earlier row")),
            (counts.left_out, _("left out because of mistakes")),
        ]
        told = ", ".join(f"{number(count)} {word}" for count, word in parts if count) or _("nothing")
        sentence = _(
            "%(label)s: %(rows)s in the file = %(told)s.", label=self.label, rows=rows_word(counts.rows), told=told
        )
        if self.dry_run:
            return sentence + " " + _("This was a dry run: nothing was written.")
        return sentence + (" " + _("Nothing changed.") if self.wrote_nothing else "")


class Stopped(Invalid):
    """An import met rows with mistakes and was not told to skip them: nothing is written; `report` says why."""

    def __init__(self, report: Report) -> None:
        sentence = ngettext(
            "%(num)s mistake stopped the import; nothing was written. Correct it, or import the other rows with "
            "--skip-bad.",
            "%(num)s mistakes stopped the import; nothing was written. Correct them, or import the other rows with "
            "--skip-bad.",
            report.mistaken,
        )
        super().__init__(sentence)
        self.report = report


def number(count: int) -> str:
    """A count as people write it."""
    return format_decimal(count)


def rows_word(count: int) -> str:
    """A number of rows with its noun."""
    return ngettext("%(rows)s row", "%(rows)s rows", count, rows=number(count))

"""The kinds of rows that can be imported and exported: a registry of small classes that the slices fill."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from flask_babel import LazyString
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.refusal import Invalid
from portal.imports.fields import Field, Unreadable
from portal.imports.mapping import Mapping as ColumnMapping
from portal.imports.matching import Lookup, Register
from portal.imports.progress import EVERY, Progress, Stage, Step, silent
from portal.imports.records import Doubt, Plan, Record, Row
from portal.imports.report import Mistake, Report
from portal.imports.shown import shown


@dataclass(slots=True)
class Batch:
    """The rows of one import on their way from the file to the tables."""

    session: Session
    by: Actor
    mapping: ColumnMapping
    rows: list[Row]
    report: Report
    role: str | None = None
    skip_bad: bool = False
    progress: Progress = silent
    to_write: int = 0
    written: int = 0

    def wrote(self, rows: int) -> None:
        """Tell that so many more rows are in the tables."""
        self.written += rows
        self.progress(Step(Stage.WRITING, min(self.written, self.to_write), self.to_write))

    @property
    def live(self) -> list[Row]:
        """The rows without a mistake so far."""
        return [row for row in self.rows if not row.bad]

    def said(self, key: str) -> set[Any]:
        """What the live rows say in a field."""
        return {row.values[key] for row in self.rows if not row.bad and key in row.values}

    def mistake(self, row: Row, key: str | None, problem: Unreadable) -> None:
        """Report a row, which is then not imported; `key` is the field that is wrong, None for the row as a whole."""
        column = self.mapping.column(key) if key else None
        value = row.values.get(key) if key and column else None
        row.bad = True
        name = column.name if column else ""
        self.report.note(
            Mistake(row.line, name, "" if value is None else shown(str(value)), problem.why, problem.remedy)
        )

    def refer(self, key: str, lookup: Lookup, into: str) -> None:
        """Resolve what the rows say in a field to ids under `into`; report those that mean nobody."""
        found: dict[str, int | Unreadable] = {}
        for text in self.said(key):
            try:
                found[text] = lookup.find(text)
            except Unreadable as problem:
                found[text] = problem
        for row in self.live:
            if key not in row.values:
                continue
            meant = found[row.values[key]]
            if isinstance(meant, Unreadable):
                self.mistake(row, key, meant)
            else:
                row.values.setdefault(into, meant)

    def require(self, needs: Sequence[Sequence[str]]) -> None:
        """Report rows in which all fields of a required group are empty."""
        for row in self.live:
            for group in needs:
                if not any(key in row.values for key in group):
                    self.mistake(row, group[0], Unreadable(_("it is empty"), _("Fill it in, or take the row out.")))

    def notice(self, sentence: str) -> None:
        """Say something in the report that is no mistake; once, however often it is found."""
        if sentence not in self.report.notices:
            self.report.notices.append(sentence)


class Importable(ABC):
    """A kind of row. `fields` in the order of the export's columns; `needs`: groups of fields, one of each is required.

    `strong` and `weak` are the columns by which a row is known: each id alone, or the name with what belongs to it.
    """

    key: ClassVar[str]
    label: ClassVar[str | LazyString]
    about: ClassVar[str | LazyString]
    """What its rows are, for who chooses a file."""
    icon: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    needs: ClassVar[tuple[tuple[str, ...], ...]]
    strong: ClassVar[tuple[str, ...]]
    weak: ClassVar[tuple[str, ...]] = ("name",)
    takes_role: ClassVar[bool] = False

    def plan(self, batch: Batch) -> Plan:
        """Find for each row what it speaks of and changes; report the rows that cannot be placed; write nothing.

        Where bad rows are skipped it is planned anew without them, so that nothing they said is left behind.
        """
        batch.require(self.needs)
        self.prepare(batch)
        known = self.known(batch)
        while True:
            before = batch.report.mistaken
            register = Register(self.strong, self.weak, self.may_be)
            records = [Record(id_, values) for id_, values in known]
            for record in records:
                register.add(record)
            live = batch.live
            for number, row in enumerate(live):
                if number and number % EVERY == 0:
                    batch.progress(Step(Stage.CHECKING, number, len(live)))
                self._place(batch, register, records, row)
            self.relate(batch, register, records)
            if batch.report.mistaken == before or not batch.skip_bad:
                return Plan([record for record in records if record.rows])

    def _place(self, batch: Batch, register: Register, records: list[Record], row: Row) -> None:
        values = self.columns(row)
        try:
            record, sure = register.find(values)
            if record is None:
                record = Record(None, {})
                records.append(record)
            self.describe(batch, record, row, values, sure=sure)
            register.add(record)
        except Doubt as doubt:
            batch.mistake(row, self.field_of(doubt.key), doubt)

    def describe(self, batch: Batch, record: Record, row: Row, values: dict[str, Any], *, sure: bool) -> None:  # noqa: ARG002
        """Let a record take over what a row says; what is stored keeps our id, and its name where the name found it."""
        if record.id is not None:
            values.pop("public_id", None)
        if not sure and (record.id is not None or record.rows):
            values = {key: value for key, value in values.items() if key not in self.weak}
        record.tell(row, values)

    def field_of(self, column: str | None) -> str | None:
        """The field that a column is read from."""
        return {"public_id": "portal_id"}.get(column or "", column)

    def may_be(self, record: Record, values: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Whether a record of the same name can be meant by a row."""
        return True

    def prepare(self, batch: Batch) -> None:  # noqa: B027 -- most kinds have nothing to prepare
        """Resolve what cells refer to; report what cannot be."""

    def relate(self, batch: Batch, register: Register, records: list[Record]) -> None:  # noqa: B027 -- most kinds have no such column
        """Resolve what rows say about other rows of the same file."""

    @abstractmethod
    def known(self, batch: Batch) -> list[tuple[int, dict[str, Any]]]:
        """The stored rows that any row of the batch can mean: id and columns."""

    @abstractmethod
    def columns(self, row: Row) -> dict[str, Any]:
        """What a row says, by column of the table."""

    @abstractmethod
    def store(self, batch: Batch, plan: Plan) -> None:
        """Write what the plan says, in bulk."""

    @abstractmethod
    def export(self, session: Session) -> Iterator[Sequence[Any]]:
        """All rows in a stable order; the values of `fields`, typed."""


_KINDS: Final[dict[str, Importable]] = {}


def importable(kind: type[Importable]) -> type[Importable]:
    """Register a kind of row under its key."""
    _KINDS[kind.key] = kind()
    return kind


def kinds() -> tuple[Importable, ...]:
    """All of them, those first that others refer to."""
    return tuple(_KINDS.values())


def find(key: str) -> Importable:
    """The kind of that key. Refuses `Invalid` for one that no slice registered."""
    if key not in _KINDS:
        raise Invalid(
            _("There is nothing called “%(key)s” here; there are: %(keys)s.", key=shown(key), keys=", ".join(_KINDS))
        )
    return _KINDS[key]

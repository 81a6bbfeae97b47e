"""A row of the file, and the stored row that it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from portal.imports.fields import Unreadable


@dataclass(slots=True)
class Row:
    """One row of the file, read: the values of its filled cells by the field's key."""

    line: int
    values: dict[str, Any]
    bad: bool = False

    def said(self, columns: Iterable[str]) -> dict[str, Any]:
        """What the row says of the columns that are called as their fields are, and our own id."""
        said = {name: self.values[name] for name in columns if name in self.values}
        if "portal_id" in self.values:
            said["public_id"] = self.values["portal_id"]
        return said


class Doubt(Unreadable):
    """It cannot be told which stored row is meant, or what it shall say; `key` is the column to look at."""

    def __init__(self, key: str | None, why: str, remedy: str) -> None:
        super().__init__(why, remedy)
        self.key = key


@dataclass(slots=True, eq=False)
class Record:
    """A stored row, or one to be: its columns as they are, what the file changes, and the rows that speak of it."""

    id: int | None
    values: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def get(self, key: str) -> Any:
        """The value of a column as it will be."""
        return self.changes[key] if key in self.changes else self.values.get(key)

    def tell(self, row: Row, values: Mapping[str, Any]) -> None:
        """Take over what a row says, and count it in. Refuses (`Doubt`) what contradicts an earlier row of the file."""
        self.learn(row, values)
        self.rows.append(row)

    def learn(self, row: Row, values: Mapping[str, Any]) -> None:
        """Take over more of what a row says. Refuses as `tell` does."""
        for key, value in values.items():
            if key in self.told and self.get(key) != value:
                raise Doubt(
                    key,
                    _("it contradicts line %(line)s, which is about the same row", line=self.told[key]),
                    _("Keep one of the two."),
                )
        for key, value in values.items():
            self.told.setdefault(key, row.line)
            if self.values.get(key) != value:
                self.changes[key] = value


@dataclass(slots=True)
class Plan:
    """What an import will do: the records that its rows speak of."""

    records: list[Record]

    @property
    def new(self) -> list[Record]:
        """Records that are not stored yet."""
        return [record for record in self.records if record.id is None]

    @property
    def changed(self) -> list[Record]:
        """Stored records of which the file says something new."""
        return [record for record in self.records if record.id is not None and record.changes]

"""Which stored row a row of a file speaks of: by its ids first, by its name only where no id contradicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from flask_babel import gettext as _

from portal.imports.fields import Unreadable
from portal.imports.records import Doubt, Record
from portal.imports.shown import shown

_EXACT: Final = "crm_id"
"""The id whose capitals matter; domains, addresses and our own ids are the same in any case."""


def same_name(text: str) -> str:
    """A name as it is compared: without capitals and odd spaces."""
    return " ".join(text.split()).casefold()


class Register:
    """Records by their ids (`strong` columns, the surest first; a tuple holds several values) and by name.

    `may_be(record, values)` says whether a record of the same name can be meant at all.
    """

    def __init__(
        self,
        strong: Sequence[str],
        weak: Sequence[str],
        may_be: Callable[[Record, Mapping[str, Any]], bool],
    ) -> None:
        self._strong = strong
        self._weak = weak
        self._may_be = may_be
        self._by_id: dict[tuple[str, Any], Record] = {}
        self._by_name: dict[tuple[Any, ...], list[Record]] = {}

    def add(self, record: Record) -> None:
        """Make a record findable by what it says now; again after it learnt more."""
        for key in self._strong:
            for value in _each(key, record.get(key)):
                self._by_id.setdefault((key, value), record)
        name = self._name(record.get)
        if name is not None and record not in (named := self._by_name.setdefault(name, [])):
            named.append(record)

    def find(self, values: Mapping[str, Any]) -> tuple[Record | None, bool]:
        """The record that a row means, and whether an id said so.

        Refuses (`Doubt`) ids that belong to different records, and a name that several have.
        """
        found: dict[str, Record] = {}
        for key in self._strong:
            for value in _each(key, values.get(key)):
                record = self._by_id.get((key, value))
                if record is not None and found.setdefault(key, record) is not record:
                    raise Doubt(key, _("its values belong to different rows here"), _("Keep those of one."))
        if len({id(record) for record in found.values()}) > 1:
            raise Doubt(
                list(found)[1],
                _("it belongs to another row than the id does"),
                _("Correct one of the two, or leave it empty."),
            )
        if found:
            return next(iter(found.values())), True
        return self._named(values), False

    def named(self, text: str) -> list[Record]:
        """All records of a name, whatever else is known of them."""
        return self._by_name.get((same_name(text),), [])

    def by_id(self, text: str) -> Record | None:
        """The record that has this text as one of its ids."""
        found = (self._by_id.get((key, value)) for key in self._strong for value in _each(key, text))
        return next((record for record in found if record is not None), None)

    def _named(self, values: Mapping[str, Any]) -> Record | None:
        name = self._name(values.get)
        same = [] if name is None else self._by_name.get(name, [])
        candidates = [
            record for record in same if not self._contradicts(record, values) and self._may_be(record, values)
        ]
        if len(candidates) > 1:
            raise Doubt(
                self._weak[0],
                _("%(count)s rows here have this name", count=len(candidates)),
                _("Say which one is meant by an id: that of the CRM, or the portal_id of our export."),
            )
        return candidates[0] if candidates else None

    def _contradicts(self, record: Record, values: Mapping[str, Any]) -> bool:
        """Whether both sides have an id of the same sort: equal ones would have been found.

        Our own id says nothing against a stored row, as it may come from another installation.
        """
        for key in self._strong:
            if values.get(key) and record.get(key) and not (key == "public_id" and record.id is not None):
                return True
        return False

    def _name(self, get: Callable[[str], Any]) -> tuple[Any, ...] | None:
        parts = tuple(get(key) for key in self._weak)
        if parts[0] is None:
            return None
        return tuple(same_name(part) if isinstance(part, str) else part for part in parts)


def _each(key: str, value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, tuple) else (value,)
    return tuple(each if key == _EXACT else str(each).casefold() for each in values if each is not None)


class Lookup:
    """Rows of another kind that a cell refers to: by name, else by one of their ids.

    `unknown` says what to do about a name that nobody has; `names` gives the names there are, for a hint.
    """

    def __init__(self, kind: str, unknown: str, names: Callable[[], Iterable[str]]) -> None:
        self._kind = kind
        self._unknown = unknown
        self._all = names
        self._spelled: dict[str, str] | None = None
        self._names: dict[str, set[int]] = {}
        self._ids: dict[str, int] = {}

    def add(self, id_: int, name: str, *ids: object) -> None:
        """Make a row findable by its name and by ids; those whose capitals do not matter are given in small letters."""
        self._names.setdefault(same_name(name), set()).add(id_)
        self.add_ids(id_, *ids)

    def add_ids(self, id_: int, *ids: object) -> None:
        """Make a row findable by its ids only."""
        for other in ids:
            if other is not None:
                self._ids.setdefault(str(other), id_)

    def by_id(self, text: str) -> int | None:
        """The row of an id, if it is known."""
        return self._ids.get(text) or self._ids.get(text.casefold())

    def find(self, text: str) -> int:
        """The row meant. Refuses (`Unreadable`) a name of several rows or of none."""
        named = self._names.get(same_name(text), set())
        if len(named) == 1:
            return next(iter(named))
        if known := self.by_id(text):
            return known
        if named:
            raise Unreadable(
                _("%(count)s %(kind)s have this name", count=len(named), kind=self._kind),
                _("Write an id instead: that of the CRM, or the portal_id of our export."),
            )
        raise Unreadable(_("it is not among the %(kind)s here", kind=self._kind), self._unknown + self._hint(text))

    def _hint(self, text: str) -> str:
        if self._spelled is None:
            self._spelled = {same_name(name): name for name in self._all()}
        close = get_close_matches(same_name(text), self._spelled, n=1, cutoff=0.8)
        return _(" Did you mean “%(close)s”?", close=shown(self._spelled[close[0]])) if close else ""

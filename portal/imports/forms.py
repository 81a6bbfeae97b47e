"""The forms of imports; those about columns and spellings have fields for what the file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.imports import rows
from portal.imports.fields import Field, Shape
from portal.imports.mapping import CURRENCIES, DATE_ORDERS, DECIMALS, UNITS, Choice
from portal.imports.report import Proposal
from portal.web.forms import Form

_STALE: Final = _l("This page is out of date. Open it again.")


class FileForm(Form):
    """A file, and what its rows are."""

    kind = RadioField(_l("What is in it"))
    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,text/csv,text/plain", "required": True})

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.kind.choices = [SelectChoice(kind.key, kind.label) for kind in rows.kinds()]

    def validate_file(self, field: FileField) -> None:
        """There is one, and it is not empty."""
        if not getattr(field.data, "filename", ""):
            raise ValidationError(_("Choose a file."))


class ColumnsForm(Form):
    """Where the columns go: `column_0`, … and how those are read that can be read in several ways."""

    role = SelectField(
        _l("Role of these people"),
        choices=[
            SelectChoice("", _l("No role: known here, cannot sign in yet")),
            SelectChoice("advocate", _l("Advocates")),
            SelectChoice("sales", _l("Sales reps")),
            SelectChoice("manager", _l("Program managers")),
        ],
        default="",
    )

    @property
    def choices(self) -> list[Choice]:
        """The columns as they were chosen, in the order of the file."""
        found, position = [], 0
        while (field := self._fields.get(f"column_{position}")) is not None:
            ways = (self._fields.get(f"{way}_{position}") for way in WAYS_OF.get(self.shapes.get(field.data), ()))
            options = tuple(way.data.upper() if len(way.data) == 3 else way.data for way in ways if way and way.data)
            found.append(Choice(field.data, options))
            position += 1
        return found

    shapes: Mapping[str, Shape] = {}

    def ways(self, position: int, *, doubtful: bool) -> list[Any]:
        """The fields that say how a column is read; what its values mostly show, only where it is asked or was told."""
        shape = self.shapes.get(self._fields[f"column_{position}"].data)
        found = [(way, self._fields.get(f"{way}_{position}")) for way in WAYS_OF.get(shape, ())]
        return [field for way, field in found if field and (doubtful or field.data or way in _ALWAYS)]


WAYS_OF: Final[dict[Shape | None, tuple[str, ...]]] = {
    Shape.AMOUNT: ("unit", "currency", "decimal"),
    Shape.WHOLE: ("decimal",),
    Shape.DATE: ("order",),
}
"""What can be told of a column of each shape."""
_ALWAYS: Final = ("unit", "currency")


def columns_form(
    importable: rows.Importable,
    headers: Sequence[str],
    stored: Sequence[Choice],
    *,
    role: str | None = None,
    formdata: Mapping[str, str] | None = None,
) -> ColumnsForm:
    """The form for one file: filled with what is stored, or with what was sent."""
    shapes = {field.key: field.shape for field in importable.fields}
    fields: dict[str, Any] = {"shapes": shapes}
    for position, choice in enumerate(stored):
        sent = (formdata or {}).get(f"column_{position}", choice.field)
        fields[f"column_{position}"] = _goes_to(
            importable.fields, headers[position] or f"#{position + 1}", choice.field
        )
        for way in {way for key in (sent, choice.field) for way in WAYS_OF.get(shapes.get(key), ())}:
            fields[f"{way}_{position}"] = _way(way, headers[position], choice.options)
    if not importable.takes_role:
        fields["role"] = None
    form: ColumnsForm = type("ColumnsOfFile", (ColumnsForm,), fields)(
        formdata=formdata, data={} if role is None else {"role": role}
    )
    return form


def _goes_to(fields: Sequence[Field], header: str, now: str) -> SelectField:
    choices = [SelectChoice("", _("Leave out")), *(SelectChoice(field.key, field.label) for field in fields)]
    return SelectField(_("“%(column)s” goes to", column=header), choices=choices, default=now)


def _way(way: str, header: str, options: Sequence[str]) -> StringField | SelectField:
    """A field for one way of reading; it holds what was told before."""
    if way == "currency":
        told = next((option for option in options if option in CURRENCIES), "")
        label = _("Currency of “%(column)s”", column=header)
        shape = {"placeholder": _("Currency"), "maxlength": 3, "size": 4, "list": "currencies"}
        return StringField(label, [Optional(), Length(max=3), _is_currency], default=told, render_kw=shape)
    known, label, first, words = {
        "unit": (tuple(UNITS), _("Unit of “%(column)s”", column=header), "", _UNITS),
        "decimal": (DECIMALS, _("Decimal sign of “%(column)s”", column=header), "", _DECIMALS),
        "order": (DATE_ORDERS, _("Day and month of “%(column)s”", column=header), "", _ORDERS),
    }[way]
    told = next((option for option in options if option in known), first)
    return SelectField(label, choices=[SelectChoice(key, word) for key, word in words], default=told)


_UNITS: Final = (("", _l("In ones")), ("K", _l("In thousands")), ("M", _l("In millions")), ("B", _l("In billions")))
_DECIMALS: Final = (
    ("", _l("As it shows")),
    ("decimal-point", _l("Decimal point")),
    ("decimal-comma", _l("Decimal comma")),
)
_ORDERS: Final = (
    ("", _l("As it shows")),
    ("day-first", _l("Day first")),
    ("month-first", _l("Month first")),
)


def _is_currency(_form: Form, field: StringField) -> None:
    if field.data.upper() not in CURRENCIES:
        raise ValidationError(_("Write a code of three letters, such as USD."))


class ImportForm(Form):
    """To import what was checked; `check` names the check whose result the page showed."""

    check = HiddenField(validators=[InputRequired(_STALE), Length(max=18)])

    def validate_check(self, field: HiddenField) -> None:
        """It is a number that we gave."""
        if not (field.data.isascii() and field.data.isdigit()):
            raise ValidationError(_STALE)

    def spellings(self, proposed: Sequence[Proposal]) -> list[tuple[Proposal, bool]]:
        """What was said of each spelling that was proposed; of those left open nothing."""
        fields = (self._fields[f"same_{number}"] for number in range(len(proposed)))
        said = [(proposal, field.data) for proposal, field in zip(proposed, fields, strict=True)]
        return [(proposal, answer == "join") for proposal, answer in said if answer in ("join", "own")]


def import_form(proposed: Sequence[Proposal], *, check: int | None, **given: Any) -> ImportForm:
    """The form for what one check proposed."""
    fields = {f"same_{number}": _same(proposal) for number, proposal in enumerate(proposed)}
    form: ImportForm = type("SpellingsOfFile", (ImportForm,), fields)(data={"check": str(check or "")}, **given)
    return form


def _same(proposal: Proposal) -> RadioField:
    choices = [
        SelectChoice("join", _("The same as “%(means)s”", means=proposal.means)),
        SelectChoice("own", _("A word of its own")),
        SelectChoice("", _("Not now, leave it as it is")),
    ]
    return RadioField(_("What is “%(written)s”?", written=proposal.written), choices=choices, default="")

"""Fields that several forms of challenges have."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget


class Checks(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def at_most(longest: int, *more: object) -> list[object]:
    """The rules of a text: `more` of them, and how long it may be."""
    return [*more, Length(max=longest, message=_l("Write at most %(most)s characters.", most=longest))]

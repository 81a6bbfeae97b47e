"""The fields of a form that say whom a challenge is for; they can be checked without the rest, to be counted."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from portal.challenges.audience import LISTS, Audience
from portal.challenges.fields import Checks
from portal.challenges.models import MOST_NAMED
from portal.challenges.queries.audiences import Choices, named
from portal.people.models import LONGEST_ADDRESS
from portal.references.sizes import SIZE_WORDS
from portal.web.forms import Form
from portal.web.sanity import allow_repeated

_OUT: Final = tuple(f"not_{name}" for name in LISTS)
_LEVELS: Final = ("from_level_id", "to_level_id")
_NAMES: Final = ("people", "not_people")
_FIELDS: Final = ("for_everybody", *LISTS, *_OUT, *_LEVELS, *_NAMES)
_LONGEST_LIST: Final = MOST_NAMED * (LONGEST_ADDRESS + 2)

allow_repeated("sizes", *_OUT)


def _checks(label: Any) -> Checks:
    return Checks(label, validators=[Optional()])


def _level(label: Any) -> SelectField:
    return SelectField(label, choices=[], validators=[Optional()], coerce=lambda given: int(given) if given else None)


def _people(label: Any, description: Any) -> TextAreaField:
    words = _l("Name at most %(most)s people.", most=MOST_NAMED)
    return TextAreaField(
        label, validators=[Length(max=_LONGEST_LIST, message=words)], description=description, render_kw={"rows": 2}
    )


class AudienceForm(Form):
    """Whom a challenge is for."""

    for_everybody = BooleanField(_l("Everybody may take it"))
    industries = _checks(_l("Industries"))
    countries = _checks(_l("Countries"))
    sizes = _checks(_l("Company sizes"))
    products = _checks(_l("Products they use"))
    from_level_id = _level(_l("From this level on"))
    to_level_id = _level(_l("Up to this level"))
    people = _people(_l("These people too"), _l("Their addresses, one a line. They are in, whatever else is chosen."))
    not_industries = _checks(_l("Not in these industries"))
    not_countries = _checks(_l("Not in these countries"))
    not_sizes = _checks(_l("Not at companies of these sizes"))
    not_products = _checks(_l("Not who uses these products"))
    not_people = _people(_l("Not these people"), _l("Their addresses, one a line. They never see it."))

    def offer(self, known: Choices) -> None:
        """Let these be chosen, and what was chosen before stay chosen."""
        values = {"industries": known.industries, "countries": known.countries, "products": known.products}
        for name in LISTS:
            for field in (self[name], self[f"not_{name}"]):
                found = dict.fromkeys([*values.get(name, SIZE_WORDS), *(field.object_data or [])])
                field.choices = [SelectChoice(value, SIZE_WORDS.get(value, value)) for value in found]
        for name in _LEVELS:
            levels = [SelectChoice(str(number), level) for number, level in known.levels]
            self[name].choices = [SelectChoice("", _l("Any level")), *levels]

    def audience_is_valid(self) -> bool:
        """Check only these fields, and that there are no others besides the form's own."""
        wrong = [name for name in _FIELDS if not self[name].validate(self)]
        return self.knows_all() and not wrong

    def chosen(self, session: Session) -> Audience:
        """What was chosen, as the verbs take it. Refuses `Invalid` addresses of nobody."""
        values: dict[str, Any] = {name: tuple(self[name].data or ()) for name in (*LISTS, *_OUT)}
        values.update({name: named(session, self[name].data or "", name) for name in _NAMES})
        values.update({name: self[name].data for name in _LEVELS})
        return Audience(self.for_everybody.data, **values)


def filled(audience: Audience, addresses: dict[int, str]) -> dict[str, object]:
    """What such a form holds of an audience; who has no address any more is left out."""
    values: dict[str, object] = {"for_everybody": audience.for_everybody}
    values.update({name: list(getattr(audience, name)) for name in (*LISTS, *_OUT)})
    values.update({name: getattr(audience, name) for name in _LEVELS})
    for name in _NAMES:
        values[name] = "\n".join(addresses[one] for one in getattr(audience, name) if one in addresses)
    return values

"""The forms around the time of a call: offering some, picking one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, IntegerField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from portal.references import times
from portal.references.models import LONGEST_PLACE
from portal.references.queries.standing import Asked
from portal.web import words
from portal.web.forms import Form

_SHAPE = "%Y-%m-%dT%H:%M"


def _time(label: object) -> DateTimeLocalField:
    return DateTimeLocalField(label, format=_SHAPE, validators=[Optional()])


class TimesForm(Form):
    """Up to five times on the advocate's own clock."""

    first = _time(_l("First time"))
    second = _time(_l("Second time"))
    third = _time(_l("Third time"))
    fourth = _time(_l("Fourth time"))
    fifth = _time(_l("Fifth time"))

    def showing(self, on_offer: Iterable[datetime], zone: ZoneInfo) -> TimesForm:
        """A new form that holds the times on offer."""
        for field, start in zip((field for field in self if field.name != "csrf_token"), on_offer, strict=False):
            field.data = start.astimezone(zone).replace(tzinfo=None)
        return self

    def starts(self, zone: ZoneInfo) -> list[datetime]:
        """The moments that were typed. Refuses as `times.local` does."""
        typed = (field for field in self if field.name != "csrf_token" and field.data is not None)
        return [times.local(field.data, zone, field=field.name) for field in typed]


class PickForm(Form):
    """One of the times on offer, and where to talk."""

    time = RadioField(_l("Time"), choices=[], validators=[InputRequired(_l("Choose a time."))])
    place = StringField(
        _l("Link or telephone number"),
        validators=[Length(max=LONGEST_PLACE, message=_l("Please shorten this to %(max)d characters."))],
    )
    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(0, 1_000_000)])

    def offering(self, call: Asked) -> PickForm:
        """Let the times of a call be chosen, as things stand; a new form holds what was agreed so far."""
        self.time.choices = [SelectChoice(str(time.public_id), words.full(time.starts_at)) for time in call.times]
        if not self.seen.raw_data:
            picked = (str(time.public_id) for time in call.times if time.starts_at == call.starts_at)
            self.seen.data, self.place.data, self.time.data = call.sequence, call.place, next(picked, None)
        return self

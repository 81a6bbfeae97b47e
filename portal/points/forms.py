"""The forms of the manager's screens of points."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from portal.points.models import LARGEST_AMOUNT, LONGEST_BENEFIT, LONGEST_LEVEL, LONGEST_REASON
from portal.web.forms import Form

_STALE: Final = _l("This page is out of date. Open it again and enter it anew.")
_NEEDED: Final = _l("This is needed.")
_WAYS: Final = [SelectChoice("add", _l("Add points")), SelectChoice("take", _l("Take points"))]
_DECISIONS: Final = [
    SelectChoice("approve", _l("Approve")),
    SelectChoice("decline", _l("Decline")),
    SelectChoice("withdraw", _l("Withdraw")),
]


class AdjustForm(Form):
    """Points by hand; the key makes a second click the first."""

    way = RadioField(_l("What to do"), choices=_WAYS, default="add")
    points = IntegerField(
        _l("How many points"),
        [InputRequired(_l("Write a whole number, such as 500.")), NumberRange(1, LARGEST_AMOUNT)],
        render_kw={"inputmode": "numeric"},
    )
    reason = TextAreaField(
        _l("Why"),
        [InputRequired(_l("Please say why the points move.")), Length(max=LONGEST_REASON)],
        render_kw={"rows": 3},
    )
    request_key = HiddenField(validators=[InputRequired(_STALE)])

    @classmethod
    def fresh(cls) -> AdjustForm:
        """A form for one showing of the page."""
        return cls(formdata=None, data={"request_key": str(uuid4()), "way": "add"})

    def validate_request_key(self, field: HiddenField) -> None:
        """It is a UUID that we gave."""
        try:
            UUID(field.data)
        except ValueError as error:
            raise ValidationError(_STALE) from error

    @property
    def signed(self) -> int:
        """The points as the verb takes them: below zero to take."""
        return -int(self.points.data) if self.way.data == "take" else int(self.points.data)


class ProposalForm(Form):
    """A decision about a proposed adjustment."""

    decision = RadioField(choices=_DECISIONS)
    note = TextAreaField(_l("Note"), [Length(max=LONGEST_REASON)], render_kw={"rows": 3})


class LevelForm(Form):
    """A level; `agreed` says that its effect was seen."""

    name = StringField(_l("Name"), [InputRequired(_NEEDED), Length(max=LONGEST_LEVEL)])
    threshold = IntegerField(
        _l("Points needed"),
        [InputRequired(_l("Write a whole number, such as 500.")), NumberRange(0, LARGEST_AMOUNT)],
        render_kw={"inputmode": "numeric"},
    )
    benefit = TextAreaField(
        _l("What it opens"), [InputRequired(_NEEDED), Length(max=LONGEST_BENEFIT)], render_kw={"rows": 3}
    )
    agreed = HiddenField(validators=[Length(max=50)])


class AgreeForm(Form):
    """Agreeing to the effect that was shown."""

    agreed = HiddenField(validators=[Length(max=50)])

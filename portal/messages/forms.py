"""What people choose about their mails."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.web.forms import Form

_TYPED: Final = _l("Please type a time, such as 20:00.")


class SwitchForm(Form):
    """Mails of a kind: on or off."""

    kind = HiddenField(validators=[DataRequired(), Length(max=100)])
    wanted = BooleanField()


class QuietHoursForm(Form):
    """From when to when no mail is to come."""

    starts = TimeField(_l("From"), [InputRequired(_TYPED)])
    ends = TimeField(_l("To"), [InputRequired(_TYPED)])


class OneClickForm(Form):
    """What a mail program sends, or the button of the page (RFC 8058)."""


setattr(OneClickForm, "List-Unsubscribe", HiddenField(validators=[Length(max=100)]))

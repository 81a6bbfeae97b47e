"""The forms around requests: asking, answering afterwards, one's own limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import UUID, AnyOf, DataRequired, InputRequired, Length, Optional

from portal.consent.activities import REFERENCE_CALL, Activity
from portal.references.models import LONGEST_NOTE, LONGEST_TOPICS, Outcome, Side
from portal.references.models.exceptions import LONGEST_REASON
from portal.web.forms import Form


class ActivityForm(Form):
    """What to ask somebody for, and for whom; the page's address says of whom."""

    activity = SelectField(_l("What to ask for"), validators=[Optional()], validate_choice=False)
    prospect_name = StringField(_l("Prospect"), validators=[Optional(), Length(max=200)])
    request_key = HiddenField(default=lambda: str(uuid4()), validators=[UUID()])

    def offer(self, activities: Sequence[Activity], chosen: str | None = None) -> Self:
        """The same form for what can be asked for; the first of them unless something was chosen."""
        self.activity.choices = [SelectChoice(activity.key, activity.label) for activity in activities]
        if not self.activity.data:
            keys = [activity.key for activity in activities]
            self.activity.data = chosen if chosen in keys else next(iter(keys), REFERENCE_CALL)
        return self


class AskForm(ActivityForm):
    """Ask for a call or another activity; the page's address says whom."""

    needed_by = DateField(_l("Needed by"), validators=[InputRequired(_l("Choose a day."))])
    topics = TextAreaField(
        _l("What the prospect wants to know"),
        validators=[
            DataRequired(_l("Please say what the prospect wants to know.")),
            Length(max=LONGEST_TOPICS, message=_l("Please shorten this to %(max)d characters.")),
        ],
        render_kw={"rows": 5},
    )
    prospect_industry = StringField(_l("Their industry"), validators=[Optional(), Length(max=200)])


class ExceptionForm(ActivityForm):
    """Why an ask cannot wait."""

    reason = TextAreaField(
        _l("Why this ask cannot wait"),
        validators=[
            DataRequired(_l("Please say why this ask cannot wait; whoever decides reads it.")),
            Length(max=LONGEST_REASON, message=_l("Please shorten this to %(max)d characters.")),
        ],
        render_kw={"rows": 4},
    )


class DecisionForm(Form):
    """A decision about an exception."""

    decision = RadioField(
        choices=[SelectChoice("approve", _l("Approve")), SelectChoice("decline", _l("Decline"))],
        validators=[InputRequired(_l("Choose one."))],
    )
    note = TextAreaField(
        _l("Note"),
        validators=[Length(max=LONGEST_REASON, message=_l("Please shorten this to %(max)d characters."))],
        render_kw={"rows": 3},
    )


class AskForDealForm(AskForm):
    """Ask one of those who are listed for a deal."""

    person = StringField(
        _l("Whom to ask"),
        validators=[InputRequired(_l("Choose whom to ask.")), UUID(_l("Choose somebody of the list."))],
    )


class OutsideForm(Form):
    """Somebody was asked for a call without the portal."""

    email = StringField(
        _l("Their e-mail address"),
        validators=[DataRequired(_l("Please give the address of whom you asked.")), Length(max=254)],
    )
    day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])


class OutcomeForm(Form):
    """Did it help?"""

    helped = RadioField(
        _l("Did it help?"),
        choices=[SelectChoice(outcome.value, outcome.label) for outcome in Outcome],
        validators=[InputRequired(_l("Choose one."))],
    )
    note = TextAreaField(
        _l("Note"),
        validators=[Length(max=LONGEST_NOTE, message=_l("Please shorten this to %(max)d characters."))],
        render_kw={"rows": 3},
    )


class HowItWasForm(OutcomeForm):
    """Was the call worth the advocate's time?"""

    helped = RadioField(
        _l("Was it worth your time?"),
        choices=[
            SelectChoice("helped", _l("Yes")),
            SelectChoice("partly", _l("A little")),
            SelectChoice("not_helped", _l("No")),
        ],
        validators=[InputRequired(_l("Choose one."))],
    )


class AbsenceForm(Form):
    """Who did not come to a call, where it is known."""

    missed_by = HiddenField(validators=[Optional(), AnyOf(list(Side), message=_l("Say which side did not come."))])

    @property
    def side(self) -> Side | None:
        """The side that did not come."""
        return Side(self.missed_by.data) if self.missed_by.data else None


_RESTS = (21, 30, 60, 90, 180)


class LimitForm(Form):
    """Ask me less often: fewer asks in a window, longer rests between them, or as the program allows."""

    asks = SelectField(_l("Asks in three months, at most"), validators=[InputRequired()])
    gap = SelectField(_l("Days between two asks, at least"), validators=[Optional()], default="program")

    def offer_rests(self, least: int, chosen: int | None = None) -> LimitForm:
        """Offer longer rests than the program's own, what was chosen before, and the program's own itself."""
        longer = sorted({days for days in (*_RESTS, chosen) if days is not None and days > least})
        most = SelectChoice("program", _l("%(number)s, as the program keeps", number=least))
        self.gap.choices = [most, *(SelectChoice(str(days), str(days)) for days in longer)]
        if self.gap.raw_data is None and chosen is not None and chosen > least:
            self.gap.data = str(chosen)
        return self

    def offer(self, highest: int, chosen: int | None = None) -> LimitForm:
        """Offer every number below the program's own, and the program's own itself."""
        most = SelectChoice("program", _l("%(number)s, as the program allows", number=highest))
        fewer = [SelectChoice(str(number), str(number)) for number in reversed(range(highest))]
        self.asks.choices = [most, *fewer]
        if self.asks.data is None:
            self.asks.data = "program" if chosen is None else str(chosen)
        return self


class PauseForm(Form):
    """Pause everything for some months; 0 ends the pause."""

    months = HiddenField(validators=[AnyOf(["0", "1", "3", "6"], message=_l("Choose how long."))])

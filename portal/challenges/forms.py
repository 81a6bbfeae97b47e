"""The forms of the challenge editor."""

from __future__ import annotations

from typing import ClassVar, Final

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, InputRequired, NumberRange, Optional
from wtforms.widgets import HiddenInput

from portal.challenges.activities import ACTIVITIES
from portal.challenges.audience_form import AudienceForm
from portal.challenges.fields import Checks
from portal.challenges.fields import at_most as _text
from portal.challenges.models import (
    LONGEST_DESCRIPTION,
    LONGEST_INSTRUCTIONS,
    LONGEST_PAUSE,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    MOST_MINUTES,
    MOST_PLACES,
    MOST_POINTS,
)
from portal.challenges.review_models import LONGEST_DISCLOSURE, LONGEST_LINK
from portal.challenges.stages import kind_of, kinds
from portal.challenges.stages.asked import CHOICES, LONGEST_ASK, LONGEST_CHOICE, LONGEST_HINT, TOPS, AnswerKind
from portal.challenges.stages.review import MOST_WORTH
from portal.challenges.stages.sites import SITES
from portal.challenges.stages.visit import LONGEST_ADDRESS, LONGEST_BUTTON
from portal.challenges.upload_models import MOST_FILES
from portal.files.intake import FAMILIES
from portal.web.forms import Form

NEEDED: Final = _l("This is needed.")


def _whole(label: object, most: int, description: object) -> IntegerField:
    words = _l("Give a whole number from 1 to %(most)s.", most=most)
    return IntegerField(
        label,
        validators=[Optional(), NumberRange(1, most, words)],
        description=description,
        render_kw={"inputmode": "numeric", "min": 1, "max": most},
    )


class ChallengeForm(AudienceForm):
    """What a challenge says, whom it is for, and when."""

    title = StringField(
        _l("Title"),
        validators=_text(LONGEST_TITLE, DataRequired(NEEDED)),
        render_kw={"maxlength": LONGEST_TITLE},
        description=_l("Verbs first: “Tell us how you cut onboarding time”."),
    )
    summary = StringField(
        _l("Summary"),
        validators=_text(LONGEST_SUMMARY),
        render_kw={"maxlength": LONGEST_SUMMARY},
        description=_l("The line on the card: why them, or what for."),
    )
    description = TextAreaField(_l("More about it"), validators=_text(LONGEST_DESCRIPTION), render_kw={"rows": 3})
    activity_type = SelectField(
        _l("Kind of help"),
        choices=[
            SelectChoice("", _l("Something else")),
            *(SelectChoice(key, label) for key, (label, _icon) in ACTIVITIES.items()),
        ],
        validators=[Optional()],
    )
    minutes = IntegerField(
        _l("Minutes it takes"),
        validators=[
            InputRequired(_l("Give the minutes it takes.")),
            NumberRange(1, MOST_MINUTES, _l("Give the minutes it takes, 1 to %(most)s.", most=MOST_MINUTES)),
        ],
        render_kw={"inputmode": "numeric", "min": 1, "max": MOST_MINUTES},
    )
    opens_on = DateField(_l("Opens on"), validators=[Optional()])
    closes_on = DateField(_l("Last day"), validators=[Optional()])
    places = _whole(
        _l("Places"), MOST_PLACES, _l("Empty: as many as like. Who puts it away leaves their place to another.")
    )
    pause_days = _whole(_l("Opens again after days"), LONGEST_PAUSE // 24, _l("Empty: everybody takes it once."))


class SeenStepForm(Form):
    """Which step the page showed at its place; where another stands there by now, nothing is done."""

    stage = IntegerField(
        widget=HiddenInput(), validators=[InputRequired(_l("This page is out of date. Reload it and try again."))]
    )


class _StepForm(Form):
    """What a step of a draft says and pays."""

    setup_fields: ClassVar[tuple[str, ...]] = ()
    """Those of its fields that say how its kind is set up."""
    title = StringField(
        _l("Title"), validators=_text(LONGEST_TITLE, DataRequired(NEEDED)), render_kw={"maxlength": LONGEST_TITLE}
    )
    instructions = TextAreaField(_l("What people read"), validators=_text(LONGEST_INSTRUCTIONS), render_kw={"rows": 3})
    points = IntegerField(
        _l("Points"),
        validators=[
            InputRequired(_l("Points are a whole number.")),
            NumberRange(0, MOST_POINTS, _l("Points are a whole number from 0 to %(most)s.", most=MOST_POINTS)),
        ],
        render_kw={"inputmode": "numeric", "min": 0, "max": MOST_POINTS},
    )


class StageForm(SeenStepForm, _StepForm):
    """One step of a draft."""


class CheckedForm(StageForm):
    """A step of a draft of a kind that lets the manager choose who checks it."""

    verification = RadioField(_l("Who checks it?"), validators=[InputRequired(_l("Choose who checks it."))])


class VisitForm(CheckedForm):
    """A step of a draft that is a page to visit."""

    setup_fields = ("address", "button")
    address = StringField(
        _l("Address of the page"),
        validators=_text(LONGEST_ADDRESS),
        description=_l("The whole address; it begins with https://."),
        render_kw={"maxlength": LONGEST_ADDRESS, "inputmode": "url", "autocapitalize": "none"},
    )
    button = StringField(
        _l("Word on the button"),
        validators=_text(LONGEST_BUTTON),
        description=_l("“Open the page”, if you leave it empty."),
        render_kw={"maxlength": LONGEST_BUTTON},
    )


class ReviewForm(StageForm):
    """A step of a draft that is a review on another site: nothing in it is about what reviews say or how they rate."""

    setup_fields = ("site", "address", "worth", "disclosure")
    site = SelectField(
        _l("Site"),
        choices=[SelectChoice("", _l("Choose a site")), *(SelectChoice(site.key, site.label) for site in SITES)],
        validators=[Optional()],
    )
    address = StringField(
        _l("Page where the review is written"),
        validators=_text(LONGEST_LINK),
        description=_l("The whole address; it begins with https://."),
        render_kw={"maxlength": LONGEST_LINK, "inputmode": "url", "autocapitalize": "none"},
    )
    worth = IntegerField(
        _l("What the points are worth, in US dollars"),
        validators=[
            Optional(),
            NumberRange(0, MOST_WORTH, _l("Give whole US dollars, from 0 to %(most)s.", most=MOST_WORTH)),
        ],
        description=_l("Rounded up. Some sites allow a small reward only, or none; the publish check says which."),
        render_kw={"inputmode": "numeric", "min": 0, "max": MOST_WORTH},
    )
    disclosure = TextAreaField(
        _l("What is disclosed"),
        validators=_text(LONGEST_DISCLOSURE),
        description=_l("They read it, say that it is true of their review, and it is kept with it."),
        render_kw={"rows": 4, "maxlength": LONGEST_DISCLOSURE},
    )


class UploadForm(StageForm):
    """A step of a draft that asks for files."""

    setup_fields = ("families", "most")
    families = Checks(
        _l("Which files are taken?"), choices=[SelectChoice(key, label) for key, label in FAMILIES.items()]
    )
    most = IntegerField(
        _l("How many at most?"),
        validators=[
            InputRequired(_l("Give a whole number.")),
            NumberRange(1, MOST_FILES, _l("Give a whole number from 1 to %(most)s.", most=MOST_FILES)),
        ],
        render_kw={"inputmode": "numeric", "min": 1, "max": MOST_FILES},
    )


def step_form(kind: str, **given: object) -> StageForm:
    """The form of a draft's step: what all steps have, and what its kind needs besides."""
    form = STEP_FORMS.get(kind, StageForm)(**given)
    if "verification" in form:
        form.verification.choices = [SelectChoice(each.value, each.label) for each in kind_of(kind).verifications]
    return form


STEP_FORMS: Final[dict[str, type[StageForm]]] = {
    "visit": VisitForm,
    "questions": CheckedForm,
    "review": ReviewForm,
    "upload": UploadForm,
}


class QuestionForm(SeenStepForm):
    """One question of a step."""

    ask = StringField(
        _l("Question"), validators=_text(LONGEST_ASK, DataRequired(NEEDED)), render_kw={"maxlength": LONGEST_ASK}
    )
    hint = StringField(_l("Hint"), validators=_text(LONGEST_HINT), render_kw={"maxlength": LONGEST_HINT})
    kind = RadioField(
        _l("How is it answered?"),
        choices=[SelectChoice(kind.value, kind.label) for kind in AnswerKind],
        validators=[InputRequired(_l("Choose how it is answered."))],
    )
    choices = TextAreaField(
        _l("Answers to choose from"),
        validators=_text(CHOICES[-1] * (LONGEST_CHOICE + 2)),
        description=_l("One a line. Only where one or several are chosen."),
        render_kw={"rows": 4},
    )
    top = IntegerField(
        _l("Last number of the scale"),
        validators=[
            Optional(),
            NumberRange(
                TOPS[0], TOPS[-1], _l("Give a number from %(least)s to %(most)s.", least=TOPS[0], most=TOPS[-1])
            ),
        ],
        description=_l("It begins with 1. Only for a number on a scale."),
        render_kw={"inputmode": "numeric", "min": TOPS[0], "max": TOPS[-1]},
    )
    required = BooleanField(_l("An answer is needed"))

    @property
    def written(self) -> dict[str, object]:
        """The question as the verbs take it."""
        given = {name: self.data[name] for name in ("kind", "ask", "hint", "top", "required")}
        return {**given, "choices": (self.choices.data or "").splitlines()}


class PlaceForm(SeenStepForm):
    """Where a step goes."""

    to = HiddenField(validators=[AnyOf(["up", "down"])])


class NewStageForm(_StepForm):
    """A step to add, of one of the kinds."""

    kind = RadioField(_l("Kind of step"), validators=[InputRequired(_l("Choose a kind of step."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(kind.key, kind.label) for kind in kinds()]

    @property
    def about_kinds(self) -> dict[str, object]:
        """What each kind is for."""
        return {kind.key: kind.text for kind in kinds()}

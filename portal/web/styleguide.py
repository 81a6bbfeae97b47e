"""The style guide: every element of the portal in the states it knows, for those who build screens."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, Optional

from portal.settings import Settings
from portal.web.forms import Form
from portal.web.policy import open_to_all

bp = Blueprint("styleguide", __name__)


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, each with a box of its own."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class Sample(Form):
    """One field of every kind."""

    mail = EmailField("Work e-mail", [DataRequired(), Email()], description="Only for what waits for you.")
    note = TextAreaField("Note to Ana")
    checked_by = SelectField(
        "Checked by", choices=[SelectChoice("nobody", "Nobody, on their honour"), SelectChoice("manager", "You")]
    )
    spelling = RadioField(
        "What is GTXPro?",
        choices=[SelectChoice("same", "The same as GTX Pro"), SelectChoice("own", "A product of its own")],
        default="same",
    )
    kinds = Boxes(
        "What I am willing to do", choices=[SelectChoice("call", "Reference call"), SelectChoice("review", "Review")]
    )
    photo = FileField("Photo", description="JPG or PNG, up to 10 MB.")
    disclosure = BooleanField("Show the disclosure of the site before they leave", [DataRequired()])
    quiet = BooleanField("Quiet hours")
    at = DateTimeLocalField("When", [Optional()])
    points = IntegerField("Points", [DataRequired()])


@bp.get("/styleguide")
@open_to_all(reason="made-up words only; exists in the demo and while developing, never in production")
def styleguide() -> str:
    """Every element; `?state=errors` shows the form refused, `?state=party` a celebration."""
    form = Sample()
    if request.args.get("state") == "errors":
        for field in (form.mail, form.disclosure, form.points):
            field.errors = [_("This field is required.")]
        form.form_errors.append(_("Nothing was sent."))
    return render_template(
        "styleguide.html",
        form=form,
        descriptions={"same": "As in your products file", "own": "Adds “GTXPro” to the list"},
        celebrate=request.args.get("state") == "party",
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Add the page, except in production."""
    if settings.env != "production":
        app.register_blueprint(bp)

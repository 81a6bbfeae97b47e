"""Forms of the ways in."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal.people.models import LONGEST_ADDRESS, LONGEST_NAME
from portal.people.states import Role
from portal.people.values import time_zones
from portal.web.forms import Form
from portal.web.sanity import allow_repeated

allow_repeated("invitees")

_DECISIONS: Final = [SelectChoice("approve", _l("Approve and invite")), SelectChoice("decline", _l("Decline"))]


def _zones() -> list[SelectChoice]:
    return [SelectChoice(zone, zone.replace("_", " ")) for zone in time_zones()]


def _roles() -> list[SelectChoice]:
    return [SelectChoice(role.value, role.label) for role in Role]


class RoundForm(Form):
    """Who is invited, of those the page shows."""

    invitees = SelectMultipleField(validate_choice=False)

    def validate_invitees(self, field: SelectMultipleField) -> None:
        """Each is a person's id."""
        try:
            list(map(UUID, field.data or ()))
        except ValueError:
            raise ValidationError(_l("Choose people of the list.")) from None


class SignInForm(Form):
    """Where to mail the link."""

    email = EmailField(
        _l("Work e-mail"), [DataRequired(_l("Please type your e-mail address.")), Length(max=LONGEST_ADDRESS)]
    )
    next = HiddenField(validators=[Optional(), Length(max=500)])


class CodeForm(Form):
    """The code that the link showed on another device."""

    code = StringField(_l("Code"), [DataRequired(_l("Please type the eight digits.")), Length(max=20)])


class PasswordSignInForm(Form):
    """Address and password; what was typed as password is never shown again."""

    email = EmailField(
        _l("Work e-mail"),
        [DataRequired(_l("Please type your e-mail address.")), Length(max=LONGEST_ADDRESS)],
        id="password-email",
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Please type your password."))])
    next = HiddenField(validators=[Optional(), Length(max=500)], id="password-next")


class ForgottenForm(Form):
    """Where to mail a link that sets a password."""

    email = EmailField(
        _l("Work e-mail"), [DataRequired(_l("Please type your e-mail address.")), Length(max=LONGEST_ADDRESS)]
    )


class NewPasswordForm(Form):
    """A password to be; how long and how good is the verb's to say, and nothing is cut off."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Please choose a password."))], id="new-password")


class CodeAndPasswordForm(NewPasswordForm):
    """The code that the link showed on another device, and the password to be."""

    code = StringField(_l("Code"), [DataRequired(_l("Please type the eight digits.")), Length(max=20)])


class InvitationForm(Form):
    """Accepting an invitation."""

    name = StringField(_l("Your name"), [DataRequired(_l("Please give a name.")), Length(max=LONGEST_NAME)])
    terms = HiddenField(validators=[DataRequired(), Length(max=100)])
    agreed = BooleanField(
        _l("I accept the terms and have read the privacy notice"),
        [InputRequired(_l("Please read both texts and agree, or close this page."))],
    )

    @property
    def versions(self) -> set[int]:
        """The versions of the texts that the page showed."""
        return {int(part) for part in (self.terms.data or "").split(",") if part.isdecimal()}


class AccountForm(Form):
    """What people change about themselves."""

    name = StringField(_l("Name"), [DataRequired(_l("Please give a name.")), Length(max=LONGEST_NAME)])
    title = StringField(_l("Job title"), [Optional(), Length(max=LONGEST_NAME)])
    time_zone = SelectField(_l("Time zone"), choices=_zones)


class NominationForm(Form):
    """A customer who would be a good advocate."""

    name = StringField(_l("Their name"), [DataRequired(_l("Please give a name.")), Length(max=LONGEST_NAME)])
    email = EmailField(
        _l("Their e-mail"), [DataRequired(_l("Please type their e-mail address.")), Length(max=LONGEST_ADDRESS)]
    )
    title = StringField(_l("Their job title"), [Optional(), Length(max=LONGEST_NAME)])
    company_name = StringField(_l("Their company"), [Optional(), Length(max=LONGEST_NAME)])
    reason = TextAreaField(
        _l("Why them?"),
        [DataRequired(_l("Please say in a sentence why they would be a good advocate.")), Length(max=1000)],
        description=_l("What they did or said. The program team reads this, the customer does not."),
    )


class DecisionForm(Form):
    """A manager's decision about a nomination."""

    decision = RadioField(choices=_DECISIONS)
    note = TextAreaField(_l("Note"), [Optional(), Length(max=1000)], description=_l("For who nominated."))


class PersonForm(Form):
    """Somebody new."""

    name = StringField(_l("Name"), [DataRequired(_l("Please give a name.")), Length(max=LONGEST_NAME)])
    email = EmailField(_l("E-mail"), [Optional(), Length(max=LONGEST_ADDRESS)])
    title = StringField(_l("Job title"), [Optional(), Length(max=LONGEST_NAME)])
    company_name = StringField(_l("Company"), [Optional(), Length(max=LONGEST_NAME)])


class EmailForm(Form):
    """One more address of a person."""

    email = EmailField(
        _l("One more address"),
        [DataRequired(_l("Please type an e-mail address.")), Length(max=LONGEST_ADDRESS)],
    )


class RoleForm(Form):
    """A role to give, to take or to invite to."""

    role = SelectField(_l("Role"), choices=_roles)


class InviteForm(Form):
    """An invitation: to which role, to which address."""

    role = SelectField(_l("As"), choices=_roles, id="invite-role")
    email = EmailField(
        _l("To the address"),
        [DataRequired(_l("Please type an e-mail address.")), Length(max=LONGEST_ADDRESS)],
        id="invite-email",
    )

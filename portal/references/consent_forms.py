"""The forms of consent and profile; the rules are in the verbs."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.consent.scopes import SCOPES, scopes_of
from portal.references.models.pool import LONGEST_ABOUT, LONGEST_HEADLINE
from portal.references.profile import Wanted
from portal.web.forms import Form
from portal.web.sanity import allow_repeated

allow_repeated("scopes")


class Checks(SelectMultipleField):  # type: ignore[misc]
    """Several check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AgreeForm(Form):
    """Agree to one activity, per audience: what can be ticked is what the wording above it is about."""

    scopes = Checks(_l("Who may ask me"))
    company_name_ok = BooleanField(_l("My company's name may be seen before I accept"))

    def offer(self, activity: str) -> AgreeForm:
        """The same form for the scopes of one activity."""
        self.scopes.choices = [SelectChoice(scope.key, scope.label) for scope in scopes_of(activity)]
        return self


class WithdrawForm(Form):
    """Withdraw; without scopes: everything."""

    scopes = Checks(choices=[SelectChoice(scope.key, scope.label) for scope in SCOPES.values()])


class ProfileForm(Form):
    """What sales sees before an ask is accepted."""

    headline = StringField(
        _l("Headline"),
        description=_l("One line on what you could talk about, like “How we moved nine depots without a stop”."),
        validators=[Length(max=LONGEST_HEADLINE)],
        render_kw={"maxlength": LONGEST_HEADLINE},
    )
    about = TextAreaField(
        _l("What a peer could learn from you"),
        validators=[Length(max=LONGEST_ABOUT)],
        render_kw={"rows": 5, "maxlength": LONGEST_ABOUT},
    )
    products = Checks(_l("Products I use"))
    topics = StringField(_l("Topics"), description=_l("Separated by commas, like “Migration, Security review”."))
    languages = StringField(_l("Languages I speak"), description=_l("Separated by commas, like “English, German”."))
    company_name_shown = BooleanField(_l("My company's name may be seen before I accept"))

    def offer(self, products: Iterable[str]) -> ProfileForm:
        """The same form with the products there are to choose from."""
        self.products.choices = [SelectChoice(name, name) for name in products]
        return self

    def show(self, stored: Wanted) -> ProfileForm:
        """The same form, filled with a profile."""
        self.headline.data, self.about.data = stored.headline, stored.about
        self.products.data = list(stored.products)
        self.topics.data, self.languages.data = ", ".join(stored.topics), ", ".join(stored.languages)
        self.company_name_shown.data = stored.company_name_shown
        return self

    def wanted(self) -> Wanted:
        """What was typed, as a profile."""
        return Wanted(
            self.headline.data or "",
            self.about.data or "",
            tuple(self.products.data or ()),
            _listed(self.topics.data),
            _listed(self.languages.data),
            bool(self.company_name_shown.data),
        )


def _listed(typed: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (typed or "").split(",") if part.strip())


def sentence_of_scope(key: str | None) -> str:
    """What a scope is called, also one that this version no longer knows."""
    return str(SCOPES[key].label) if key in SCOPES else _("References")

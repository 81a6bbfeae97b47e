"""The forms of rewards: redeeming, the desk's note, the catalogue's editor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.rewards.catalogue import ART, Rules
from portal.rewards.fulfilment import WAYS
from portal.rewards.models import (
    LARGEST_LIMIT,
    LARGEST_PRICE,
    LARGEST_STOCK,
    LONGEST_DELIVERY,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_DAYS,
    USUAL_DAYS,
)
from portal.rewards.queries.offers import Offer
from portal.rewards.states import Way
from portal.web.forms import Form

_STALE: Final = _l("This page is out of date. Look at the reward again, then redeem it.")
_NEEDED: Final = _l("This is needed.")
_NUMBER: Final = _l("Write a whole number, such as 500.")


class RedeemForm(Form):
    """Agree to a price; the key makes a second click the first."""

    request_key = HiddenField(validators=[InputRequired(_STALE)])
    price = HiddenField(validators=[InputRequired(_STALE)])

    @classmethod
    def showing(cls, offer: Offer) -> RedeemForm:
        """A form for one showing of a reward."""
        return cls(formdata=None, data={"request_key": str(uuid4()), "price": str(offer.price)})

    def validate_request_key(self, field: HiddenField) -> None:
        """It is a UUID that we gave."""
        try:
            UUID(field.data)
        except ValueError as error:
            raise ValidationError(_STALE) from error

    def validate_price(self, field: HiddenField) -> None:
        """It is a number that we gave."""
        if not (field.data.isascii() and field.data.isdigit() and len(field.data) <= 10):
            raise ValidationError(_STALE)


class NoteForm(Form):
    """What the person reads about their redemption."""

    note = TextAreaField(_l("Note to the advocate"), validators=[Length(max=LONGEST_NOTE)], render_kw={"rows": 3})


class CodesForm(Form):
    """A list of codes, pasted or in a file."""

    codes = TextAreaField(
        _l("Codes"),
        render_kw={"rows": 6, "spellcheck": "false", "autocomplete": "off"},
        validators=[Length(max=60_000)],
    )
    file = FileField(_l("Or a file"), render_kw={"accept": ".txt,.csv,text/plain"})

    @property
    def listed(self) -> str | None:
        """All lines, those that were pasted first; None where the file holds no text."""
        sent = self.file.data
        try:
            uploaded = sent.read().decode("utf-8-sig") if isinstance(sent, FileStorage) else ""
        except UnicodeDecodeError:
            return None
        return "\n".join([*(self.codes.data or "").splitlines(), *uploaded.splitlines()])


class RewardForm(Form):
    """The catalogue's editor; an empty stock means no end."""

    name = StringField(_l("Name"), validators=[InputRequired(_NEEDED), Length(max=LONGEST_NAME)])
    description = TextAreaField(
        _l("What it is"), validators=[InputRequired(_NEEDED), Length(max=LONGEST_DESCRIPTION)], render_kw={"rows": 3}
    )
    art = SelectField(_l("Picture"), choices=[SelectChoice(key, label) for key, label in ART.items()])
    price = IntegerField(
        _l("Price in points"),
        validators=[InputRequired(_NUMBER), NumberRange(1, LARGEST_PRICE)],
        render_kw={"inputmode": "numeric"},
    )
    stock = IntegerField(
        _l("How many are left"),
        validators=[Optional(), NumberRange(0, LARGEST_STOCK)],
        render_kw={"inputmode": "numeric"},
    )
    delivery = StringField(
        _l("How it reaches the advocate"), validators=[InputRequired(_NEEDED), Length(max=LONGEST_DELIVERY)]
    )
    per_person = IntegerField(
        _l("Times for one person, in all"),
        validators=[Optional(), NumberRange(1, LARGEST_LIMIT)],
        render_kw={"inputmode": "numeric"},
    )
    per_year = IntegerField(
        _l("Times for one person, in a year"),
        validators=[Optional(), NumberRange(1, LARGEST_LIMIT)],
        render_kw={"inputmode": "numeric"},
    )
    level = SelectField(_l("From which level"), default="", choices=[])
    seen_stock = HiddenField(validators=[Optional()])

    def validate_seen_stock(self, field: HiddenField) -> None:
        """It is a number that we gave, or nothing."""
        if not (field.data.isascii() and field.data.isdigit() and len(field.data) <= 10):
            raise ValidationError(_STALE)

    fulfilment = SelectField(
        _l("How it is delivered"),
        default=Way.MANUAL,
        choices=[SelectChoice(way.key, way.label) for way in WAYS.values()],
    )
    days = IntegerField(
        _l("Within how many days it arrives"),
        validators=[Optional(), NumberRange(1, MOST_DAYS)],
        render_kw={"inputmode": "numeric"},
        default=USUAL_DAYS,
    )
    approval = BooleanField(_l("Approve each before it is sent"))

    def offer(self, levels: Sequence[tuple[UUID, str]]) -> RewardForm:
        """The same form, with the levels that can be chosen."""
        self.level.choices = [
            SelectChoice("", _l("Everybody")),
            *(SelectChoice(str(key), _l("%(level)s and above", level=name)) for key, name in levels),
        ]
        return self

    @property
    def rules(self) -> Rules:
        """The rules as the verbs of the catalogue take them."""
        level = UUID(self.level.data) if self.level.data else None
        return Rules(
            per_person=self.per_person.data,
            per_year=self.per_year.data,
            level=level,
            approval=self.approval.data,
            days=self.days.data or USUAL_DAYS,
        )

    @property
    def words(self) -> dict[str, Any]:
        """The fields as the verbs of the catalogue take them."""
        return {name: self[name].data for name in ("name", "description", "art", "price", "stock", "delivery")}

    @property
    def looked_at(self) -> int | None:
        """The stock that was left when the form was shown."""
        return int(self.seen_stock.data) if self.seen_stock.data else None

"""A story in the advocate's own words, with a sentence that may be quoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from portal.challenges.stages.kind import Proof, StageKind, plain_text, stage_kind
from portal.challenges.states import Verification
from portal.database.refusal import Invalid
from portal.web.forms import Form

SHORTEST: Final = 40
LONGEST: Final = 4000
LONGEST_QUOTE: Final = 300

_LENGTH = _l("Write at least %(least)s and at most %(most)s characters.", least=SHORTEST, most=LONGEST)
_QUOTE = _l("A quote has at most %(most)s characters.", most=LONGEST_QUOTE)


def _one_line_end(text: str | None) -> str | None:
    return text.replace("\r\n", "\n").strip() if text else text


class StoryTold(Form):
    """The story and, if they like, one sentence of it."""

    buttons = frozenset({"save"})
    text = TextAreaField(
        _l("In your own words"),
        filters=[_one_line_end],
        validators=[DataRequired(_LENGTH), Length(SHORTEST, LONGEST, _LENGTH)],
        render_kw={"maxlength": LONGEST, "rows": 8},
    )
    quote = StringField(
        _l("One sentence we may quote"),
        validators=[Optional(), Length(max=LONGEST_QUOTE, message=_QUOTE)],
        render_kw={"maxlength": LONGEST_QUOTE},
    )


@stage_kind
class Story(StageKind):
    """Text of 40 to 4,000 characters and a quote of up to 300, verified by a manager."""

    key = "story"
    label = _l("Story")
    text = _l("A text in the advocate's own words, with a sentence to quote. You check it before it pays.")
    icon = "message-square-quote"
    action = _l("Hand in this step")
    verification = Verification.MANAGER
    Response = StoryTold

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Text and quote; refuses a text that is too short or too long, and a quote that is too long."""
        text, quote = plain_text(given.get("text")), plain_text(given.get("quote"))
        if not SHORTEST <= len(text) <= LONGEST:
            raise Invalid(_LENGTH, field="text")
        if len(quote) > LONGEST_QUOTE:
            raise Invalid(_QUOTE, field="quote")
        return {"text": text, "quote": quote}

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """What there is so far, refused only where it is too long to be kept."""
        text, quote = plain_text(given.get("text")), plain_text(given.get("quote"))
        if len(text) > LONGEST:
            raise Invalid(_LENGTH, field="text")
        if len(quote) > LONGEST_QUOTE:
            raise Invalid(_QUOTE, field="quote")
        return {"text": text, "quote": quote}

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """The text, then the sentence to quote."""
        pieces = [Proof(_("Story"), str(response.get("text", "")))]
        if response.get("quote"):
            pieces.append(Proof(_("May be quoted"), str(response["quote"]), quoted=True))
        return pieces

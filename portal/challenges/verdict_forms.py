"""The forms of the review queue: what a manager decides and says with it, and what they want to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SearchField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, InputRequired, Optional

from portal.challenges.fields import Checks, at_most
from portal.challenges.models import LONGEST_COMMENT, LONGEST_TITLE
from portal.challenges.queries.comments import Offered
from portal.challenges.queries.items import Item
from portal.challenges.queries.queue import Counted
from portal.challenges.queries.wanted import LONGEST_WORDS, Age, Wanted
from portal.challenges.stages import kinds
from portal.challenges.states import Decision
from portal.web.forms import Form

_NEEDED: Final = _l("This is needed.")


class CommentForm(Form):
    """A comment, typed or taken from a template."""

    template = SelectField(_l("Template"), default="", validators=[Optional()])
    comment: TextAreaField

    def offer(self, decision: Decision, templates: Sequence[Offered]) -> None:
        """The templates for a decision; the browser keeps those of one page apart by its name."""
        fitting = [each for each in templates if each.decision in (None, decision)]
        self.words = {str(each.public_id): each.words for each in fitting}
        self.template.id = f"{decision.value}-template"
        self.template.choices = [
            SelectChoice("", _l("Choose a template")),
            *(SelectChoice(str(each.public_id), each.title) for each in fitting),
        ]

    @property
    def said(self) -> str:
        """What goes along: what was typed, or the template where nothing was."""
        return self.comment.data or self.words.get(self.template.data or "", "")

    def insert(self) -> None:
        """Put the chosen template's words behind what was typed."""
        chosen = self.words.get(self.template.data or "", "")
        self.comment.data = "\n\n".join(part for part in ((self.comment.data or "").strip(), chosen) if part)
        self.template.data = ""


class ApproveForm(CommentForm):
    """Accept the work, with a note if one likes."""

    decision = HiddenField(default=Decision.APPROVE.value, id="approve-decision", validators=[AnyOf(["approve"])])
    comment = TextAreaField(
        _l("Note"), id="approve-comment", validators=at_most(LONGEST_COMMENT), render_kw={"rows": 1}
    )


class RedoForm(CommentForm):
    """Which steps should change, and why."""

    decision = HiddenField(default=Decision.REDO.value, id="redo-decision", validators=[AnyOf(["redo"])])
    stages = Checks(_l("Which steps should change?"), coerce=int, validators=[DataRequired(_l("Choose the steps."))])
    comment = TextAreaField(
        _l("What should change?"), id="redo-comment", validators=at_most(LONGEST_COMMENT), render_kw={"rows": 4}
    )


class RejectForm(CommentForm):
    """Why it is not accepted."""

    decision = HiddenField(default=Decision.REJECT.value, id="reject-decision", validators=[AnyOf(["reject"])])
    reason = RadioField(_l("Why?"), validators=[InputRequired(_l("Choose a reason."))])
    comment = TextAreaField(_l("Note"), id="reject-comment", validators=at_most(LONGEST_COMMENT), render_kw={"rows": 3})


DECISIONS: Final[dict[str, type[CommentForm]]] = {
    Decision.APPROVE: ApproveForm,
    Decision.REDO: RedoForm,
    Decision.REJECT: RejectForm,
}


def decision_form(decision: Decision, item: Item, templates: Sequence[Offered]) -> CommentForm:
    """The form of one decision on an item of the queue: as it was sent, if this request sends it, else empty."""
    sent = request.form.get("decision") == decision
    form = DECISIONS[decision]() if sent else DECISIONS[decision](formdata=None)
    form.offer(decision, templates)
    if isinstance(form, RedoForm):
        form.stages.choices = [SelectChoice(str(piece.stage_id), piece.title) for piece in item.to_decide]
        if len(item.to_decide) == 1 and not sent:
            form.stages.data = [item.to_decide[0].stage_id]
    if isinstance(form, RejectForm):
        form.reason.choices = [SelectChoice(reason.value, reason.label) for reason in item.reasons]
    return form


class NarrowForm(Form):
    """What of the queue one wants to see; sent by GET, and what makes no sense is left out."""

    class Meta(Form.Meta):
        """It changes nothing, so it needs no token."""

        csrf = False

    challenge = SelectField(_l("Challenge"), default="")
    kind = SelectField(_l("Kind of step"), default="")
    age = SelectField(_l("Waiting"), default="")
    q = SearchField(_l("Person or company"), default="", render_kw={"maxlength": LONGEST_WORDS})
    mine = BooleanField(_l("Only mine: what I offered, or asked changes of"))

    @classmethod
    def showing(cls, wanted: Wanted, challenges: Sequence[Counted]) -> NarrowForm:
        """The form as it was used."""
        form = cls(formdata=None, data={**wanted.arguments, "mine": wanted.mine})
        offered: dict[str, Any] = {str(each.public_id): f"{each.title} ({each.count})" for each in challenges}
        if wanted.challenge:
            offered.setdefault(str(wanted.challenge), _l("The one chosen now (0)"))
        form.challenge.choices = _any(_l("All challenges"), [*offered.items()])
        form.kind.choices = _any(_l("All kinds"), [(kind.key, kind.label) for kind in kinds()])
        form.age.choices = _any(_l("However long"), [(age, age.label) for age in Age])
        return form


def _any(label: Any, choices: Sequence[tuple[Any, Any]]) -> list[Any]:
    return [SelectChoice("", label), *(SelectChoice(str(value), word) for value, word in choices)]


class TemplateForm(Form):
    """A comment template."""

    title = StringField(
        _l("Title"),
        validators=at_most(LONGEST_TITLE, DataRequired(_NEEDED)),
        render_kw={"maxlength": LONGEST_TITLE},
        description=_l("By which you find it; advocates never see it."),
    )
    decision = RadioField(
        _l("Offered when you"),
        default="",
        choices=_any(
            _l("decide, whatever it is"),
            [
                (Decision.APPROVE, _l("approve")),
                (Decision.REDO, _l("ask for changes")),
                (Decision.REJECT, _l("reject")),
            ],
        ),
        validators=[Optional()],
    )
    words = TextAreaField(
        _l("What they read"), validators=at_most(LONGEST_COMMENT, DataRequired(_NEEDED)), render_kw={"rows": 5}
    )

    @property
    def chosen(self) -> Decision | None:
        """The decision it is offered with, None: with each."""
        return Decision(self.decision.data) if self.decision.data else None

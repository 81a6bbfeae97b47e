"""What all forms share: only the fields they name, trimmed text, and a way to show them again with what was typed."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from flask import Response, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from wtforms import Field

from portal.database import db
from portal.database.refusal import Refusal, TooManyTries
from portal.web import hx
from portal.web.logs import note_refusal

csrf = CSRFProtect()
_ALWAYS: Final = frozenset({"csrf_token"})


class Form(FlaskForm):  # type: ignore[misc]
    """A form that refuses unknown fields and trims what was typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Trims text on its way in."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Add the trimming filter to every text field."""
            filters = unbound_field.kwargs.get("filters", [])
            if "Area" in unbound_field.field_class.__name__ or unbound_field.field_class.__name__ in _TEXTS:
                filters = [*filters, _trimmed]
            return unbound_field.bind(form=form, filters=filters, **options)

    buttons: ClassVar[frozenset[str]] = frozenset()
    """Names of submit buttons or other controls that are not fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that there are no others."""
        valid = bool(super().validate(extra_validators))
        return self.knows_all() and valid

    def knows_all(self) -> bool:
        """Check only that there are no other fields: for what is kept as it is, to be finished later.

        The edge lets nothing succeed whose fields no form has looked at (`sanity.refuse_unchecked_fields`).
        """
        known = {field.name for field in self} | _ALWAYS | self.buttons
        unknown = [name for name in request.form if name not in known and not self._indexed(name)]
        if unknown:
            self.form_errors.append(_("This form holds a field that is not known here. Reload the page and try again."))
        g.form_valid = not self.errors
        return not unknown

    def _indexed(self, name: str) -> bool:
        return any(name.startswith(f"{field.name}-") for field in self if hasattr(field, "entries"))


_TEXTS: Final = frozenset({"StringField", "EmailField", "URLField", "SearchField", "TelField"})


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def refused(form: FlaskForm, refusal: Refusal) -> None:
    """Put a refusal beside the field it belongs to, or at the head of the form."""
    field: Field | None = form._fields.get(refusal.field)
    if field is None:
        form.form_errors.append(str(refusal))
    else:
        field.errors = [*field.errors, str(refusal)]


def invalid(
    form: FlaskForm, template: str, *, refusal: Refusal | None = None, block: str | None = None, **context: Any
) -> Response:
    """Show a form again with what was typed and what is wrong: 422, or the refusal's own status; nothing is kept."""
    db.session.rollback()
    if refusal is not None:
        note_refusal(refusal)
        refused(form, refusal)
    else:
        g.refused = f"{type(form).__name__}: {', '.join(sorted(name for name in form.errors if name))}"
    status = refusal.status if refusal is not None else 422
    body: str | Markup
    if block and hx.is_partial():
        body = hx.fragment(template, block, form=form, **context)
    else:
        body = render_template(template, form=form, **context)
    response = make_response(body, status)
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response

"""Requests that no browser of ours makes are refused before anything reads them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes

from flask import abort, current_app, g, request
from flask_babel import gettext as _
from htmx_flask.requests import HtmxAwareRequest
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from portal.database.refusal import Invalid

_ROOM_OF_PIECES: Final = 500_000
_BROKEN: Final = re.compile("[\x00\ufffd\ud800-\udfff]")
_MANY: Final = frozenset(
    {"industries", "countries", "products", "stages", "roles", "industry", "country", "size", "product", "audience"}
)
"""Names that a form or an address may repeat: lists of check boxes and filters."""


def allow_repeated(*names: str) -> None:
    """Let these form or query names occur more than once."""
    global _repeatable  # noqa: PLW0603 -- filled while the app is put together
    _repeatable |= frozenset(names)


_repeatable = _MANY


class StrictForms(FormDataParser):
    """Reads forms; refuses large ones of every kind, and bytes that are no UTF-8.

    Werkzeug bounds multipart forms only, and keeps such bytes as percent signs and digits.
    """

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        most = self.max_form_memory_size
        raw = stream.read() if most is None else stream.read(most + 1)
        if most is not None and len(raw) > most:
            raise RequestEntityTooLarge
        if not _is_utf8(raw):
            raise BadRequest
        return super()._parse_urlencoded(io.BytesIO(raw), mimetype, content_length, options)


class PortalRequest(HtmxAwareRequest):  # type: ignore[misc]
    """A request that knows htmx and reads forms strictly."""

    form_data_parser_class = StrictForms

    @property
    def max_content_length(self) -> int | None:
        """The usual bound of a body, or that of a route which takes files (`policy.takes_files`)."""
        usual: int | None = super().max_content_length
        return self._own_bound or usual

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        HtmxAwareRequest.max_content_length.fset(self, value)

    @property
    def max_form_memory_size(self) -> int | None:
        """What the fields of a form may weigh; where files come, room for the pieces in which they are read."""
        usual: int | None = super().max_form_memory_size
        return _ROOM_OF_PIECES if self._own_bound else usual

    @max_form_memory_size.setter
    def max_form_memory_size(self, value: int | None) -> None:
        HtmxAwareRequest.max_form_memory_size.fset(self, value)

    @property
    def _own_bound(self) -> int | None:
        view = current_app.view_functions.get(self.endpoint or "") if current_app else None
        own: int | None = getattr(view, "largest_body", None)
        return own


def _is_utf8(encoded: bytes) -> bool:
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def refuse_unchecked_fields() -> None:
    """Refuse (`Invalid`) success where a form was found wrong, or fields were sent that no form has looked at."""
    if g.get("form_valid") is False or (g.get("form_valid") is None and set(request.form) - {"csrf_token"}):
        raise Invalid(_("This form holds a field that is not known here. Reload the page and try again."))


def refuse_broken_text() -> None:
    """Answer 400 to NUL, lone surrogates, broken UTF-8 and doubled scalar parameters in path, query or form."""
    values: Iterable[tuple[str, list[str]]] = [*request.args.lists(), *request.form.lists()]
    for name, found in values:
        if len(found) > 1 and name.split("-")[0] not in _repeatable:
            abort(400)
        if any(_broken(text) for text in (name, *found)):
            abort(400)
    if _broken(request.path) or not _is_utf8(request.query_string):
        abort(400)


def _broken(text: str) -> bool:
    return _BROKEN.search(text) is not None

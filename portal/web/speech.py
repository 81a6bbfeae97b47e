"""The language of a request, looked up once: flask-babel asks the whole stack of contexts for every single word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import Any, Final

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, request
from flask_babel import Babel, Domain, LazyString, get_locale, get_timezone, timezone
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

_KEPT: Final[ContextVar[SimpleNamespace | None]] = ContextVar("speech", default=None)
"""What flask-babel knows in this request; it changes that itself where a locale is forced for a while."""
_SAID: Final[dict[tuple[int, Locale], str]] = {}


def locale() -> Locale:
    """The locale that is spoken now."""
    kept = _KEPT.get()
    known: Locale | None = getattr(kept, "babel_locale", None)
    return known or get_locale() or Locale("en")


def zone() -> tzinfo:
    """The time zone in which times are shown now."""
    kept = _KEPT.get()
    known: tzinfo | None = getattr(kept, "babel_tzinfo", None)
    return known or get_timezone() or UTC


@contextmanager
def told_in(name: str) -> Iterator[None]:
    """Show times in a zone for a while, UTC where its name means nothing; flask-babel can only force a locale."""
    try:
        zone = timezone(name)  # of the library's own kind: it does not take others
    except KeyError:
        zone = timezone("UTC")
    kept = g.setdefault("_flask_babel", SimpleNamespace())
    before = getattr(kept, "babel_tzinfo", None)
    kept.babel_tzinfo = zone
    try:
        yield
    finally:
        kept.babel_tzinfo = before


def said(words: LazyString) -> str:
    """What words of a module say in the language spoken now; they stand there as long as the process lives."""
    key = (id(words), locale())
    known = _SAID.get(key)
    if known is None:
        known = _SAID[key] = str(words)
    return known


def place() -> str:
    """What every element of a page depends on besides its own words: the language, and where the portal is mounted."""
    kept = _KEPT.get()
    if kept is None:
        return str(locale())
    known: tuple[Locale, str] | None = getattr(kept, "place", None)
    spoken = locale()
    if known is None or known[0] is not spoken:
        known = kept.place = (spoken, f"{spoken} {kept.root}")
    return known[1]


def now() -> datetime | None:
    """The time of this request, once `note_now` was called."""
    return getattr(_KEPT.get(), "now", None)


def note_now(instant: datetime) -> None:
    """Keep the time of this request: a page of fifty lines has one."""
    kept = _KEPT.get()
    if kept is not None:
        kept.now = instant


class Dictionary(Domain):
    """Our translations, each read once a process."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.known: dict[Locale, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        """The translations of the locale that is spoken now."""
        spoken = locale()
        found = self.known.get(spoken)
        if found is None:
            found = self.known[spoken] = super().get_translations()  # type: ignore[no-untyped-call]
        return found


class Speech(Babel):
    """flask-babel with our dictionary."""

    @cached_property
    def domain_instance(self) -> Dictionary:
        """The dictionary."""
        return Dictionary(domain=self.domain)

    def init_app(self, app: Flask, *arguments: Any, **options: Any) -> None:
        """Let templates speak through the dictionary, and note at the start of each request where its locale is."""
        super().init_app(app, *arguments, **options)  # type: ignore[no-untyped-call]
        app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = self._say
        app.before_request(_keep)
        app.teardown_request(_let_go)

    @pass_eval_context
    def _say(self, where: EvalContext, words: str, /, **values: Any) -> str:
        translations = self.domain_instance.get_translations()
        if not where.autoescape:
            return str(translations.ugettext(words)) % values
        return _safe(translations, words) % values if values else _whole(translations, words)


@lru_cache(maxsize=4096)
def _safe(translations: NullTranslations, words: str) -> Markup:
    return Markup(translations.ugettext(words))  # noqa: S704 -- words of our own templates, as Jinja itself does it


@lru_cache(maxsize=4096)
def _whole(translations: NullTranslations, words: str) -> Markup:
    return _safe(translations, words) % {}


def _keep() -> None:
    kept = g.setdefault("_flask_babel", SimpleNamespace())
    kept.root = request.script_root
    _KEPT.set(kept)


def _let_go(_error: BaseException | None) -> None:
    _KEPT.set(None)

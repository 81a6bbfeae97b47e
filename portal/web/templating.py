"""Jinja without what our pages do not need: each page calls a few hundred macros, most of them with the same words.

An element that is made of its arguments alone is drawn once and remembered; a page then costs a third.
"""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any, Final, cast

from flask import Flask
from flask_babel import LazyString
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.utils import _PassArg
from markupsafe import Markup

from portal.web import speech

SAME_FOR_SAME: Final[dict[str, set[str]]] = {
    "avatar.html": {"avatar", "initials"},
    "badge.html": {"badge", "count"},
    "button.html": {"button", "link_button", "classes", "face", "shortcut"},
    "card.html": {"foot_note"},
    "challenge_card.html": {"challenge_card", "state_badge"},
    "chip.html": {"chip"},
    "facet.html": {"facet"},
    "icon.html": {"icon", "icon_tile"},
    "level_ring.html": {"level_ring"},
    "logo.html": {"logo"},
    "menu.html": {"menu_link", "menu_group"},
    "page_head.html": {"page_head"},
    "points.html": {"number", "points"},
    "progress.html": {"progress", "dots"},
    "shell.html": {"side_nav", "tab_bar"},
    "stat.html": {"stat"},
}
"""Macros that show nothing but their arguments: no token, no clock, no data of the request. By the end of the
template's path; those of `components/` by their file."""
_PLAIN: Final[set[type]] = {str, Markup, int, bool, type(None), LazyString}
"""Arguments by which a drawing is known again: values without parts that could change or be escaped differently."""
_MOST: Final = 4096

_drawn: dict[tuple[Any, ...], Any] = {}


def known_by_itself(kind: type) -> None:
    """Let objects of a class stand among the arguments of remembered macros: frozen, and so are their parts."""
    _PLAIN.add(kind)


def same_for_same(template: str, *macros: str) -> None:
    """Let macros of a slice's own template be remembered too."""
    SAME_FOR_SAME.setdefault(template, set()).update(macros)


class LeanContext(Context):
    """Calls macros and functions without asking each of them at length what it wants to be passed."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call from a template."""
        kind = type(called)
        if kind is Macro:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return self._draw(called, args, kwargs)
        if kind is FunctionType or kind is MethodType or kind is BuiltinMethodType:
            wanted = getattr(called, "jinja_pass_arg", None)
            if wanted is None or wanted is _PassArg.eval_context:
                kwargs.pop("_block_vars", None)
                kwargs.pop("_loop_vars", None)
                return called(*args, **kwargs) if wanted is None else called(self.eval_ctx, *args, **kwargs)
        return super().call(called, *args, **kwargs)

    def _draw(self, macro: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a macro makes of its arguments. Types count: a string is escaped, the same as markup is not."""
        remembers = macro.__dict__.get("remembers")
        if remembers is None:
            remembers = macro.remembers = _remembers(macro)
        if not remembers or not self.eval_ctx.autoescape:
            return macro(self.eval_ctx, *args, **kwargs)
        values = (*args, *kwargs.values())
        kinds = tuple(map(type, values))
        if not _PLAIN.issuperset(kinds):
            kinds = tuple(map(_kind, values))
            if None in kinds:
                return macro(self.eval_ctx, *args, **kwargs)
        key = (macro, len(args), *kwargs, *values, kinds, speech.place())
        drawn = _drawn.get(key)
        if drawn is None:
            if len(_drawn) >= _MOST:
                _drawn.clear()
            drawn = _drawn[key] = macro(self.eval_ctx, *args, **kwargs)
        return drawn


def _kind(value: object) -> Any:
    """The type of an argument, of a tuple those of its parts; None where it cannot be known again."""
    kind = type(value)
    if kind is tuple:
        parts = tuple(map(type, cast(tuple[object, ...], value)))
        return parts if _PLAIN.issuperset(parts) else None
    return kind if kind in _PLAIN else None


def _remembers(macro: Macro) -> bool:
    file = macro._func.__code__.co_filename.replace("\\", "/")
    return any(
        macro.name in macros and file.endswith(template if "/" in template else f"/components/{template}")
        for template, macros in SAME_FOR_SAME.items()
    )


class LeanTemplate(Template):
    """A template whose macros are imported once; all templates of ours have the same globals."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return self._module or super()._get_default_module(ctx)


def init_app(app: Flask) -> None:
    """Let the application's templates use these classes."""
    app.jinja_env.context_class = LeanContext
    app.jinja_env.template_class = LeanTemplate

"""The frame around each page: the face, its navigation, what the visitor sees of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from flask import Flask, g, request, url_for
from flask_babel.speaklater import LazyString

from portal.database import db
from portal.database.kept import Kept
from portal.program import current
from portal.web import speech, templating
from portal.web.visitor import Visitor, visitor_if_known, visitor_or_none

Words: TypeAlias = str | LazyString


@dataclass(frozen=True, slots=True)
class Item:
    """A place in the navigation; `fact` names the fact shown as its count, `short` its word on phones."""

    face: str
    group: Words
    label: Words
    endpoint: str
    icon: str
    order: int
    fact: str | None = None
    on_phone: bool = False
    short: Words | None = None
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one page shows it."""

    label: Words
    href: str
    icon: str
    current: bool
    count: int | None


_ITEMS: list[Item] = []
_LINKS: dict[str, str] = {}
_ADDRESSES: dict[tuple[str, str], str] = {}
_DESKS: dict[str, tuple[Words, str, frozenset[str]]] = {}
_FACES: Final = {"admin": "manager", "sales": "sales"}


def add_item(item: Item) -> None:
    """Add a place to a face's navigation."""
    if item not in _ITEMS:
        _ITEMS.append(item)


def add_desk(face: str, label: Words, endpoint: str, roles: frozenset[str]) -> None:
    """Add a face that holders of `roles` may switch to."""
    _DESKS[face] = (label, endpoint, roles)


def add_link(name: str, endpoint: str) -> None:
    """Name a page that the frame itself links to: account, sign_out, sign_in, notifications, points."""
    _LINKS[name] = endpoint


def _frame_links(face: str) -> dict[str, str]:
    links = {name: _address(endpoint) for name, endpoint in _LINKS.items()}
    home = endpoint_of(face)
    return {**links, "home": _address(home) if home else "/"}


def _address(endpoint: str) -> str:
    """The path of a page without parameters; it stays the same as long as the process lives."""
    root = request.script_root
    known = _ADDRESSES.get((root, endpoint))
    if known is None:
        known = _ADDRESSES[root, endpoint] = url_for(endpoint)
    return known


@dataclass(frozen=True, slots=True)
class Group:
    """Places that stand together under a heading."""

    label: Words
    items: list[Link]


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """What the layout needs; the same object for everybody who sees the same."""

    face: str
    program_name: str
    nav: tuple[Group, ...]
    tabs: tuple[Link, ...]
    faces: tuple[Link, ...]
    links: Mapping[str, str]
    theme: str
    locale: str


def _face(visitor: Visitor | None) -> str:
    first = request.path.split("/")[1]
    if first in _FACES:
        return _FACES[first]
    if visitor is None:
        return "none"
    return "advocate" if "advocate" in visitor.roles else home_of(visitor)


def home_of(visitor: Visitor) -> str:
    """The face a visitor comes to: an advocate's own, else their desk."""
    if "advocate" in visitor.roles:
        return "advocate"
    return next(
        (face for face, (_l, _e, roles) in _DESKS.items() if visitor.roles & roles and face != "advocate"), "none"
    )


def endpoint_of(face: str) -> str | None:
    """The first page of a face."""
    return _DESKS[face][1] if face in _DESKS else None


def _seen(face: str, roles: frozenset[str]) -> list[Item]:
    """The places of a face that holders of these roles see, in their order."""
    places = (item for item in _ITEMS if item.face == face and (item.roles is None or item.roles & roles))
    return sorted(places, key=lambda item: item.order)


def _best_match(items: list[Item]) -> Item | None:
    """The item whose address is the longest beginning of this page's."""
    here = request.path
    matches = [
        (len(path), item)
        for item in items
        if (path := _address(item.endpoint)) == here or (path != "/" and here.startswith(f"{path}/"))
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


_shells: dict[tuple[Any, ...], Shell] = {}
_MOST_SHELLS: Final = 1024


def build() -> Shell:
    """The frame of this page; made once for all who see the same of it."""
    visitor = visitor_or_none() if request.endpoint else visitor_if_known()
    face = _face(visitor)
    roles = visitor.roles if visitor else frozenset[str]()
    items = _seen(face, roles) if visitor else []
    counts = tuple(visitor.facts.get(item.fact) if visitor and item.fact else None for item in items)
    here = _best_match(items)
    theme = request.cookies.get("theme", "")
    theme = theme if theme in {"light", "dark"} else "system"
    wanted = (speech.place(), face, roles, here and here.endpoint, counts, theme, program_name(), len(_ITEMS))
    known = _shells.get(wanted)
    if known is None:
        if len(_shells) >= _MOST_SHELLS:
            _shells.clear()
        known = _shells[wanted] = _make(face, roles, list(zip(items, counts, strict=True)), here, theme)
    return known


def _make(
    face: str, roles: frozenset[str], items: list[tuple[Item, int | None]], here: Item | None, theme: str
) -> Shell:
    nav: dict[Words, list[Link]] = {}
    tabs = []
    for item, count in items:
        link = Link(item.label, _address(item.endpoint), item.icon, item is here, count)
        nav.setdefault(item.group, []).append(link)
        if item.on_phone:
            tabs.append(replace(link, label=item.short or item.label))
    desks = [
        Link(label, _address(endpoint), "layout-dashboard", other == face, None)
        for other, (label, endpoint, wanted) in _DESKS.items()
        if wanted & roles
    ]
    return Shell(
        face=face,
        program_name=program_name(),
        nav=tuple(Group(label, links) for label, links in nav.items()),
        tabs=tuple(tabs[:5]),
        faces=tuple(desks) if len(desks) > 1 else (),
        links=_frame_links(face),
        theme=theme,
        locale=str(speech.locale()),
    )


_name: Final = Kept(lambda session: current(session).name)


def program_name() -> str:
    """The program's name, which every page shows."""
    return _name(db.session())


def init_app(app: Flask) -> None:
    """Give the frame to every template."""
    templating.known_by_itself(Shell)

    @app.context_processor
    def frame() -> dict[str, Any]:
        if g.get("no_database"):
            return {"shell": None, "visitor": None}
        return {"shell": build(), "visitor": visitor_if_known()}

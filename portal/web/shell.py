"""The frame around each page: the face, its navigation, what the visitor sees of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from flask import Flask, g, request, url_for
from flask_babel import get_locale
from flask_babel.speaklater import LazyString

from portal.database import db
from portal.program import current
from portal.web.visitor import Visitor, visitor_if_known, visitor_or_none

Words: TypeAlias = str | LazyString


@dataclass(frozen=True, slots=True)
class Item:
    """A place in the navigation; `fact` names the visitor's fact that is shown as its count."""

    face: str
    group: Words
    label: Words
    endpoint: str
    icon: str
    order: int
    fact: str | None = None
    on_phone: bool = False
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
    links = {name: url_for(endpoint) for name, endpoint in _LINKS.items()}
    home = endpoint_of(face)
    return {**links, "home": url_for(home) if home else "/"}


@dataclass(frozen=True, slots=True)
class Group:
    """Places that stand together under a heading."""

    label: Words
    items: list[Link]


@dataclass(frozen=True, slots=True)
class Shell:
    """What the layout needs."""

    face: str
    program_name: str
    nav: list[Group]
    tabs: list[Link]
    faces: list[Link]
    links: dict[str, str]
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


def _links(face: str, visitor: Visitor) -> list[tuple[Item, Link]]:
    found = [item for item in _ITEMS if item.face == face and (item.roles is None or item.roles & visitor.roles)]
    here = _best_match(found)
    return [
        (
            item,
            Link(
                item.label,
                url_for(item.endpoint),
                item.icon,
                item is here,
                visitor.facts.get(item.fact) if item.fact else None,
            ),
        )
        for item in sorted(found, key=lambda item: item.order)
    ]


def _best_match(items: list[Item]) -> Item | None:
    """The item whose address is the longest beginning of this page's."""
    matches = [
        (len(path), item)
        for item in items
        if (path := url_for(item.endpoint)) == request.path or (path != "/" and request.path.startswith(f"{path}/"))
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


def build() -> Shell:
    """The frame of this page."""
    visitor = visitor_or_none() if request.endpoint else visitor_if_known()
    face = _face(visitor)
    nav: dict[Words, list[Link]] = {}
    tabs = []
    for item, link in _links(face, visitor) if visitor else []:
        nav.setdefault(item.group, []).append(link)
        if item.on_phone:
            tabs.append(link)
    desks = [
        Link(label, url_for(endpoint), "layout-dashboard", other == face, None)
        for other, (label, endpoint, roles) in _DESKS.items()
        if visitor and visitor.roles & roles
    ]
    theme = request.cookies.get("theme", "")
    return Shell(
        face=face,
        program_name=program_name(),
        nav=[Group(label, items) for label, items in nav.items()],
        tabs=tabs[:5],
        faces=desks if len(desks) > 1 else [],
        links=_frame_links(face),
        theme=theme if theme in {"light", "dark"} else "system",
        locale=str(get_locale() or "en"),
    )


_KEPT_SECONDS: Final = 5.0
_kept: dict[str, tuple[float, str]] = {}


def program_name() -> str:
    """The program's name; kept a few seconds per process, since every page shows it and all see it alike."""
    began: float = g.get("began", 0.0)
    until, name = _kept.get("name", (0.0, ""))
    if until < began or not name:
        name = current(db.session()).name
        _kept["name"] = (began + _KEPT_SECONDS, name)
    return name


def init_app(app: Flask) -> None:
    """Give the frame to every template."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        if g.get("no_database"):
            return {"shell": None, "visitor": None}
        return {"shell": build(), "visitor": visitor_if_known()}

"""Every page that links lead to: that it holds at a width, reads well by a screen reader, and a picture of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.window import Window

PICTURES: Final = Path(__file__).parents[2] / "artifacts" / "browser"
_KEY: Final = re.compile(r"/[0-9A-Za-z_-]{20,}")
_QUERY: Final = re.compile(r"=[^&]*")
_MOST: Final = 120
"""Pages of one crawl: far above what there is, so that a loop of links ends in a failure."""
_ANSWERS: Final = re.compile(r"\.json$|\.csv$")


_RUN: Final = """
async () => (await axe.run({resultTypes: ["violations"]})).violations.map(({id, impact, nodes}) =>
  ({id, impact, where: nodes.slice(0, 3).map(({target, failureSummary}) => `${target}: ${failureSummary}`)}))
"""


def shape(address: str) -> str:
    """What two pages of the same kind have in common: their address without keys and values."""
    path, _mark, query = address.partition("?")
    return _KEY.sub("/…", path) + ("?" + _QUERY.sub("", query) if query else "")


def pages(window: Window, *starts: str) -> Iterator[str]:
    """Open one page of each kind that links lead to from `starts`; the shape of each."""
    todo, seen = list(starts), set()
    while todo:
        path = todo.pop(0)
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        assert len(seen) < _MOST, sorted(seen)
        answer = window.page.goto(path)
        assert answer is not None
        assert answer.status < 400 or answer.status in window.forgiven, f"{path}: {answer.status}"
        yield shape(path)
        todo += _links(window)


def _links(window: Window) -> list[str]:
    found: list[str] = window.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    own = [
        link.removeprefix(window.served.url).partition("#")[0] for link in found if link.startswith(window.served.url)
    ]
    return [link for link in own if link and not _ANSWERS.search(link)]


def faults(window: Window) -> list[str]:
    """What a look at the page finds: it scrolls sideways, or has no heading or title of its own."""
    found = []
    wide = window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"{window.page.url} is {wide} pixels too wide")
    headings = window.page.locator("h1").count()
    if headings != 1:
        found.append(f"{window.page.url} has {headings} headings of the first rank")
    if len(window.page.title()) < 4:
        found.append(f"{window.page.url} has no title")
    return found


def barriers(window: Window) -> list[str]:
    """What axe calls serious or critical."""
    window.page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = window.page.evaluate(_RUN)
    return [
        f"{window.page.url}: {each['id']}: {each['where']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def take_picture(window: Window, folder: str, name: str) -> None:
    """Keep a picture of the page, if pictures are wanted (PORTAL_PICTURES=1, and always on CI)."""
    if os.environ.get("PORTAL_PICTURES") or os.environ.get("CI"):
        file = re.sub(r"\W+", "-", name.replace("…", "one")).strip("-") or "home"
        window.picture(PICTURES / folder / f"{file}.png")

"""Rules of our templates, style sheets and browser files that no linter knows. Run by bin/check; no database needed."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from portal.web.assets import slim

ROOT = Path(__file__).resolve().parent.parent
FACES = ("portal", "admin")
TEMPLATES = (ROOT / "portal" / "templates", ROOT / "admin" / "templates")
STATIC = ROOT / "portal" / "static"
CSS_BUDGET = 12 * 1024
JS_BUDGET = 8 * 1024
MADE_UP = {"tone"}
"""Beginnings of classes that a template puts together, like `tone-2`."""

FORBIDDEN = {
    r"\sstyle\s*=": "inline style; the policy of the page forbids it (a class does it)",
    r"\son[a-z]+\s*=\s*[\"']": "inline handler; put a data-* attribute and let app.js do it",
    r"<script(?![^>]*\ssrc=)": "inline script",
    r"<style\b": "inline style sheet",
    r"\|\s*safe\b": "|safe switches escaping off",
    r"\bhx-on[:-]": "hx-on needs eval",
    r"[\"']js:": "js: values need eval",
    r"hx-trigger=\"[^\"]*\[": "filters of hx-trigger need eval",
    r"href=\"javascript:": "script in an address",
}
ICON_CALL = re.compile(r"\b(?:icon|draw|icon_tile)\(\s*\"([a-z0-9-]+)\"|\b(?:icon|end_icon)=\"([a-z0-9-]+)\"")


def templates() -> Iterator[Path]:
    """Every template of a page; mails have rules of their own, since mail readers know no style sheets."""
    for folder in TEMPLATES:
        yield from sorted(path for path in folder.rglob("*.html") if "mail" not in path.relative_to(folder).parts)


def forbidden() -> Iterator[str]:
    """What the content security policy or the escaping forbids."""
    for path in templates():
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        for pattern, why in FORBIDDEN.items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}: {why}"


def unknown_icons() -> Iterator[str]:
    """Icons that templates name and the sprite does not have."""
    known = set((ROOT / "portal/web/icons.txt").read_text().split())
    for path in templates():
        for match in ICON_CALL.finditer(path.read_text()):
            name = match[1] or match[2]
            if name not in known:
                yield f"{path.relative_to(ROOT)}: icon {name!r} is not in portal/web/icons.txt"


def source() -> str:
    """All that could name an icon or a class."""
    files = chain.from_iterable((ROOT / face).rglob(f"*.{kind}") for face in FACES for kind in ("py", "html", "js"))
    return "\n".join(path.read_text() for path in files if "vendor" not in path.parts)


def unused_icons() -> Iterator[str]:
    """Icons that every visitor would fetch and nobody sees."""
    named = set(re.findall(r"[\"'#]([a-z0-9-]+)[\"']", source()))
    for name in (ROOT / "portal/web/icons.txt").read_text().split():
        if name not in named:
            yield f"portal/web/icons.txt: nothing shows {name!r}"


def unused_classes() -> Iterator[str]:
    """Classes that style sheets dress and nothing wears."""
    named = set(re.findall(r"[\w-]+", source()))
    for path in sorted((STATIC / "css").rglob("*.css")):
        selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", path.read_text(), flags=re.DOTALL)
        for name in sorted(set(re.findall(r"\.([a-z][\w-]*)", selectors)) - named):
            if name.rpartition("-")[0] not in MADE_UP:
                yield f"{path.relative_to(ROOT)}: nothing has the class {name!r}"


def unused_imports() -> Iterator[str]:
    """Macros that a template imports and does not call."""
    for path in templates():
        text = path.read_text()
        for names in re.findall(r"\{%-?\s*from\s+\"[^\"]+\"\s+import\s+([^%]*?)(?:\s+with context)?\s*-?%\}", text):
            for name in (each.split(" as ")[-1].strip() for each in names.split(",")):
                if len(re.findall(rf"\b{name}\b", text)) < 2:
                    yield f"{path.relative_to(ROOT)}: imports {name!r} and does not use it"


def undescribed_components() -> Iterator[str]:
    """Components whose first line does not say what they are."""
    for path in sorted((ROOT / "portal/templates/components").glob("*.html")):
        if not path.read_text().startswith("{# "):
            yield f"{path.relative_to(ROOT)}: begin with a comment that gives the signature and the meaning"


def style_sheets() -> Iterator[str]:
    """Every style sheet stands in order.txt, once, and all together keep the budget."""
    css = STATIC / "css"
    lines = (css / "order.txt").read_text().splitlines()
    order = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    present = {str(path.relative_to(css)) for path in css.rglob("*.css")}
    for name in sorted(set(order) ^ present):
        yield f"portal/static/css/{name}: {'is not in order.txt' if name in present else 'is missing'}"
    size = len(gzip.compress(slim(b"\n".join((css / name).read_bytes() for name in order if name in present)), 9))
    if size > CSS_BUDGET:
        yield f"portal/static/css: {size} bytes compressed, the budget is {CSS_BUDGET}"
    script = (STATIC / "js/app.js").stat().st_size
    if script > JS_BUDGET:
        yield f"portal/static/js/app.js: {script} bytes, the budget is {JS_BUDGET}"


def lock() -> Iterator[str]:
    """The lock of the browser files names a hash for each package and no registry."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if name and not package.get("integrity", "").startswith("sha512-"):
            yield f"package-lock.json: {name} has no hash"
        if "resolved" in package:
            yield f"package-lock.json: {name} names a registry (npm reads .npmrc of this folder)"


def problems() -> list[str]:
    """All of them."""
    found = (forbidden(), unknown_icons(), unused_icons(), unused_classes(), unused_imports())
    return list(chain(*found, undescribed_components(), style_sheets(), lock()))


if __name__ == "__main__":
    found = problems()
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    sys.exit(1 if found else 0)

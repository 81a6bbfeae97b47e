"""Every form of every page that a role can reach by following links."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from portal.web.app import Portal
from tests.authorisation.stand import Stand

_NEVER: Final = ("/static", "/style.css", "/demo", "/healthz", "/readyz")
_BUTTONS: Final = frozenset({"submit", "button", "image", "reset"})


@dataclass
class Control:
    """A field of a form: its kind, what it holds, and what it offers to choose."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether a person types into it and can read it again."""
        return self.kind in {"text", "textarea", "email", "search"}


@dataclass
class FoundForm:
    """A form as a page holds it."""

    page: str
    action: str
    method: str
    persona: str
    controls: dict[str, Control] = field(default_factory=dict)

    def filled(self) -> dict[str, str]:
        """What a browser would send without a touch, and the first choice where one is needed."""
        found = {}
        for control in self.controls.values():
            if control.name == "csrf_token":
                continue
            if control.kind == "checkbox" and not control.value:
                continue
            found[control.name] = control.value or (control.options[0] if control.options else "")
        return found


class _Reader(HTMLParser):
    def __init__(self, page: str, persona: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.persona = page, persona
        self.links: list[str] = []
        self.forms: list[FoundForm] = []
        self.open: FoundForm | None = None
        self.text: Control | None = None
        self.select: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self.page, given["href"]))
        elif tag == "form":
            action = urljoin(self.page, given.get("action") or self.page)
            self.open = FoundForm(self.page, action, given.get("method", "get").upper(), self.persona)
            self.forms.append(self.open)
        elif self.open is not None:
            self._control(self.open, tag, given)

    def _control(self, form: FoundForm, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "option" and self.select is not None:
            self.select.options.append(given.get("value", ""))
            if "selected" in given:
                self.select.value = given.get("value", "")
        if not name:
            return
        if tag == "textarea":
            self.text = form.controls[name] = Control(name, "textarea")
        elif tag == "select":
            self.select = form.controls[name] = Control(name, "select")
        elif tag == "button":
            form.controls.setdefault(name, Control(name, "hidden", given.get("value", "")))
        elif tag == "input" and kind not in _BUTTONS:
            self._input(form, name, kind, given)

    def _input(self, form: FoundForm, name: str, kind: str, given: dict[str, str]) -> None:
        known = form.controls.setdefault(name, Control(name, kind))
        if kind not in {"radio", "checkbox"}:
            known.value = given.get("value", "")
            return
        known.options.append(given.get("value", "on"))
        if "checked" in given:
            known.value = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea" and self.text is not None:
            self.text.value = self.text.value.replace("\r\n", "\n").removeprefix("\n")
            self.text = None
        elif tag == "select":
            self.select = None


def read(html: str, page: str, persona: str) -> _Reader:
    """The links and forms of a page."""
    reader = _Reader(page, persona)
    reader.feed(html)
    return reader


def rule_of(app: Portal, path: str, method: str) -> str | None:
    """The rule that an address belongs to."""
    adapter = app.url_map.bind("portal.example.com")
    try:
        rule, _arguments = adapter.match(path, method=method, return_rule=True)
    except Exception:
        return None
    return str(rule.rule)


def starts(stand: Stand) -> tuple[str, ...]:
    """Where to begin: the first pages, those that only a mail leads to, and every thing of the world in its state."""
    things = stand.world.things
    pages = [
        "/",
        "/sign-in",
        "/sign-in/code",
        f"/sign-in/{things['sign-in token']}",
        f"/password/{things['password token']}",
        f"/invitation/{things['path of invited']}",
        f"/references/withdraw/{things['withdrawal token']}",
        f"/unsubscribe/{things['unsubscription token']}",
        f"/admin/challenges/{things['draft of a review']}/steps/1",
        f"/admin/challenges/{things['draft of files']}/steps/1",
        "/references/profile",
        "/sales",
        "/sales/find/searches/new?industry=Logistics",
        "/admin",
        "/admin/people/invitations?show=open",
    ]
    for name, thing in things.items():
        folders = next((found for word, found in _PAGES.items() if word in name), ())
        pages += [f"{folder}/{thing}" for folder in folders]
    return tuple(pages)


_PAGES: Final[dict[str, tuple[str, ...]]] = {
    "reward": ("/rewards", "/admin/rewards"),
    "order of": ("/redemptions", "/admin/redemptions"),
    "request of": ("/sales/requests", "/admin/requests"),
    "ask of": ("/asks",),
    "submission of": ("/admin/approvals",),
    "template": ("/admin/approvals/templates",),
    "exception of": ("/admin/calls/exceptions",),
    "search of": ("/sales/find/searches",),
    "person": ("/admin/people",),
    "offer": ("/challenges", "/admin/challenges"),
    "running": ("/challenges",),
    "leading on": ("/challenges",),
    "dismissed": ("/challenges",),
    "draft": ("/admin/challenges",),
    "import": ("/admin/imports",),
}


def crawl(stand: Stand, persona: str, starts: tuple[str, ...]) -> list[FoundForm]:
    """All forms that change something, one for each route and set of fields, by following links of our own."""
    waiting, seen, forms, known = deque(starts), set[object](), dict[object, FoundForm](), set(starts)
    while waiting:
        url = waiting.popleft()
        parts = urlsplit(url)
        kind = (rule_of(stand.app, parts.path, "GET"), tuple(sorted(_told(parts.query))))
        if (
            (kind in seen and url not in known)
            or kind[0] is None
            or parts.path.startswith(_NEVER)
            or parts.netloc not in {"", _HOST}
        ):
            continue
        seen.add(kind)
        known.discard(url)
        answer = stand.send("GET", parts.path + (f"?{parts.query}" if parts.query else ""), persona)
        if answer.status_code == 303:
            waiting.append(answer.headers["Location"])
            continue
        if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
            continue
        found = read(answer.text, parts.path + (f"?{parts.query}" if parts.query else ""), persona)
        waiting.extend(found.links)
        for form in found.forms:
            if form.method == "POST":
                key = (rule_of(stand.app, urlsplit(form.action).path, "POST"), tuple(sorted(form.controls)))
                forms.setdefault(key, form)
    return list(forms.values())


_HOST: Final = "portal.example.com"


def _told(query: str) -> list[tuple[str, str]]:
    """What of a query makes another page: the words of switches, not ids."""
    return [(name, value if len(value) < 20 else "…") for name, value in parse_qsl(query)]

"""Whatever is sent: a sentence, a 4xx, what was typed kept, nothing changed; and what is accepted is shown as text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.authorisation.crawling import Control, FoundForm, crawl, read, rule_of, starts
from tests.authorisation.forms import fields_of
from tests.authorisation.matrix import MATRIX, Row
from tests.authorisation.stand import Stand, token_for
from tests.authorisation.test_matrix import path_of, things
from tests.authorisation.world import BROWSER
from tests.web.test_csrf import persona_of

pytestmark = pytest.mark.once

CORPUS: Final = {
    "empty": "",
    "too long": "x" * 5000,
    "not a number": "twelve",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>",
    "template": "{{7*7}}canary{% raw %}${7*7}",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "NUL": "a\x00b",
    "override": "abc\u202etxt.exe",
    "2^63": "9223372036854775808",
    "-1": "-1",
    "1e309": "1e309",
    "NaN": "NaN",
    "Arabic digits": "\u0661\u0662",
    "line break": "a\r\nBcc: everybody@evil.example",
    "quote": "'; DROP TABLE person; -- \\",
}
FOREIGN: Final = {"role": "admin", "is_admin": "1", "points": "9999", "balance": "9999", "state": "approved"}
ROLES: Final = ("anonymous", "advocate", "sales", "manager", "admin")
_SENTENCE: Final = re.compile(r'class="(?:lead|field-error|error-list)|role="alert"')


@pytest.fixture(scope="module")
def forms(stand: Stand) -> dict[str, list[FoundForm]]:
    """The forms of each role; those that an earlier role has too are left to it."""
    seen: set[object] = set()
    found: dict[str, list[FoundForm]] = {}
    for persona in ROLES:
        found[persona] = []
        for form in crawl(stand, persona, starts(stand)):
            key = (rule_of(stand.app, urlsplit(form.action).path, "POST"), tuple(sorted(form.controls)))
            if key[0] is not None and key not in seen:
                seen.add(key)
                found[persona].append(form)
    return found


@pytest.fixture(autouse=True)
def _as_it_was(stand: Stand) -> Iterator[None]:
    yield
    breaches = stand.breaches()
    stand.restore()
    assert breaches == []


def post(stand: Stand, form: FoundForm, fields: dict[str, str], **more: Any) -> TestResponse:
    """Send a form as its persona."""
    cookies = f"__Host-asked={BROWSER}"
    return stand.send("POST", form.action, form.persona, data=fields, cookies=cookies, **more)


def raw(stand: Stand, form: FoundForm, fields: dict[str, str], extra: str) -> TestResponse:
    """Send a form byte by byte: `extra` is appended as it is."""
    cookie = stand.world.tokens.get(form.persona, "a-cookie-that-stands-for-nobody-".ljust(43, "x"))
    sent = {"csrf_token": token_for(cookie), **fields}
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sent.items()) + extra
    return stand.send(
        "POST",
        form.action,
        form.persona,
        token="",
        data=body,
        content_type="application/x-www-form-urlencoded",
        cookies=f"__Host-asked={BROWSER}",
    )


def judge(stand: Stand, form: FoundForm, what: str, answer: TestResponse, *, refused: bool = False) -> list[str]:
    """What is wrong with an answer."""
    where = f"{form.persona} {rule_of(stand.app, urlsplit(form.action).path, 'POST')} {what}"
    wrong = []
    if answer.status_code >= 500:
        wrong.append(f"{where}: {answer.status}")
    if answer.status_code >= 400:
        changed = stand.changed()
        if changed:
            wrong.append(f"{where}: {answer.status}, yet changed {changed}")
            stand.restore()
        if not _SENTENCE.search(answer.text):
            wrong.append(f"{where}: {answer.status} without a sentence")
    elif refused:
        wrong.append(f"{where}: {answer.status}, accepted")
    if answer.status_code < 400:
        settle(stand, form)
    return wrong


def settle(stand: Stand, form: FoundForm) -> None:
    """After something was accepted: go on from there if the form is still offered, else go back."""
    if not stand.changed():
        return
    page = stand.send("GET", form.page, form.persona)
    offered = {found.action for found in read(page.text, form.page, form.persona).forms}
    if page.status_code == 200 and form.action in offered:
        stand.before = stand.content()
    else:
        stand.restore()


def kept(control: Control, value: str, answer: TestResponse) -> bool:
    """Whether a refused page still holds what was typed."""
    typed = value.strip().replace("\r\n", "\n")
    shown = html.unescape(answer.text).replace("\r\n", "\n")
    return not control.shown or typed in shown


def unescaped(answer: TestResponse) -> bool:
    """Whether a page takes text for markup, or runs a template in it."""
    return "<script>alert(1)" in answer.text or "<img src=x" in answer.text or "49canary" in answer.text


def one_field(stand: Stand, form: FoundForm, control: Control) -> list[str]:
    """A field with each string of the corpus, and without it."""
    wrong = []
    for name, value in CORPUS.items():
        what = f"{control.name}={name}"
        answer = post(stand, form, {**form.filled(), control.name: value})
        if answer.status_code == 422 and not kept(control, value, answer):
            wrong.append(f"{form.action} {what}: what was typed is lost")
        if unescaped(answer):
            wrong.append(f"{form.action} {what}: markup comes back")
        if answer.status_code == 303 and name in {"markup", "template"}:
            shown = stand.send("GET", answer.headers["Location"], form.persona)
            again = stand.send("GET", form.page, form.persona)
            wrong += [f"{form.action} {what}: markup is shown" for page in (shown, again) if unescaped(page)]
            wrong += [
                f"{form.action} {what}: shown as {page.status}" for page in (shown, again) if page.status_code >= 500
            ]
        wrong += judge(stand, form, what, answer, refused=name in {"NUL"})
    without = {name: value for name, value in form.filled().items() if name != control.name}
    wrong += judge(stand, form, f"{control.name} missing", post(stand, form, without))
    wrong += judge(
        stand, form, f"{control.name} surrogate", raw(stand, form, without, f"&{control.name}=%ED%A0%80"), refused=True
    )
    if control.kind != "checkbox" and control.name not in {"scopes"}:
        wrong += judge(
            stand,
            form,
            f"{control.name} twice",
            raw(stand, form, form.filled(), f"&{control.name}=a&{control.name}=b"),
            refused=True,
        )
    return wrong


@pytest.mark.parametrize("persona", ROLES)
def test_every_field_of_every_form_takes_or_refuses_hostile_text(
    stand: Stand, forms: dict[str, list[FoundForm]], persona: str
) -> None:
    wrong = []
    for form in forms[persona]:
        for control in form.controls.values():
            if control.name != "csrf_token":
                wrong += one_field(stand, form, control)
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("persona", ROLES)
def test_fields_that_a_form_does_not_have_are_refused(
    stand: Stand, forms: dict[str, list[FoundForm]], persona: str
) -> None:
    wrong = []
    for form in forms[persona]:
        for name, value in FOREIGN.items():
            if name not in form.controls:
                answer = post(stand, form, {**form.filled(), name: value})
                wrong += judge(stand, form, f"with {name}", answer, refused=True)
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("persona", ROLES)
def test_a_body_of_another_kind_is_refused(stand: Stand, forms: dict[str, list[FoundForm]], persona: str) -> None:
    wrong = []
    for form in forms[persona]:
        cookie = stand.world.tokens.get(persona, "a-cookie-that-stands-for-nobody-".ljust(43, "x"))
        headers = {"X-CSRFToken": token_for(cookie)}
        bodies = {
            "JSON": {"json": {**form.filled(), "role": "admin"}},
            "JSON with NUL": {"json": dict.fromkeys(form.filled(), "a\x00b")},
            "a JSON list": {"json": [1, [2]]},
            "broken JSON": {"data": "{", "content_type": "application/json"},
            "text": {"data": "name=x", "content_type": "text/plain"},
        }
        for what, body in bodies.items():
            answer = stand.send(
                "POST", form.action, persona, token="", headers=headers, cookies=f"__Host-asked={BROWSER}", **body
            )
            wrong += judge(stand, form, what, answer, refused=True)
        torn = stand.send(
            "POST",
            form.action,
            persona,
            token="",
            headers=headers,
            data=b"--x\r\n",
            content_type="multipart/form-data; boundary=x",
        )
        wrong += judge(stand, form, "torn multipart", torn)
    assert not wrong, "\n".join(["", *wrong])


CLICKS: Final = [row for row in MATRIX if row.method == "POST" and not row.demo and row.rule != "/csp-report"]
REPEATED: Final = frozenset(
    {
        "/account",
        "/admin/challenges",
        "/admin/challenges/<uuid:challenge>",
        "/admin/challenges/<uuid:challenge>/steps",
        "/admin/challenges/<uuid:challenge>/steps/<int:position>",
        "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions",
        "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>",
        "/admin/imports",
        "/challenges/<uuid:challenge>/steps/<int:position>/files",
        "/admin/people/<uuid:person>/invitations",
        "/admin/people/new",
        "/admin/rewards/new",
        "/admin/rewards/<uuid:reward>",
        "/asks/limits",
        "/asks/pause",
        "/references/agree",
        "/references/profile",
        "/password",
        "/sign-in",
        "/sign-in/password",
    }
)
"""Where a second time is a second deed, or saves again what is there; everywhere else it must change nothing."""


@pytest.mark.parametrize("row", CLICKS, ids=lambda row: row.rule)
def test_a_second_click_and_a_page_that_is_out_of_date_do_no_harm(stand: Stand, row: Row) -> None:
    persona = persona_of(row)
    path = path_of(stand, row, things(row, persona)[0] if row.of else None)
    fields, cookies = fields_of(row.rule, stand.world), f"__Host-asked={BROWSER}"
    first = stand.send("POST", path, persona, data=fields, cookies=cookies)
    assert first.status_code in {200, 303}
    stand.before = stand.content()
    for _click in range(2):
        again = stand.send("POST", path, persona, data=fields, cookies=cookies)
        assert again.status_code < 500
        assert again.status_code < 400 or _SENTENCE.search(again.text)
        if again.status_code >= 400 or row.rule not in REPEATED:
            assert stand.changed() == []
        stand.before = stand.content()

"""Every page of every role, on a phone in the dark and on a desk in the light.

Nothing is too wide, nothing stands in the console or against the policy, and axe calls nothing serious.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.browser.window import Window

SCREENS = pytest.mark.parametrize(("width", "color_scheme"), [(390, "dark"), (1280, "light")], ids=["phone", "desk"])
STARTS = {
    "advocate": ("/",),
    "sales": ("/sales",),
    "manager": ("/admin", "/sales"),
    "admin": ("/admin", "/sales"),
}
LEAST = {"advocate": 20, "sales": 10, "manager": 35, "admin": 35}
"""Kinds of pages that a crawl finds at least: a crawl that finds fewer has lost its way."""


def look_at_all(window: Window, folder: str, *starts: str, thoroughly: bool = True) -> set[str]:
    found, faults = set(), []
    for page in looking.pages(window, *starts):
        found.add(page)
        faults += looking.faults(window)
        if thoroughly:
            faults += looking.barriers(window)
            looking.take_picture(window, folder, page)
    assert not faults, "\n".join(faults)
    return found


@SCREENS
@pytest.mark.parametrize("role", ["advocate", "sales", "manager", pytest.param("admin", marks=pytest.mark.slow)])
def test_every_page_of(role, width, color_scheme, demo, window):
    somebody = window(demo, width=width, color_scheme=color_scheme)
    somebody.be(role)
    # the administrator's desk is the manager's, by the same templates
    found = look_at_all(somebody, f"{role}-{width}", *STARTS[role], thoroughly=role != "admin")
    assert len(found) >= LEAST[role], sorted(found)


@SCREENS
def test_every_page_of_a_stranger(width, color_scheme, demo, window):
    stranger = window(demo, width=width, color_scheme=color_scheme)
    stranger.forgive(410)  # links of the demo's mails that were used or are too old
    found = look_at_all(stranger, f"stranger-{width}", "/sign-in", "/sign-in/code")
    assert {"/sign-in", "/sign-in/code", "/terms", "/privacy", "/demo/mail"} <= found


@SCREENS
def test_what_is_not_there_says_so(width, color_scheme, demo, window):
    ana = window(demo, width=width, color_scheme=color_scheme)
    ana.be("advocate")
    ana.forgive(403, 404)
    for path in ("/nothing", "/admin", "/challenges/00000000-0000-4000-8000-000000000000"):
        ana.open(path)
        assert not looking.faults(ana) + looking.barriers(ana)
        expect(ana.page.locator("h1")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "color_scheme"), [pytest.param(390, "dark", marks=pytest.mark.slow), (1280, "light")]
)
def test_every_page_of_an_empty_installation(width, color_scheme, real, window):
    admin = window(real, width=width, color_scheme=color_scheme)
    address = f"first.{width}@vendor.example"
    link = real.command("create-admin", address).split("http", 1)[1].split()[0]
    admin.open("http" + link)
    admin.page.get_by_label("Your name").fill("First Admin")
    admin.page.get_by_role("checkbox").check()
    admin.click("Join")
    expect(admin.page.locator("header.top")).to_be_visible()
    look_at_all(admin, f"empty-{width}", "/admin", "/sales")

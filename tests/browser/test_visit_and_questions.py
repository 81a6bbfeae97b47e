"""A page to visit and questions: made and published by a manager, done by an advocate, read in the queue."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window

TITLE = "Read our news and tell us"
NEWS = "https://news.northstar.example/spring"
ASKED = (
    ("text", "What changed for you?", ""),
    ("one", "How did you hear of us?", "From a friend\nAt a fair"),
    ("several", "What do you use?", "Routing\nReports\nAlerts"),
    ("scale", "How easy is it?", ""),
)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_draft_to_the_answers_in_the_queue(demo, window, width, scripts):
    priya, ana = (window(demo, width=width, java_script_enabled=scripts) for _each in range(2))
    title = f"{TITLE} {width} {scripts}"
    priya.be("manager")
    makes(priya, title)
    ana.be("advocate")
    does(ana, title)
    priya.open("/admin/approvals")
    priya.page.get_by_role("link", name=re.compile(re.escape(title))).last.click()
    for shown in ("What changed for you?", "We go home on time.", "Routing", "Alerts", "4 of 5"):
        expect(priya.page.locator("main")).to_contain_text(shown)


def makes(priya: Window, title: str) -> None:
    """Write the challenge, both steps of it, and four questions, one in another place."""
    page = priya.page
    priya.open("/admin/challenges/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Summary").fill("Three minutes.")
    page.get_by_label("Minutes it takes").fill("3")
    page.get_by_label("Everybody may take it").check()
    priya.click("Save and add steps")
    add_step(priya, "visit", "Our news")
    page.get_by_label("Address of the page").fill(NEWS)
    page.get_by_label("Word on the button").fill("Open the news")
    priya.click("Save step")
    add_step(priya, "questions", "Some questions")
    for kind, ask, choices in ASKED:
        priya.click("Add question")
        page.get_by_label("Question", exact=True).fill(ask)
        page.locator(f"[name=kind][value={kind}]").check()
        page.get_by_label("Answers to choose from").fill(choices)
        page.locator("form.stage").get_by_role("button", name="Add question").click()
        priya.sees(ask)
    priya.click("Move question 4 up")
    expect(page.locator("ol.stages > li").nth(2)).to_contain_text("How easy is it?")
    priya.click("Back to the editor")
    priya.click("Preview")
    priya.click("See step 1")
    priya.click("See step 2")
    expect(page.locator("fieldset[disabled]")).to_contain_text("What do you use?")
    expect(page.locator("fieldset[disabled] textarea").first).to_be_disabled()
    priya.click("Back to the editor")
    priya.click("Check and publish")
    priya.sees("It pays 20 points in all.")
    priya.click("Publish")
    expect(page.locator(".page-head")).to_contain_text("Published")


def add_step(priya: Window, kind: str, title: str) -> None:
    """Add a step that pays 10 points."""
    priya.click("Add step")
    priya.page.locator(f"[name=kind][value={kind}]").check()
    form = priya.page.locator("form.stage")
    form.get_by_label("Title").fill(title)
    form.get_by_label("What people read").fill("It takes a minute.")
    form.get_by_label("Points").fill("10")
    form.get_by_role("button", name="Add step").click()
    priya.sees(title)


def does(ana: Window, title: str) -> None:
    """Open the page, say so, answer what has to be answered."""
    page = ana.page
    ana.open("/challenges")
    page.get_by_role("link", name=title).first.click()
    ana.click("Start")
    link = page.get_by_role("link", name="Open the news")
    assert link.get_attribute("target") == "_blank"
    leads = page.request.get(link.get_attribute("href") or "", max_redirects=0)
    assert (leads.status, leads.headers["location"]) == (303, NEWS)
    ana.click("I have done it")
    ana.sees("What changed for you?")
    ana.forgive(422)
    ana.click("Send my answers")
    ana.sees("This question needs an answer.")
    page.get_by_label("What changed for you?").fill("We go home on time.")
    page.get_by_label("At a fair").check()
    for choice in ("Routing", "Alerts"):
        page.get_by_label(choice).check()
    page.get_by_label("4", exact=True).check()
    ana.click("Send my answers")
    ana.sees("With the program team since")

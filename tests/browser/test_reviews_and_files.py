"""A review on another site and a file: asked for by a manager, handed in by an advocate, looked at in the queue."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.pictures import image

WRITE = "https://www.g2.com/products/northstar/reviews/start"
PICTURES = Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else None


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, False)], ids=["scripts", "no scripts"])
def test_a_review_and_a_file_from_both_sides(demo, window, width, scripts):
    priya, ana = (window(demo, width=width, java_script_enabled=scripts) for _each in range(2))
    priya.be("manager")
    ana.be("advocate")
    review, files = f"An honest review {width}", f"Show us your desk {width}"
    begins(priya, review, "review", "Write a review")
    priya.page.get_by_label("Site", exact=True).select_option("g2")
    priya.page.get_by_label("Page where the review is written").fill(WRITE)
    priya.page.get_by_label("What the points are worth").fill("20")
    publishes(priya, "It pays the same for every review")
    begins(priya, files, "upload", "A photo")
    priya.page.get_by_label("How many at most?").fill("2")
    publishes(priya, "Each step is set up")
    hands_in_review(ana, review, width)
    hands_in_file(ana, files)
    for title, shown in ((review, "Confirm only that it is published and theirs"), (files, "desk.jpg")):
        priya.open("/admin/approvals")
        priya.page.get_by_role("link", name=re.compile(re.escape(title))).last.click()
        expect(priya.page.locator("main")).to_contain_text(shown)
        picture(priya, f"queue-{title}")
    loaded = priya.page.locator(".handed-file img").evaluate("image => image.complete && image.naturalWidth")
    assert loaded == 40, "upright"


def begins(priya: Window, title: str, kind: str, step: str) -> None:
    """Write the challenge, and add a step that has to be set up."""
    page = priya.page
    priya.open("/admin/challenges/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Summary").fill("Good and bad, in ten minutes.")
    page.get_by_label("Minutes it takes").fill("10")
    page.get_by_label("Everybody may take it").check()
    priya.click("Save and add steps")
    priya.click("Add step")
    page.locator(f"[name=kind][value={kind}]").check()
    form = page.locator("form.stage")
    form.get_by_label("Title").fill(step)
    form.get_by_label("What people read").fill("Say what you would tell a colleague.")
    form.get_by_label("Points").fill("100")
    form.get_by_role("button", name="Add step").click()
    if kind == "upload":
        priya.click(step)
    picture(priya, f"set-up-{title}")


def publishes(priya: Window, said: str) -> None:
    """Save the step, look at the checks, and publish."""
    priya.click("Save step")
    priya.click("Check and publish")
    priya.sees(said)
    priya.click("Publish")
    expect(priya.page.locator(".page-head")).to_contain_text("Published")


def hands_in_review(ana: Window, title: str, width: int) -> None:
    """Read what is disclosed, and give the address of the review."""
    page = ana.page
    ana.open("/challenges")
    page.get_by_role("link", name=title).first.click()
    ana.click("Start")
    ana.sees("the same ones whatever I write and however I rate")
    ana.forgive(422)
    page.get_by_label("Address of your review").fill("https://www.g2.com/")
    page.get_by_label("This is true of my review").check()
    ana.click("Hand in my review")
    ana.sees("This is the site, not your review")
    page.get_by_label("Address of your review").fill(f"https://www.g2.com/products/northstar/reviews/review-{width}")
    picture(ana, f"step-{title}")
    ana.click("Hand in my review")
    ana.sees("With the program team since")


def hands_in_file(ana: Window, title: str) -> None:
    """Add a photo, try what is none, and hand in: the photo is still there."""
    page = ana.page
    ana.open("/challenges")
    page.get_by_role("link", name=title).first.click()
    ana.click("Start")
    chooser = page.get_by_label("File", exact=True)
    chooser.set_input_files({"name": "desk.jpeg", "mimeType": "image/jpeg", "buffer": image("JPEG", gps=True)})
    ana.click("Add this file")
    ana.sees("desk.jpg")
    chooser.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    ana.click("Hand in my files")
    ana.sees("This is not a file that is taken here")
    ana.sees("desk.jpg")
    picture(ana, f"step-{title}")
    ana.click("Hand in my files")
    ana.sees("With the program team since")


def picture(window: Window, name: str) -> None:
    """Take a picture where somebody asks for them."""
    if PICTURES is not None:
        window.picture(PICTURES / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.png")

"""The circle's steps as people take them on the screens; each leaves its window where the person would be."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from portal.demo import cast
from tests.browser.window import Window

STORY = (
    "The first week was hard: half of the labels did not match. In the second we found the cause, and since then "
    "the evening shift goes home on time."
)
QUOTE = "The evening shift goes home on time."
NOTE = "Thank you, the team read every word."
WISHES = "How long did the rollout take?\nWhat would you do differently?"
UNDO_SECONDS = 10


def points(window: Window) -> int:
    """What the advocate can spend, as the top of every page shows it."""
    shown = window.page.locator("#balance").inner_text()
    return int(re.sub(r"\D", "", shown) or 0)


def accept_invitation(window: Window, link: str, name: str | None = None) -> None:
    """Follow the link of an invitation and join."""
    window.open(link)
    if name:
        window.page.get_by_label("Your name").fill(name)
    window.page.get_by_role("checkbox").check()
    window.click("Join")
    expect(window.page.locator("header.top")).to_be_visible()


def do_challenge(window: Window, title: str) -> None:
    """Take a challenge of a step to confirm and a story, and hand both in."""
    window.open("/challenges")
    window.page.get_by_role("link", name=title).first.click()
    window.click("Start")
    hand_in_confirmation(window)
    hand_in_story(window)


def hand_in_confirmation(window: Window) -> None:
    """Confirm the open step."""
    window.page.locator(".action-bar button[form=step]").first.click()


def hand_in_story(window: Window) -> None:
    """Write the story of the open step and hand it in."""
    window.page.locator("textarea[name=text]").fill(STORY)
    window.page.locator("[name=quote]").fill(QUOTE)
    window.page.locator(".action-bar button[form=step]").first.click()


def open_in_queue(window: Window, name: str, title: str) -> None:
    """Find somebody's submission in the queue."""
    window.open("/admin/approvals")
    chip = window.page.locator("main .chips").get_by_role("link", name=re.compile(re.escape(title)))
    if chip.count():
        chip.first.click()
    window.page.locator(".queue").get_by_role("link", name=re.compile(re.escape(name))).first.click()
    expect(window.page.locator("#item-title")).to_contain_text(name)


def approve(window: Window, note: str = NOTE) -> None:
    """Approve what is open in the queue."""
    window.page.locator("#approve-comment").fill(note)
    window.page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(window.page.locator(".toasts")).to_contain_text("approved")


def agree_to_calls(window: Window) -> None:
    """Agree to reference calls for prospects in the own and in other industries."""
    window.open("/references")
    window.click("Agree")
    for box in window.page.locator("[name=scopes]").all():
        box.check()
    window.click("I agree")
    window.sees("Agreed")


def ask_for_deal(window: Window, initials: str) -> None:
    """On the page of a deal: choose somebody and ask for a call."""
    window.page.locator("label.candidate", has=window.page.get_by_text(initials, exact=True)).click()
    write_ask(window)


def address_of(initials: str) -> str:
    """The advocate of the demo behind the initials that sales sees."""
    return next(
        who.address for who in cast.ADVOCATES if " ".join(f"{word[0]}." for word in who.name.split()) == initials
    )


def write_ask(window: Window) -> None:
    """Say by when and what about, and send it."""
    day = datetime.now(UTC).date() + timedelta(days=14)
    window.page.get_by_label("Needed by").fill(day.isoformat())
    window.page.locator("textarea[name=topics]").fill(WISHES)
    window.click("Send request")
    expect(window.page).to_have_url(re.compile("/sales/requests/"))


def make_challenge(window: Window, title: str, points_of_steps: tuple[int, int]) -> None:
    """Make a challenge of a step to confirm and a story, and publish it."""
    window.open("/admin/challenges")
    window.click("New challenge")
    page = window.page
    page.get_by_label("Title").fill(title)
    page.get_by_label("Summary").fill("A few minutes of your words.")
    page.get_by_label("Minutes it takes").fill("10")
    page.get_by_label("Everybody may take it").check()
    window.click("Save and add steps")
    for kind, worth in zip(("confirm", "story"), points_of_steps, strict=True):
        window.click("Add step")
        page.locator(f"[name=kind][value={kind}]").check()
        form = page.locator("form.stage")
        form.get_by_label("Title").fill("Read this" if kind == "confirm" else "Your words")
        form.get_by_label("What people read").fill("What was hard, and what changed?")
        form.get_by_label("Points").fill(str(worth))
        form.get_by_role("button", name="Add step").click()
    window.click("Check and publish")
    window.sees("Looked at and fine")
    window.click("Publish")
    expect(page.locator(".page-head")).to_contain_text("Published")


def make_reward(window: Window, name: str, price: int) -> None:
    """Make a reward and put it into the catalogue."""
    window.open("/admin/rewards")
    window.click("New reward")
    page = window.page
    page.get_by_label("Name").fill(name)
    page.get_by_label("What it is").fill("One hour with the people who build it.")
    page.get_by_label("Price in points").fill(str(price))
    page.get_by_label("How many are left").fill("3")
    page.get_by_label("How it reaches the advocate").fill("By e-mail, within two days.")
    window.click("Save")
    window.click("Put it into the catalogue")
    window.sees("Take it out of the catalogue")


def redeem(window: Window, name: str) -> None:
    """Redeem a reward of the catalogue."""
    window.open("/rewards")
    window.page.locator(".reward-card").get_by_role("link", name=name).click()
    window.page.get_by_role("button", name=re.compile("^Redeem for")).click()
    expect(window.page).to_have_url(re.compile("/redemptions/"))


def fulfil(window: Window, who: str, reward: str, note: str) -> None:
    """Find somebody's order among those to send, and say that it is delivered."""
    window.open("/admin/redemptions")
    orders(window, who, reward).first.click()
    window.page.locator("textarea[name=note]").fill(note)
    window.click("Delivered")
    window.sees("Delivered")


def orders(window: Window, who: str, reward: str) -> Locator:
    """Somebody's orders of a reward in the queue."""
    rows = window.page.locator(".queue").get_by_role("link")
    return rows.filter(has_text=who).filter(has_text=reward)

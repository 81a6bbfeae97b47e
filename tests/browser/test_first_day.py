"""Two first days by visible links alone, each click counted: a manager's in an empty program, an advocate's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import looking, steps
from tests.browser.serving import Served
from tests.browser.window import Window

BOSS, CUSTOMER = "ruth.alden@vendor.example", "fay0@orchard.example"
TITLE = "Look at what is coming"
CUSTOMERS = 20
OF_THE_MANAGER = 40
"""Clicks that a manager's first day may take."""
OF_THE_ADVOCATE = 10


class Hand:
    """Does what a person does with a pointer and a keyboard, on what can be seen; counts the clicks."""

    def __init__(self, window: Window) -> None:
        self.page = window.page
        self.clicks: list[str] = []

    def click(self, name: str, *, within: str = "body") -> None:
        """Press what has this name, a link or a button."""
        place = self.page.locator(within)
        exact = re.compile(rf"^\s*{re.escape(name)}")
        found = place.get_by_role("button", name=exact).or_(place.get_by_role("link", name=exact))
        self._press(found.locator("visible=true").first, name)

    def tick(self, name: str) -> None:
        """Choose an option or tick a box."""
        starting = re.compile(rf"^\s*{re.escape(name)}")
        self._press(self.page.get_by_label(starting).locator("visible=true").first, name)

    def write(self, label: str, words: str, *, within: str = "body") -> None:
        """Type into a field; going there is a click."""
        field = self.page.locator(within).get_by_label(label).locator("visible=true").first
        self._press(field, label)
        field.fill(words)

    def choose_file(self, label: str, file: Path) -> None:
        """Choose a file: one click on the field, one in the system's own window."""
        self.page.get_by_label(label).set_input_files(file)
        self.clicks += [label, file.name]

    def _press(self, found: Locator, name: str) -> None:
        found.click()
        self.clicks.append(name)


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[str, Hand], None]:
    """Have the clicks of a person printed at the end of the run."""
    return lambda who, hand: record_property("clicks", f"{who}: {len(hand.clicks)} clicks: {', '.join(hand.clicks)}")


def test_the_first_day(real: Served, window, tmp_path: Path, told) -> None:
    link = re.search(r"http\S+", real.command("create-admin", BOSS))
    assert link is not None
    ruth = window(real)
    hand = Hand(ruth)
    ruth.open(link.group())
    hand.write("Your name", "Ruth Alden")
    comes_in(hand)
    for kind, file in files(tmp_path):
        brings_in(hand, ruth, kind, file)
    hand.click("Invite customers")
    expect(ruth.page.locator("[name=invitees]:checked")).to_have_count(CUSTOMERS)
    assert not looking.faults(ruth) + looking.barriers(ruth)
    hand.click("Invite those with a tick")
    ruth.sees(f"{CUSTOMERS} people are invited by mail.")
    publishes_a_challenge(hand)
    expect(ruth.page.locator(".page-head")).to_contain_text("Published")
    told("A manager, from an empty program to 20 invited customers and a challenge", hand)
    assert len(hand.clicks) <= OF_THE_MANAGER

    fay = window(real, width=390)
    hand = Hand(fay)
    fay.open(real.letter(CUSTOMER, subject="You are invited").link)
    comes_in(hand)
    hand.click(TITLE)
    hand.click("Start")
    hand.click("I have done it")
    fay.sees("50")
    assert steps.points(fay) == 50
    told("An advocate, from the mail to the first points", hand)
    assert len(hand.clicks) <= OF_THE_ADVOCATE


def comes_in(hand: Hand) -> None:
    """Accept an invitation."""
    hand.tick("I accept the terms")
    hand.click("Join")


def files(folder: Path) -> list[tuple[str, Path]]:
    """Twenty customers as a CRM has them, with one contact each."""
    companies, contacts = folder / "companies.csv", folder / "contacts.csv"
    numbers = range(CUSTOMERS)
    companies.write_text("name,industry\n" + "".join(f"Orchard {number},Retail\n" for number in numbers))
    people = (f"Fay Orchard {number},fay{number}@orchard.example,Orchard {number}\n" for number in numbers)
    contacts.write_text("name,email,company\n" + "".join(people))
    return [("Companies", companies), ("People", contacts)]


def brings_in(hand: Hand, window: Window, kind: str, file: Path) -> None:
    """Import a file by screen."""
    hand.click("Import", within="nav.side")
    hand.tick(kind)
    hand.choose_file("CSV file", file)
    hand.click("Look at the file")
    hand.click("Check the whole file")
    window.sees(f"{CUSTOMERS} rows = {CUSTOMERS} added", 40)
    hand.click(f"Import {CUSTOMERS} rows")
    window.sees("Imported.", 40)


def publishes_a_challenge(hand: Hand) -> None:
    """Make one of a single step on one's honour."""
    hand.click("Challenges", within="nav.side")
    hand.click("New challenge")
    hand.write("Title", TITLE)
    hand.write("Summary", "Two minutes.")
    hand.click("Save and add steps")
    hand.click("Add step")
    hand.tick("Confirm")
    hand.write("Title", "Read it", within="form.stage")
    hand.write("What people read", "Have a look at the page that tells what is coming.", within="form.stage")
    hand.write("Points", "50", within="form.stage")
    hand.click("Add step", within="form.stage")
    hand.click("Check and publish")
    hand.click("Publish")

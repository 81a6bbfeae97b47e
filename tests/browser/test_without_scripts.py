"""The circle once more with JavaScript switched off: every form is plain HTML."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import steps

NEWCOMER = "henrik.aas@polar-bank.example"
CHALLENGE = "Tell us how you cut onboarding time"
REWARD = "A book of your choice"


def test_the_circle(demo, window):
    henrik, priya, tom, peer = (window(demo, java_script_enabled=False) for _each in range(4))
    steps.accept_invitation(henrik, demo.letter(NEWCOMER, subject="You are invited").link)
    steps.do_challenge(henrik, CHALLENGE)
    priya.be("manager")
    sends_back(priya)
    henrik.open(demo.letter(NEWCOMER, subject="Almost there").link)
    henrik.sees("What was it like before?")
    steps.hand_in_story(henrik)
    steps.open_in_queue(priya, "Henrik Aas", CHALLENGE)
    steps.approve(priya)
    demo.letter(NEWCOMER, subject="+600 for")
    steps.agree_to_calls(henrik)

    tom.be("sales")
    tom.click("Voltaic Grid")
    initials = tom.page.locator("label.candidate b").first.inner_text()
    steps.write_ask(tom)
    request, address = tom.page.url, steps.address_of(initials)
    peer.sign_in(address)
    peer.open(demo.letter(address, subject="would like 30 minutes").link)
    peer.click("Accept")
    peer.sees("Voltaic Grid")
    tom.open(request)
    tom.sees(address)
    tom.click("It took place")
    tom.sees("the points are paid")
    assert "Thank you for talking to Voltaic Grid" in demo.letter(address, subject="Thank you for talking").subject

    steps.redeem(henrik, REWARD)
    steps.fulfil(priya, "Henrik Aas", REWARD, "It left today.")
    henrik.page.reload()
    henrik.sees("It left today.")


def sends_back(priya) -> None:
    """Ask for changes: where dialogs do not open, the button leads to a page with the same form."""
    steps.open_in_queue(priya, "Henrik Aas", CHALLENGE)
    priya.page.get_by_role("link", name="Ask for changes").click()
    expect(priya.page).to_have_url(re.compile("decide=redo"))
    dialog = priya.page.locator("#redo")
    dialog.locator("textarea").fill("What was it like before?")
    dialog.get_by_role("button", name="Ask for changes").click()
    expect(priya.page.locator(".toasts")).to_contain_text("asked for changes")

"""The whole circle in the demo, by clicking, each person in a browser of their own."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.window import Window

NEWCOMER = "mina.park@harbor-lines.example"
CHALLENGE = "Tell us how you cut onboarding time"
REWARD = "Coffee for the team"


def test_the_circle(demo, window):
    mina, priya, tom = window(demo), window(demo), window(demo)
    steps.accept_invitation(mina, demo.letter(NEWCOMER, subject="You are invited").link)
    priya.be("manager")
    tom.be("sales")
    earns_by_a_challenge(mina, priya)
    mina.open("/")
    mina.click("Have a look")
    steps.agree_to_calls(mina)
    paid = earns_by_a_call(mina, tom)
    assert steps.points(mina) == 600 + paid
    spends(mina, priya)
    assert steps.points(mina) == 300 + paid


def earns_by_a_challenge(mina: Window, priya: Window) -> None:
    """The step to confirm pays at once, the story once it is approved and can no longer be undone."""
    assert steps.points(mina) == 0
    steps.do_challenge(mina, CHALLENGE)
    mina.sees("With the program team since")
    assert steps.points(mina) == 50
    steps.open_in_queue(priya, "Mina Park", CHALLENGE)
    priya.sees(steps.STORY)
    steps.approve(priya)
    priya.click("Undo", within=priya.page.locator(".toasts"))
    priya.sees("Taken back. Nothing was sent.")
    steps.approve(priya)
    mina.open("/points")
    assert steps.points(mina) == 50, "nothing goes out while it can be undone"
    mina.page.wait_for_timeout(1000 * steps.UNDO_SECONDS)
    mina.sees_soon("+550")
    assert steps.points(mina) == 600
    assert steps.NOTE in mina.served.letter(NEWCOMER, subject="+600 for").text


def earns_by_a_call(mina: Window, tom: Window) -> int:
    """Found without a name, asked, accepted, confirmed; what the call paid."""
    tom.open("/sales")
    tom.click("Brightline Health")
    tom.click("Search further")
    match = tom.page.locator(".match").filter(has_text="M. P.").filter(has_text="Operations Analyst")
    match.get_by_role("link").click()
    steps.write_ask(tom)
    request = tom.page.url
    tom.sees("Name and contact appear once M. P. accepts.")
    assert "Mina" not in tom.page.content()
    assert NEWCOMER not in tom.page.content()
    mina.open(mina.served.letter(NEWCOMER, subject="would like 30 minutes").link)
    assert "Brightline" not in mina.page.content(), "the prospect is named once the call is accepted"
    mina.click("Accept")
    mina.sees("Brightline Health")
    tom.open(request)
    tom.sees("Mina Park")
    tom.sees(NEWCOMER)
    tom.click("It took place")
    tom.page.locator("[name=helped]").first.check()
    tom.click("Close the request")
    tom.sees("Closed on")
    mina.open("/points")
    line = mina.page.locator("#lines li").filter(has_text="Brightline Health")
    paid = int(re.sub(r"\D", "", line.locator(".points").inner_text()))
    line.get_by_role("link").first.click()
    mina.sees("Your call with Brightline Health")
    return paid


def spends(mina: Window, priya: Window) -> None:
    """Redeemed, delivered with a note, and seen as delivered."""
    steps.redeem(mina, REWARD)
    order = mina.page.url
    steps.fulfil(priya, "Mina Park", REWARD, "The code is in your mail.")
    mina.open(order)
    mina.sees("The code is in your mail.")
    expect(mina.page.locator(".page-head")).to_contain_text("Delivered")

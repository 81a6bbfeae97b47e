"""A second click changes nothing; the back button and a tab that is out of date get a sentence."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_two_clicks_redeem_once(scripts, demo, window):
    julien = window(demo, java_script_enabled=scripts)
    julien.sign_in("julien.moreau@clinique-lac.example" if scripts else "olav.hansen@polar-bank.example")
    before = steps.points(julien)
    julien.open("/rewards")
    julien.page.locator(".reward-card").get_by_role("link", name="Star mug").click()
    julien.page.get_by_role("button", name=re.compile("^Redeem for")).dblclick()
    expect(julien.page).to_have_url(re.compile("/redemptions/"))
    julien.open("/redemptions")
    assert steps.points(julien) == before - 150
    julien.page.go_back()
    julien.page.go_back()
    expect(julien.page.get_by_role("button", name=re.compile("^Redeem for"))).to_be_visible()
    left = f"{before - 150:,}"
    expect(julien.page.locator("main .facts")).to_contain_text(left)  # going back shows how it stands now


def test_two_clicks_start_and_hand_in_once(demo, window):
    vera = window(demo)
    vera.sign_in("vera.lindqvist@medora.example")
    vera.open("/challenges")
    vera.page.locator(".challenge-card a").first.click()
    vera.page.get_by_role("button", name="Start").dblclick()
    expect(vera.page.locator(".action-bar")).to_be_visible()
    assert vera.page.locator(".stepper li, .steps li").count() >= 1


def test_who_comes_second_to_an_item_is_told(demo, window):
    priya, jonas = window(demo), window(demo)
    priya.be("manager")
    jonas.sign_in("jonas.okafor@northstar.example")
    priya.open("/admin/approvals")
    jonas.open("/admin/approvals")
    item = priya.page.locator("#item-title").inner_text()
    assert jonas.page.locator("#item-title").inner_text() == item
    priya.page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(priya.page.locator(".toasts")).to_contain_text("approved")
    jonas.page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(jonas.page.locator(".toasts")).to_contain_text("Somebody has just decided on this")
    priya.click("Undo", within=priya.page.locator(".toasts"))
    priya.sees("Taken back. Nothing was sent.")


def test_a_tab_that_was_signed_out_meanwhile_leads_to_the_door(demo, window):
    tom = window(demo)
    tom.be("sales")
    tom.open("/sales/nominate")
    tom.page.get_by_label("Their name").fill("Somebody")
    other = tom.new_tab()
    other.goto("/account")
    other.locator("main").get_by_role("button", name="Sign out", exact=True).click()
    expect(other.locator("h1")).to_have_text("Good to see you")
    tom.page.get_by_label("Their e-mail").fill("somebody@fabrik-nord.example")
    tom.page.get_by_label("Why them?").fill("They said so.")
    tom.forgive(400, 401, 403, 409)
    tom.page.get_by_role("button", name="Nominate").click()
    tom.sees("in another session. Reload it and send it again.")


def test_what_is_wrong_keeps_what_was_typed(demo, window):
    tom = window(demo, width=390)
    tom.be("sales")
    tom.open("/sales/nominate")
    page = tom.page
    page.get_by_label("Their name").fill("Zoë O’Brien <b>")
    page.get_by_label("Their e-mail").fill("zoe@")
    page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
    tom.forgive(422)
    page.get_by_role("button", name="Nominate").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Their name")).to_have_value("Zoë O’Brien <b>")
    expect(page.get_by_label("Their e-mail")).to_have_value("zoe@")

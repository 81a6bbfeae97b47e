"""Coming in by mail link, by the code where the link is opened elsewhere, and out again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

KNOWN = "henrik.aas@polar-bank.example"


def test_a_link_opened_where_it_was_asked_for_works_once(demo, window):
    here = window(demo)
    here.sign_in("kofi.mensah@savanna-foods.example")
    here.sees("Kofi")
    link = demo.letter("kofi.mensah@savanna-foods.example", subject="Your link to sign in").link
    here.page.locator(".avatar-button").click()
    here.page.locator("#account-menu").get_by_role("button", name="Sign out").click()
    here.sees("Good to see you")
    here.forgive(410)
    here.open(link)
    here.sees("used")


def test_elsewhere_it_shows_a_code_to_type_where_it_was_asked_for(demo, window):
    asked, phone = window(demo), window(demo, width=390)
    address = "lena.schmidt@fabrik-nord.example"
    asked.ask_for_link(address)
    phone.open(demo.letter(address, subject="Your link to sign in").link)
    phone.sees("Your code")
    code = phone.page.locator("output.code").inner_text()
    assert re.fullmatch(r"\d{4} \d{4}", code)
    assert phone.page.get_by_role("button", name="Sign in").count() == 0
    asked.forgive(422)
    asked.page.get_by_label("Code").fill("0000 0000")
    asked.click("Sign in with the code")
    expect(asked.page.get_by_role("alert")).to_be_visible()
    asked.page.get_by_label("Code").fill(code)
    asked.click("Sign in with the code")
    asked.sees("Lena")
    phone.open("/points")
    phone.sees("Mail me a link")


def test_a_stranger_gets_the_same_answer_and_no_mail(demo, window):
    stranger = window(demo)
    stranger.ask_for_link("nobody@nowhere.example")
    assert demo.letters("nobody@nowhere.example") == []

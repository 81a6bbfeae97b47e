"""A manager's morning: ten decisions by keys alone, one taken back. Last of all: it leaves little to decide."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_by_keyboard import rows, title


def test_ten_are_cleared_by_keys_alone_and_one_comes_back(demo, window):
    priya = window(demo)
    priya.be("manager")
    priya.open("/admin/approvals")
    page, keys = priya.page, priya.page.keyboard
    waiting = rows(page)
    assert waiting >= 10, "the demo has less to decide than this needs"
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    keys.press("a")
    keys.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert rows(page) == waiting, "a key of the queue did something behind the list of keys"
    page.wait_for_function("!document.activeElement.closest('dialog')")
    keys.press("Enter")
    expect(page.locator("#item-title")).to_be_focused()
    keys.press("n")
    keys.type("jkard?")
    expect(page.locator("#approve-comment")).to_have_value("jkard?")
    keys.press("Control+a")
    keys.press("Delete")
    page.locator("#item-title").focus()

    for number in range(1, 11):
        who = title(page).split(" · ")[0]
        keys.press("a")
        expect(page.locator(".queue li")).to_have_count(waiting - number)
        expect(page.locator(".toasts")).to_contain_text(f"{who} approved")
        expect(page.locator("#announce")).to_contain_text(f"{who} approved")
        if number < waiting:
            expect(page.locator("#item-title")).to_be_focused()
    keys.press("z")
    priya.sees("Taken back. Nothing was sent.")
    expect(page.locator(".queue li")).to_have_count(waiting - 9)
    assert title(page).startswith(who)

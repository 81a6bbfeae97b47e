"""The queue without a mouse: the keys, the dialogs, where the focus goes, and single keys while somebody types."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def title(page: Page) -> str:
    """What is open in the queue."""
    return page.locator("#item-title").inner_text()


def rows(page: Page) -> int:
    """How many wait in the list."""
    return page.locator(".queue li").count()


def test_the_note_stands_where_it_is_written_before_the_decision(demo, window):
    """On a desk it is in sight beside the buttons, however long the work is; on a phone at its end."""
    for width in (1280, 390):
        priya = window(demo, width=width)
        priya.be("manager")
        priya.open("/admin/approvals")
        if width == 390:
            priya.page.locator(".queue a").first.click()
            priya.page.locator("#approve-comment").scroll_into_view_if_needed()
            priya.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        note, button = priya.page.locator("#approve-comment"), priya.page.locator("button[form=approve]")
        expect(note).to_be_in_viewport(ratio=0.99)
        expect(button).to_be_in_viewport(ratio=0.99)
        written, pressed = note.bounding_box(), button.bounding_box()
        assert written["y"] + written["height"] <= pressed["y"], f"{width}: the note lies below or under the buttons"


def test_a_manager_decides_by_keys_alone(demo, window):
    priya = window(demo)
    priya.be("manager")
    priya.open("/admin/approvals")
    page, keys = priya.page, priya.page.keyboard
    first = title(page)
    keys.press("j")
    expect(page.locator("#item-title")).not_to_have_text(first)
    second, waiting = title(page), rows(page)
    keys.press("k")
    expect(page.locator("#item-title")).to_have_text(first)

    keys.press("a")
    expect(page.locator("#item-title")).to_have_text(second)
    expect(page.locator("#item-title")).to_be_focused()
    assert rows(page) == waiting - 1
    keys.press("z")
    priya.sees("Taken back. Nothing was sent.")
    assert title(page) == first

    keys.press("r")
    dialog = page.locator("#redo")
    expect(dialog).to_be_visible()
    expect(dialog.locator("textarea")).to_be_focused()
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#item-title")).to_be_focused()
    keys.press("r")
    keys.type("Could you add what it was like before?")
    assert title(page) == first, "letters typed into a field are no shortcuts"
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".toasts")).to_contain_text("asked for changes")
    keys.press("z")
    priya.sees("Taken back. Nothing was sent.")

    keys.press("d")
    dialog = page.locator("#reject")
    expect(dialog).to_be_visible()
    dialog.get_by_role("radio").first.focus()
    keys.press("Space")
    dialog.get_by_role("button", name="Reject").press("Enter")
    expect(page.locator(".toasts")).to_contain_text("told no")
    keys.press("z")
    priya.sees("Taken back. Nothing was sent.")


def test_a_template_is_put_into_the_comment_by_keys_alone(demo, window):
    priya = window(demo)
    priya.be("manager")
    priya.open("/admin/approvals")
    page, keys = priya.page, priya.page.keyboard
    keys.press("r")
    dialog = page.locator("#redo")
    keys.type("Hello.")
    dialog.locator("select").focus()
    keys.type("A num")
    keys.press("Tab")
    keys.press("Enter")
    expect(dialog.locator("textarea")).to_have_value(
        "Hello.\n\nAlmost there: could you add one number, such as hours saved or days to go live?"
    )
    expect(dialog.locator("textarea")).to_be_focused()


def test_focus_stays_in_a_dialog_and_returns(demo, window):
    priya = window(demo)
    priya.be("manager")
    priya.open("/admin/approvals")
    page = priya.page
    page.keyboard.press("d")
    for _press in range(20):
        page.keyboard.press("Tab")
        inside = page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        assert inside, "the focus left the dialog"


def test_the_first_tab_skips_to_the_content(demo, window):
    ana = window(demo)
    ana.be("advocate")
    ana.open("/challenges")
    ana.page.keyboard.press("Tab")
    expect(ana.page.locator("a.skip")).to_be_focused()
    ana.page.keyboard.press("Enter")
    assert ana.page.evaluate("document.activeElement.id") == "main"


def test_an_advocate_lowers_a_limit_by_keys_alone(demo, window):
    nadia = window(demo)
    nadia.sign_in("nadia.rahman@kestrel.example")
    page = nadia.page
    page.goto("/references")
    link = page.get_by_role("link", name="Ask me less often")
    link.focus()
    page.keyboard.press("Enter")
    nadia.sees("My limits")
    box = page.locator("select#asks")
    box.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("select#gap")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    nadia.sees("Saved. Nobody can raise it but you.")

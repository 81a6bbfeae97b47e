"""A call finds its time between two zones, calendars take it in, and both say how it went."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.window import Window

THERE, HERE = "America/New_York", "Asia/Tokyo"


def lives_in(window: Window, zone: str) -> None:
    """Set the time zone of one's account."""
    window.open("/account")
    window.page.locator("[name=time_zone]").select_option(zone)
    window.page.locator("form", has=window.page.locator("[name=time_zone]")).get_by_role("button", name="Save").click()
    expect(window.page.locator(".toasts")).to_be_visible()


def test_a_time_is_found_and_both_say_how_it_went(demo, window):
    tom, peer = window(demo), window(demo, width=390)
    tom.be("sales")
    lives_in(tom, HERE)
    tom.open("/sales")
    tom.click("Voltaic Grid")
    address = steps.address_of(tom.page.locator("label.candidate b").first.inner_text())
    steps.write_ask(tom)
    request = tom.page.url
    peer.sign_in(address)
    lives_in(peer, THERE)
    peer.open(demo.letter(address, subject="would like 30 minutes").link)
    peer.click("Accept")
    starts = offers(peer)
    picks(tom, request, starts[1])
    peer.page.reload()
    peer.sees(f"{starts[1].astimezone(ZoneInfo(THERE)):%H:%M}")
    both_say_how_it_went(tom, peer)


def offers(peer: Window) -> list[datetime]:
    """Three times, at ten on the advocate's own clock."""
    today = datetime.now(ZoneInfo(THERE)).date()
    starts = [datetime.combine(today + timedelta(days=day), time(10), ZoneInfo(THERE)) for day in (3, 4, 5)]
    for name, start in zip(("first", "second", "third"), starts, strict=True):
        peer.page.locator(f"input[name={name}]").fill(f"{start:%Y-%m-%dT%H:%M}")
    peer.click("Offer these times")
    peer.sees("picks one of your times")
    return starts


def picks(tom: Window, request: str, start: datetime) -> None:
    """The rep reads them on their own clock, picks one and takes the file."""
    tom.open(request)
    option = tom.page.locator("#time label.option").nth(1)
    expect(option).to_contain_text(f"{start.astimezone(ZoneInfo(HERE)):%H:%M}")
    option.locator("input").check()
    tom.page.locator("[name=place]").fill("https://meet.example/voltaic")
    tom.click("Pick this time")
    tom.sees("Both of you get an invite")
    with tom.page.expect_download() as taken:
        tom.click("Calendar file")
    file = Path(taken.value.path()).read_text()
    assert re.search(r"^DTSTART(?:;[^:]*)?:" + f"{start.astimezone(UTC):%Y%m%dT%H%M%SZ}", file, re.MULTILINE), file


def both_say_how_it_went(tom: Window, peer: Window) -> None:
    """They talk sooner than agreed: the time is taken away, the call confirmed, and both are asked."""
    tom.click("Ask for other times")
    tom.click("It took place")
    tom.page.locator("[name=helped]").first.check()
    tom.click("Close the request")
    tom.sees("Closed on")
    peer.page.reload()
    peer.page.locator("[name=helped]").first.check()
    peer.click("Send")
    peer.sees("Thank you for telling us how it was.")

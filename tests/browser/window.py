"""A person's browser: one context with one tab, which notes everything that a person would call broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from tests.browser.serving import Served

TELL_OF_THE_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
"""


class Window:
    """One browser of one person. `faults` are console errors, exceptions, CSP violations and 5xx answers."""

    def __init__(self, browser: Browser, served: Served, *, width: int = 1280, **options: Any) -> None:
        self.served = served
        self.context = browser.new_context(
            base_url=served.url,
            viewport={"width": width, "height": 844 if width < 640 else 900},
            locale="en-GB",
            timezone_id="Europe/Paris",
            **options,
        )
        self.context.set_default_timeout(10_000)
        self.context.add_init_script(TELL_OF_THE_POLICY)
        self.faults: list[str] = []
        self.forgiven: set[int] = set()
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("response", self._answered)
        return page

    def forgive(self, *statuses: int) -> None:
        """Let these answers be asked for; Chromium writes every 4xx to the console."""
        self.forgiven.update(statuses)

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(path)

    def click(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button, or follow the link, of that name."""
        place = within or self.page
        place.get_by_role("button", name=name).or_(place.get_by_role("link", name=name)).first.click()

    def sees(self, text: str, seconds: float = 10) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("body")).to_contain_text(text, timeout=seconds * 1000)

    def sees_soon(self, text: str, seconds: float = 30) -> None:
        """Wait until a reload of the page says so: a job does it."""
        for _second in range(int(seconds)):
            if text in self.page.inner_text("body"):
                return
            self.page.wait_for_timeout(1000)
            self.page.reload()
        self.sees(text)

    def be(self, role: str) -> None:
        """Sign in with one click of the demo."""
        self.open("/sign-in")
        self.page.locator(f"button[name=role][value={role}]").click()
        expect(self.page.locator("header.top")).to_be_visible()

    def sign_in(self, address: str) -> None:
        """Sign in by mail link, in this browser."""
        before = len(self.served.letters(address))
        self.ask_for_link(address)
        self.open(self.served.letter(address, after=before).link)
        self.click("Sign in")
        expect(self.page.locator("header.top")).to_be_visible()

    def ask_for_link(self, address: str) -> None:
        """Type an address into the sign-in page."""
        self.open("/sign-in")
        self.page.locator("form[action='/sign-in']").get_by_label("E-mail").fill(address)
        self.click("Mail me a link")
        self.sees("Look into your mail")

    def picture(self, file: Path) -> None:
        """Take a picture of the whole page."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file, full_page=True)

    def close(self) -> None:
        """Close the browser of this person."""
        self.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"status of {status} " in message.text for status in self.forgiven):
            return
        self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")

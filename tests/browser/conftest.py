"""One Chromium, one demo and one empty installation a run, each started when the first test needs it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.serving import Served
from tests.browser.window import Window

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Every test of this folder drives a browser; those of one installation run in one process."""
    item.add_marker(pytest.mark.browser)
    place = "empty" if "real" in getattr(item, "fixturenames", ()) else "demo"
    item.add_marker(pytest.mark.xdist_group(f"browser-{place}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this process."""
    program = os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def _instance(env: str) -> Iterator[Served]:
    """An instance in a folder that PostgreSQL's user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="portal-browser-"))
    folder.chmod(0o711)
    served = Served(folder / "instance", env)
    try:
        yield served
    finally:
        if served.process is not None:
            served.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def demo() -> Iterator[Served]:
    """The demo, built and served as `bin/demo` does."""
    with _instance("demo") as served:
        served.start("demo", "--serve", "--port", str(served.port))
        yield served


@pytest.fixture(scope="session")
def real() -> Iterator[Served]:
    """An installation with nobody in it, served as for real, without a mail server."""
    with _instance("development") as served:
        served.start("serve")
        yield served
        assert "csp.violation" not in served.log.read_text()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Window]]:
    """Open browsers of people: `window(demo, width=390)`; nothing may have broken in any of them."""
    opened: list[Window] = []

    def open_window(served: Served, **options: object) -> Window:
        opened.append(Window(chromium, served, **options))
        return opened[-1]

    yield open_window
    faults = [fault for each in opened for fault in each.faults]
    for each in opened:
        each.close()
    assert not faults, faults

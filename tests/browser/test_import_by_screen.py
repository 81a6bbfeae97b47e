"""A file of companies comes in by screen: matched, checked, imported; its bad row is mended and sent again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import looking
from tests.browser.window import Window

ROWS = "name,sector,staff,sales\n{0} One,logistcs,12,1.5\n{0} Two,logistics,7,2\n{0} Three,logistics,many,3\n"


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, False)], ids=["scripts", "no scripts"])
def test_from_the_file_to_the_mended_row(demo, window, tmp_path: Path, width: int, scripts: bool):
    priya = window(demo, width=width, java_script_enabled=scripts)
    priya.be("manager")
    file = tmp_path / "customers.csv"
    file.write_text(ROWS.format(f"Width {width}"))
    send(priya, file)
    page = priya.page
    page.get_by_label("“staff” goes to").select_option(label="Employees")
    page.get_by_label("“sales” goes to").select_option(label="Revenue")
    if scripts:
        page.get_by_label("Unit of “sales”").select_option(label="In millions")
        page.get_by_label("Currency of “sales”").fill("EUR")
    check(priya, scripts=scripts)
    priya.sees("3 rows = 2 added + 1 left out")
    priya.sees("this is no number".capitalize())
    if page.get_by_role("radio", name="The same as “logistics”").count():
        page.get_by_role("radio", name="The same as “logistics”").check()
    look(priya, scripts=scripts)
    priya.click("Import 2 rows")
    awaits(priya, "Where every row went", scripts=scripts)
    with page.expect_download() as download:
        priya.click("Download the rows to mend")
    mended = tmp_path / "mended.csv"
    mended.write_text(Path(download.value.path()).read_text("utf-8-sig").replace("many", "70"))
    send(priya, mended)
    check(priya, scripts=scripts)
    priya.sees("1 row = 1 added")
    priya.click("Import 1 row")
    awaits(priya, "Imported.", scripts=scripts)
    look(priya, scripts=scripts)
    priya.open("/admin/imports")
    priya.sees("mended.csv")
    look(priya, scripts=scripts)


def send(priya: Window, file: Path) -> None:
    """Choose a file of companies."""
    priya.open("/admin/imports")
    priya.page.locator("[name=kind][value=companies]").check()
    priya.page.get_by_label("CSV file").set_input_files(file)
    priya.click("Look at the file")
    priya.sees("Where the columns go")


def check(priya: Window, *, scripts: bool) -> None:
    """Have it checked, and wait for the worker."""
    priya.click("Check the whole file")
    awaits(priya, "What the import would do", scripts=scripts)


def awaits(priya: Window, text: str, *, scripts: bool) -> None:
    """Wait for the worker: the page follows by itself where scripts run, else it is loaded again."""
    if scripts:
        priya.sees(text, seconds=40)
    else:
        priya.sees_soon(text)


def look(priya: Window, *, scripts: bool) -> None:
    """Nothing is too wide; where scripts run, axe calls nothing serious."""
    faults = looking.faults(priya) + (looking.barriers(priya) if scripts else [])
    assert not faults, "\n".join(faults)

"""The four real CRM files by screen, with the same outcome as by the command; and a file of 100,000 rows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from portal.imports.states import RunState
from portal.people.models import Company
from portal.references.models import Opportunity
from tests.imports.test_by_screen import Desk, desk, mia, words
from tests.imports.test_real_files import FILES

__all__ = ["desk", "mia"]


def test_the_real_files_come_in_as_by_the_command(desk: Desk, db, crm: Path):
    told = {"companies": {"unit_3": "M", "currency_3": "USD"}, "people": {"role": "sales"}}
    counts = {}
    for kind, file in FILES.items():
        page = desk.open(kind, (crm / file).read_bytes())
        assert desk.match(page, **told.get(kind, {})).status_code == 303
        shown = words(desk.browser.get(page))
        desk.go(page, **({"same_0": "join"} if kind == "companies" else {}))
        run = desk.run(page)
        assert run.state is RunState.IMPORTED, run.problem
        counts[kind] = (run.rows, run.added, run.left_out)
    assert counts == {
        "companies": (85, 85, 0),
        "people": (35, 35, 0),
        "products": (7, 7, 0),
        "opportunities": (8800, 8800, 0),
    }
    assert "1,425 rows without a company" in shown
    assert "“GTXPro” is read as “GTX Pro”" in shown
    assert db.scalar(select(func.count()).where(Company.industry == "technology")) == 12
    assert db.scalar(select(Company.revenue).where(Company.name == "Acme Corporation")) == 1_100_040_000
    assert db.scalar(select(func.count()).where(Opportunity.company_id.is_(None))) == 1425
    first = db.execute(
        text("SELECT engaged_on::text, closed_on::text, amount FROM opportunity WHERE crm_id = '1C1I7A6R'")
    )
    assert tuple(first.one()) == ("2016-10-20", "2017-03-01", 1054)
    page = desk.open("opportunities", (crm / FILES["opportunities"]).read_bytes())
    desk.match(page)
    desk.go(page)
    assert desk.run(page).unchanged == 8800


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["companies", "people", "opportunities"])
def test_a_hundred_thousand_rows_come_in(desk: Desk, db, kind: str, capsys: pytest.CaptureFixture[str]):
    line = {
        "companies": "Company {n},{n}.example,Retail,{n}\n",
        "people": "Person {n},p{n}@people.example,Buyer,\n",
        "opportunities": "D-{n},Won,2020-01-31,{n}\n",
    }[kind]
    head = {"companies": "name,domain,sector,employees", "people": "name,email,title,office"}.get(
        kind, "deal id,stage,engage date,value"
    )
    bad = {"companies": ",,,\nBad,no domain,,\n", "people": "Bad,nobody,,\n", "opportunities": "Bad,,,\n"}[kind]
    page = desk.open(kind, head + "\n" + "".join(line.format(n=n) for n in range(100_000)) + bad)
    began = time.perf_counter()
    desk.match(page)
    checked = time.perf_counter() - began
    began = time.perf_counter()
    desk.go(page)
    seconds = time.perf_counter() - began
    run = desk.run(page)
    assert run.state is RunState.IMPORTED, run.problem
    assert (run.added, run.left_out) == (100_000, 1)
    with capsys.disabled():
        print(f"\n100,000 {kind}: checked in {checked:.1f} s, imported in {seconds:.1f} s")

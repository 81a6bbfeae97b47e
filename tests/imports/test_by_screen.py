"""Imports as a manager does them: by forms, with the worker's jobs in between."""

from __future__ import annotations

import io
import os
import re
import shutil
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal import jobs
from portal.audit import SYSTEM, Actor
from portal.imports import kept_files, working
from portal.imports.models import ImportJob, ImportLeftover, ImportRun
from portal.imports.progress import Step
from portal.imports.states import RunState
from portal.people import people
from portal.people.models import Company, Person, PersonRole
from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import mia

__all__ = ["mia"]


class Desk:
    """The manager at the screens of imports."""

    def __init__(self, app: Portal, db: Session, who: Actor) -> None:
        self.db, self.browser = db, Browser(app, db, who)
        self.folder = kept_files.folder(app.config["PORTAL"])

    def send(self, path: str, page: str = "/admin/imports", **fields: Any) -> TestResponse:
        """Send a form of a page."""
        return self.browser.post(path, page, **fields)

    def choose(self, kind: str, content: str | bytes, name: str = "rows.csv") -> TestResponse:
        """Choose a file."""
        raw = content.encode() if isinstance(content, str) else content
        return self.send("/admin/imports", kind=kind, file=(io.BytesIO(raw), name))

    def open(self, kind: str, content: str | bytes) -> str:
        """Choose a file that is taken; the address of its page."""
        answer = self.choose(kind, content)
        assert answer.status_code == 303, words(answer)
        return answer.headers["Location"]

    def match(self, page: str, **changes: str) -> TestResponse:
        """Send the columns as the page shows them, but for the changes; then let the worker check."""
        shown = self.browser.get(page + "?columns=1").text
        fields = {name: value for name, value in selected(shown).items() if name.partition("_")[0] in COLUMN}
        answer = self.send(f"{page}/columns", page, **{**fields, **changes})
        self.work()
        return answer

    def go(self, page: str, **answers: str) -> TestResponse:
        """Import what was checked, and let the worker do it."""
        check = re.search(r'name="check"[^>]*value="(\d+)"', self.browser.get(page).text)
        assert check, words(self.browser.get(page))
        answer = self.send(f"{page}/import", page, check=check[1], **answers)
        self.work()
        return answer

    def work(self) -> None:
        """Let the worker do what waits."""
        self.db.rollback()
        jobs.run_due(self.db)

    def run(self, page: str) -> ImportRun:
        """The run of a page."""
        self.db.rollback()
        found = select(ImportRun).where(ImportRun.public_id == page.rpartition("/")[2])
        return self.db.scalars(found.execution_options(populate_existing=True)).one()


COLUMN = frozenset({"column", "unit", "currency", "decimal", "order", "role"})


def selected(page: str) -> dict[str, str]:
    """What the selects and texts of a page hold."""
    found = {}
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    for tag in re.findall(r'<input[^>]*type="text"[^>]*>', page):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        found[name[1] if name else ""] = value[1] if value else ""
    return found


def words(answer: TestResponse) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def desk(app: Portal, db: Session, mia) -> Desk:
    made = Desk(app, db, mia.actor)
    shutil.rmtree(made.folder, ignore_errors=True)
    return made


def test_a_file_comes_in_step_by_step(desk: Desk, db: Session):
    page = desk.open("companies", "name,sector,staff\nAcme,technology,12\nBeta,,7\n")
    shown = desk.browser.get(page)
    assert shown.status_code == 200
    assert {"column_0": "name", "column_1": "industry", "column_2": ""}.items() <= selected(shown.text).items()
    assert desk.match(page, column_2="employees").status_code == 303
    assert db.scalar(select(func.count()).select_from(Company)) == 0
    assert "2 rows = 2 added" in words(desk.browser.get(page))
    assert desk.go(page).status_code == 303
    run = desk.run(page)
    assert (run.state, run.rows, run.added, run.file) == (RunState.IMPORTED, 2, 2, None)
    assert not list(desk.folder.iterdir())
    assert db.scalars(select(Company.employees).order_by(Company.name)).all() == [12, 7]
    assert "2 rows = 2 added" in words(desk.browser.get("/admin/imports"))


def test_bad_rows_are_downloaded_mended_and_sent_alone(desk: Desk, db: Session):
    page = desk.open("people", "name;email;note\nAna;ana@x.example;=1+1\nBob;nobody;-5\n=Eve;eve@;\n")
    desk.match(page, role="advocate")
    shown = words(desk.browser.get(page))
    assert "3 rows = 1 added + 2 left out" in shown
    assert "Import 1 row" in shown
    desk.go(page)
    run = desk.run(page)
    assert (run.rows, run.added, run.left_out) == (3, 1, 2)
    assert db.scalars(
        select(PersonRole.role).join(Person, Person.id == PersonRole.person_id).where(Person.name == "Ana")
    ).all() == ["advocate"]
    file = desk.browser.get(f"{page}/bad-rows.csv")
    assert file.headers["Content-Disposition"].startswith("attachment")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[0] == "name;email;note;What to mend"
    assert lines[1].startswith("Bob;nobody;-5;email: ")
    assert lines[2].startswith("'=Eve;eve@;;email: ")
    mended = file.data.decode("utf-8-sig").replace("nobody", "bob@x.example").replace("eve@;", "eve@x.example;")
    again = desk.open("people", mended.encode("utf-8-sig"))
    assert selected(desk.browser.get(again).text)["column_1"] == "emails"
    desk.match(again)
    desk.go(again)
    assert (desk.run(again).rows, desk.run(again).added) == (2, 2)
    assert set(db.scalars(select(Person.name))) >= {"Ana", "Bob", "=Eve"}


def test_what_is_open_is_asked_beside_its_column(desk: Desk, db: Session):
    page = desk.open("opportunities", "deal id,stage,engage date,value\nA,Won,1/2/2020,$5\nB,Won,3/4/2020,$6\n")
    assert "every date can be read with the day or with the month first" in words(desk.browser.get(page))
    desk.match(page)
    run = desk.run(page)
    assert (run.state, run.problem_column) == (RunState.MATCHING, 2)
    assert "--date-order" not in (run.problem or "")
    desk.match(page, order_2="day-first")
    assert "not in which currency" in (desk.run(page).problem or "")
    desk.match(page, order_2="day-first", currency_3="usd")
    desk.go(page)
    assert db.execute(text("SELECT engaged_on::text, amount, currency FROM opportunity WHERE crm_id = 'A'")).one() == (
        "2020-02-01",
        5,
        "USD",
    )
    again = desk.open("opportunities", "deal id,stage,engage date,value\nC,Won,1/2/2020,$5\n")
    assert {"order_2": "day-first", "currency_3": "USD"}.items() <= selected(desk.browser.get(again).text).items()


def test_a_unit_holds_for_the_whole_column(desk: Desk, db: Session):
    page = desk.open("companies", "name,revenue\nAcme,1.5\n")
    desk.match(page, unit_1="M", currency_1="eur")
    desk.go(page)
    assert db.execute(select(Company.revenue, Company.currency)).one() == (1_500_000, "EUR")


def test_spellings_are_joined_or_kept_and_remembered(desk: Desk, db: Session):
    page = desk.open("companies", "name,sector\nAcme,technolgy\nBeta,technology\nCee,fianance\n")
    desk.match(page)
    shown = desk.browser.get(page).text
    assert "Is “technolgy” the same as “technology”?" in shown
    assert db.scalar(text("SELECT count(*) FROM spelling")) == 0
    desk.go(page, same_0="join", same_1="own")
    assert dict(db.execute(select(Company.name, Company.industry)).all()) == {
        "Acme": "technology",
        "Beta": "technology",
        "Cee": "fianance",
    }
    again = desk.open("companies", "name,sector\nDee,technolgy\nEff,fianance\n")
    desk.match(again)
    shown = words(desk.browser.get(again))
    assert "“technolgy” is read as “technology”" in shown
    assert "the same as" not in shown


def test_a_check_writes_nothing_and_an_import_can_be_thought_better_of(desk: Desk, db: Session):
    page = desk.open("companies", "name\nAcme\n")
    desk.match(page)
    assert len(list(desk.folder.iterdir())) == 1
    assert desk.send(f"{page}/removal", page).status_code == 303
    desk.work()
    assert db.scalar(select(func.count()).select_from(Company)) == 0
    assert not list(desk.folder.iterdir())
    run = desk.run(page)
    assert (run.state, run.file, run.sample, run.report) == (RunState.DROPPED, None, None, None)
    assert desk.send(f"{page}/columns", page, column_0="name").status_code == 409


def test_two_clicks_start_one_job(desk: Desk, db: Session):
    page = desk.open("companies", "name\nAcme\n")
    desk.match(page)
    check = str(desk.run(page).check_id)
    for _click in range(2):
        assert desk.send(f"{page}/import", page, check=check).status_code == 303
    assert db.scalars(select(ImportJob.work).order_by(ImportJob.id)).all() == ["check", "import"]
    assert db.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'imports.work'")) == 1
    desk.work()
    assert desk.run(page).added == 1
    assert desk.send(f"{page}/import", page, check=check).status_code == 303
    assert db.scalars(select(ImportJob.work).order_by(ImportJob.id)).all() == ["check", "import"]


def test_what_was_checked_anew_is_not_imported_by_an_old_page(desk: Desk, db: Session):
    page = desk.open("companies", "name,a\nAcme,12\n")
    desk.match(page)
    old = str(desk.run(page).check_id)
    desk.match(page, column_1="employees")
    answer = desk.send(f"{page}/import", page, check=old)
    assert answer.status_code == 409
    assert "checked anew" in words(answer)


def test_rows_that_went_wrong_since_the_check_stop_the_import(desk: Desk, db: Session):
    page = desk.open("people", "name,company\nAna,Acme\n")
    db.execute(text("INSERT INTO company (name) VALUES ('Acme')"))
    db.commit()
    desk.match(page)
    db.execute(text("DELETE FROM company"))
    db.commit()
    desk.go(page)
    run = desk.run(page)
    assert run.state is RunState.FAILED
    assert "Nothing was imported." in words(desk.browser.get(page))
    assert db.scalar(select(func.count()).where(Person.name == "Ana")) == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"name\n", "holds no rows"),
        (b"PK\x03\x04" + b"x" * 50, "This is a workbook"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "This is no CSV file"),
        (b"name\n" + b"a\x00" * 50, "This is no CSV file"),
        ("name\nAcme\n".encode("utf-16"), "The file is UTF-16"),
        (b"name\nM\xc3\xbcller\nM\xfcller\n", "Line 3 is not UTF-8"),
        (b'name\n"Acme\n', "opens a quote that is not closed"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n" + b"," * 200 + b"x\n", "at most 200 can be matched"),
    ],
)
def test_what_is_no_csv_is_refused_with_a_sentence_and_kept_nowhere(desk: Desk, db: Session, content, sentence):
    answer = desk.choose("companies", content)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert db.scalar(select(func.count()).select_from(ImportRun)) == 0
    assert not desk.folder.is_dir() or not list(desk.folder.iterdir())


def test_a_file_that_is_too_large_is_refused_with_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_files, "LARGEST", 2_000_000)
    answer = desk.choose("companies", b"name\n" + b"x" * 99 + b"\n" + b"y" * 2_000_000)
    assert answer.status_code == 422
    assert "The file is larger than" in words(answer)
    assert not list(desk.folder.iterdir())
    huge = desk.choose("companies", b"name\n" + b"x" * 55_000_000)
    assert huge.status_code == 413
    assert desk.browser.get("/admin/imports").status_code == 200


def test_bodies_of_other_routes_stay_as_small_as_they_were(desk: Desk):
    assert desk.send("/account", "/account", name="x" * 1_100_000).status_code == 413


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"column_1": "name"}, "“Name” is given two columns"),
        ({"column_0": ""}, "No column is known to hold “Name”."),
        ({"column_0": "planet"}, "Not a valid choice"),
        ({"column_7": "name"}, "a field that is not known here"),
        ({"currency_2": "EU"}, "Write a code of three letters"),
    ],
)
def test_columns_that_do_not_fit_are_refused_and_stay_as_they_were_chosen(desk: Desk, changes, sentence):
    page = desk.open("companies", "name,sector,revenue\nAcme,Retail,5\n")
    before = desk.run(page).columns
    answer = desk.match(page, **changes)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert desk.run(page).columns == before
    assert (desk.run(page).state, desk.run(page).problem) == (RunState.MATCHING, None)


def test_a_cell_with_a_zero_byte_is_a_row_with_a_mistake(desk: Desk, db: Session):
    page = desk.open("companies", b"name\nAc\x00me\nBeta\n")
    desk.match(page)
    assert "2 rows = 1 added + 1 left out" in words(desk.browser.get(page))
    assert "\x00" not in desk.browser.get(f"{page}/bad-rows.csv").text


def test_a_file_that_is_gone_is_asked_for_again(desk: Desk):
    page = desk.open("companies", "name\nAcme\n")
    for file in desk.folder.iterdir():
        file.unlink()
    desk.match(page)
    assert "Choose it again" in words(desk.browser.get(page))


def test_what_nobody_imported_or_mended_in_time_is_forgotten(desk: Desk, db: Session):
    old, young = desk.open("companies", "name,staff\nAcme,x\n"), desk.open("companies", "name\nBeta\n")
    done = desk.open("companies", "name,employees\nCee,x\nDee,5\n")
    desk.match(done)
    desk.go(done)
    db.execute(
        text("UPDATE import_run SET created_at = created_at - interval '8 days' WHERE public_id = :old"),
        {"old": old.rpartition("/")[2]},
    )
    db.execute(text("UPDATE import_leftover SET kept_until = portal_now() - interval '1 second'"))
    db.commit()
    stray = desk.folder / "00000000-0000-4000-8000-000000000000"
    stray.write_bytes(b"left behind")
    os.utime(stray, (1, 1))
    jobs.queue.tasks["imports.tidy"].func(timestamp=0)
    desk.work()
    assert [desk.run(page).state for page in (old, young, done)] == ["dropped", "matching", "imported"]
    assert len(list(desk.folder.iterdir())) == 1
    assert db.scalar(select(func.count()).select_from(ImportLeftover)) == 0
    assert desk.browser.get(f"{done}/bad-rows.csv").status_code == 404
    assert (desk.run(done).report or {})["mistakes"] == []


def test_whoever_lost_the_role_meanwhile_imports_nothing(desk: Desk, db: Session, mia):
    page = desk.open("companies", "name\nAcme\n")
    desk.match(page)
    desk.send(f"{page}/import", page, check=str(desk.run(page).check_id))
    people.revoke_role(db, mia.id, "manager", by=SYSTEM)
    db.commit()
    desk.work()
    assert desk.run(page).state is RunState.FAILED
    assert db.scalar(select(func.count()).select_from(Company)) == 0


def test_progress_is_seen_while_the_import_is_under_way(desk: Desk, db: Session, monkeypatch: pytest.MonkeyPatch):
    page = desk.open("companies", "name\n" + "".join(f"Company {n}\n" for n in range(6_000)))
    desk.match(page)
    monkeypatch.setattr(working, "_TOLD_EVERY", 0.0)
    seen: list[str] = []
    write = working._Told.__call__

    def look(self: Any, step: Step) -> None:
        write(self, step)
        seen.append(words(desk.browser.client.get(page, headers=AS_HTMX)))

    monkeypatch.setattr(working._Told, "__call__", look)
    desk.go(page)
    assert any("Checking 6,000 rows 2,000 of 6,000" in each for each in seen)
    assert any("Writing 6,000 rows 5,000 of 6,000" in each for each in seen)
    over = desk.browser.client.get(page, headers=AS_HTMX)
    assert (over.headers.get("HX-Refresh"), over.text) == ("true", "")


AS_HTMX: Final = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#work"}


def test_another_import_is_waited_for(desk: Desk, db: Session, cluster, database_name):
    page = desk.open("companies", "name\nAcme\n")
    with psycopg.connect(cluster.url(database_name)) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('portal.imports'))")
        desk.match(page)
        assert desk.run(page).state is RunState.CHECKING
        assert "Waiting for its turn" in words(desk.browser.get(page))
    db.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    db.commit()
    desk.work()
    assert desk.run(page).state is RunState.CHECKED
    assert db.scalars(select(ImportJob.tries)).all() == [1]


def test_what_breaks_three_times_is_shown_as_failed(desk: Desk, db: Session, monkeypatch: pytest.MonkeyPatch):
    page = desk.open("companies", "name\nAcme\n")
    desk.match(page)
    desk.send(f"{page}/import", page, check=str(desk.run(page).check_id))
    monkeypatch.setattr(working, "_imported", lambda *_: 1 / 0)
    job = db.scalars(select(ImportJob.id).order_by(ImportJob.id.desc()).limit(1)).one()
    db.rollback()
    for number in range(1, 4):
        with pytest.raises(ZeroDivisionError):
            working.work(job, desk.folder)
        assert db.scalar(select(func.count()).select_from(Company)) == 0
        shown = words(desk.browser.get(page))
        assert ("This is try" in shown) == (number > 1)
    working.work(job, desk.folder)
    assert desk.run(page).state is RunState.FAILED
    monkeypatch.undo()
    desk.match(page)
    desk.go(page)
    assert desk.run(page).added == 1


def test_pages_and_jobs_of_a_run_that_does_not_exist_are_nowhere(desk: Desk):
    nowhere = "/admin/imports/00000000-0000-4000-8000-000000000000"
    for path in (nowhere, f"{nowhere}/bad-rows.csv"):
        assert desk.browser.get(path).status_code == 404
    for path in (f"{nowhere}/columns", f"{nowhere}/import", f"{nowhere}/removal"):
        assert desk.send(path).status_code == 404
    working.work(987654321, desk.folder)

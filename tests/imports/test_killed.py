"""A worker that is killed in the middle of an import leaves nothing half-written, and another one finishes."""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg
import pytest
from sqlalchemy import func, select

from portal.imports import working
from portal.imports.models import ImportJob
from portal.imports.states import RunState
from portal.people.models import Company
from tests.imports.test_by_screen import Desk, desk, mia, words

__all__ = ["desk", "mia"]
pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]
WORKER = """
import sys
from pathlib import Path
from portal import create_app
from portal.imports import kept_files, working
from tests.conftest import make_settings
settings = make_settings(sys.argv[1], Path(sys.argv[2]))
with create_app(settings).app_context():
    working.work(int(sys.argv[3]), kept_files.folder(settings))
"""
PATIENCE = 60.0


def test_a_killed_worker_leaves_nothing_and_another_one_finishes(desk: Desk, db, app, cluster, database_name):
    page = desk.open("companies", "name\n" + "".join(f"Company {n}\n" for n in range(3_000)))
    desk.match(page)
    desk.send(f"{page}/import", page, check=str(desk.run(page).check_id))
    job = db.scalars(select(ImportJob.id).order_by(ImportJob.id.desc()).limit(1)).one()
    db.rollback()
    instance = str(app.config["PORTAL"].instance)
    with psycopg.connect(cluster.url(database_name)) as other:
        other.execute("LOCK TABLE company IN SHARE MODE")  # nobody writes companies, everybody reads them
        killed = subprocess.Popen([sys.executable, "-c", WORKER, cluster.url(database_name), instance, str(job)])
        deadline = time.monotonic() + PATIENCE
        while (stage := db.scalars(select(ImportJob.stage).where(ImportJob.id == job)).one()) != "writing":
            db.rollback()
            assert time.monotonic() < deadline, stage
            time.sleep(0.05)
        killed.kill()
        killed.wait()
    db.rollback()
    assert db.scalar(select(func.count()).select_from(Company)) == 0
    assert desk.run(page).state is RunState.IMPORTING
    assert "Writing 3,000 rows" in words(desk.browser.get(page))
    _wait_until_its_transaction_is_gone(cluster.url(database_name))
    working.work(job, desk.folder)
    run = desk.run(page)
    assert (run.state, run.added) == (RunState.IMPORTED, 3_000)
    assert db.scalars(select(ImportJob.tries).where(ImportJob.id == job)).one() == 2
    assert db.scalar(select(func.count()).select_from(Company)) == 3_000


def _wait_until_its_transaction_is_gone(url: str) -> None:
    """PostgreSQL notices within moments that the client is gone; until then it holds the imports' lock."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as watch:
        while time.monotonic() < deadline:
            held = watch.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
            if held == (0,):
                return
            time.sleep(0.05)
    raise AssertionError("the killed worker's transaction is still there")

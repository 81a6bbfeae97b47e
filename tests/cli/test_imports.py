"""What a process does not need it does not import: each start pays for it, in each process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ALEMBIC = ("alembic", "mako")
NOT_FOR_PAGES = (*ALEMBIC, "granian", "multiprocessing", "portal.cli", "portal.database.migrating", "portal.demo")


def imported(program: str, instance: Path, url: str) -> set[str]:
    """The modules that a new interpreter has imported when it has run the program."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint('imported', *sys.modules)"],
        env={**os.environ, "PORTAL_ENV": "test", "PORTAL_INSTANCE": str(instance), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ended.stdout.splitlines()[-1].split())


def test_a_web_process_imports_nothing_of_commands_migrations_and_demo(tmp_path: Path) -> None:
    modules = imported("import portal; portal.create_app()", tmp_path, "postgresql://nowhere/none")
    assert "portal.challenges.views" in modules
    assert not modules & set(NOT_FOR_PAGES)


@pytest.mark.parametrize("command", ["check", "demo"])
def test_a_command_on_a_database_of_this_shape_does_without_alembic(
    command: str, database: str, tmp_path: Path
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO person (name) VALUES ('Ana Ferreira')")  # nothing is built beside people
    program = f"from portal import cli\nsys.argv = ['portal', '{command}']\ntry: cli.main()\nexcept SystemExit: pass"
    modules = imported(program, tmp_path, database)
    assert "portal.challenges.views" in modules
    assert not modules & set(ALEMBIC)

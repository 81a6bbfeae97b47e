"""The embedded PostgreSQL: who starts it, who stops it, and what it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from portal.database import embedded, process_table
from portal.database.server_account import EmbeddedError

pytestmark = pytest.mark.kill
USER = """
import sys
from pathlib import Path
from portal.database import embedded
with embedded.running(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process(instance: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that uses the server until it reads a line; and the URL that it got."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(instance)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield user, user.stdout.readline().strip() if user.stdout else ""
    finally:
        user.kill()
        user.communicate()


def postmaster(instance: Path) -> int | None:
    return embedded._Embedded(instance).server.postmaster()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def die(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while process_table.identity(pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_last_user_stops_the_server(instance: Path) -> None:
    with another_process(instance) as (other, its_url):
        with embedded.running(instance) as url:
            assert url == its_url
        assert postmaster(instance) is not None
        other.communicate("done\n")
        assert other.returncode == 0
    assert postmaster(instance) is None


def test_a_process_that_enters_twice_leaves_twice(instance: Path) -> None:
    with embedded.running(instance) as url:
        with embedded.running(instance):
            pass
        assert ask(url, "SELECT 1") == 1


def test_a_killed_user_neither_ends_the_server_nor_keeps_it(instance: Path) -> None:
    with another_process(instance) as (other, _):
        before = postmaster(instance)
        other.kill()
        other.wait()
    assert postmaster(instance) == before
    with embedded.running(instance):
        assert postmaster(instance) == before
    assert postmaster(instance) is None


def test_a_killed_server_is_started_again_and_has_lost_nothing(instance: Path) -> None:
    with embedded.running(instance) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        first = postmaster(instance)
        assert first is not None
        die(first)
        assert postmaster(instance) is None, "a zombie is dead"
        with embedded.running(instance) as again:
            assert again == url
            assert ask(url, "SELECT answer FROM kept") == 42
            assert postmaster(instance) not in (None, first)


def test_revive_starts_only_what_is_dead(instance: Path) -> None:
    with embedded.running(instance) as url:
        assert not embedded.revive(instance)
        pid = postmaster(instance)
        assert pid is not None
        busy = psycopg.connect(url)  # a session that outlives the postmaster for a moment
        busy.execute("SELECT 1")
        die(pid)
        assert embedded.revive(instance)
        busy.close()
        assert ask(url, "SELECT 1") == 1


def test_a_stale_pid_file_with_the_number_of_a_stranger_does_not_matter(instance: Path) -> None:
    with embedded.running(instance):
        pass
    pid_file = embedded._Embedded(instance).server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n0\n5432\n\n\n\nready\n")
    with embedded.running(instance) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_server_that_cannot_be_reached_is_restarted(instance: Path) -> None:
    with embedded.running(instance) as url:
        pid = postmaster(instance)
        (Path(str(conninfo_to_dict(url)["host"])) / ".s.PGSQL.5432").unlink()
        with embedded.running(instance) as again:
            assert ask(again, "SELECT 1") == 1
            assert postmaster(instance) != pid


def test_a_start_that_was_interrupted_begins_anew(instance: Path) -> None:
    cluster = instance / "postgresql" / "cluster"
    (cluster / "data.new" / "base").mkdir(parents=True)
    (cluster / "password.new").write_text("old")
    with embedded.running(instance) as url:
        assert ask(url, "SELECT 1") == 1


def test_the_role_is_an_owner_without_superuser_rights(instance: Path) -> None:
    with embedded.running(instance) as url:
        assert ask(url, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") is False
        assert ask(url, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'portal'") == "portal"
        with psycopg.connect(url) as connection:
            connection.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent")


def test_nobody_enters_without_the_password_or_by_the_network(instance: Path) -> None:
    with embedded.running(instance) as url:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url, password="guess")
        assert ask(url, "SHOW listen_addresses") == ""
    passwords = instance / "postgresql" / "passwords"
    assert passwords.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_what_was_acknowledged_is_on_disk(setting: str, instance: Path) -> None:
    with embedded.running(instance) as url:
        assert ask(url, f"SHOW {setting}") == "on"


def test_data_of_another_major_version_are_refused_and_left_alone(instance: Path) -> None:
    with embedded.running(instance):
        pass
    version = embedded._Embedded(instance).server.data / "PG_VERSION"
    version.write_text("17\n")
    refusal = r"made by PostgreSQL 17, but this is PostgreSQL 18.*Dump it with pg_dump"
    with pytest.raises(EmbeddedError, match=refusal), embedded.running(instance):
        pass
    assert version.read_text() == "17\n"


def test_lost_passwords_are_named(instance: Path) -> None:
    with embedded.running(instance):
        pass
    file = instance / "postgresql" / "passwords"
    content = file.read_text()
    file.unlink()
    with pytest.raises(EmbeddedError, match="from your backup"), embedded.running(instance):
        pass
    file.write_text(content)


def test_a_path_of_150_characters(place: Path) -> None:
    instance = place / ("long-" * 30)
    assert len(str(instance)) > 150
    try:
        with embedded.running(instance) as url:
            assert ask(url, "SELECT 1") == 1
            assert len(str(conninfo_to_dict(url)["host"])) < 80
    finally:
        embedded.destroy(instance)


def test_a_path_with_blanks_and_quotes(place: Path) -> None:
    instance = place / "our 'own\" instance, ä"
    try:
        with embedded.running(instance) as url:
            assert ask(url, "SELECT 1") == 1
    finally:
        embedded.destroy(instance)


def test_a_database_in_use_is_not_deleted(instance: Path) -> None:
    with embedded.running(instance) as url:
        with pytest.raises(EmbeddedError, match=f"stop the process {os.getpid()} first"):
            embedded.destroy(instance)
        assert ask(url, "SELECT 1") == 1


def test_many_first_users_at_once_share_one_server(instance: Path) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(instance)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    urls = {user.stdout.readline() for user in users if user.stdout}
    assert len(urls) == 1
    assert urls != {""}
    for user in users:
        user.communicate("done\n")
        assert user.returncode == 0
    assert postmaster(instance) is None


def test_a_zombie_has_no_identity() -> None:
    child = subprocess.Popen(["true"])
    deadline = time.monotonic() + 10
    while process_table.identity(child.pid) is not None:
        assert time.monotonic() < deadline
    os.kill(child.pid, 0)  # the system still knows it
    child.wait()

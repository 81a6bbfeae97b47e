"""The commands as an operator meets them: exit codes, and a sentence for whatever goes wrong."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from portal.cli import installation
from tests.cli.asking import SAFE, Portal
from tests.cluster import Cluster


def test_the_exit_code_reaches_the_shell() -> None:
    command = [sys.executable, "-m", "portal", "check"]
    ended = subprocess.run(command, env={"PORTAL_ENV": "nonsense"}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended


def test_what_was_asked_for_wrongly_ends_with_2(portal: Portal) -> None:
    portal("nonsense").refused("No such command", code=2)
    portal("import", "people", "/nowhere.csv").refused("does not exist", code=2)
    portal("import", "planets", "/nowhere.csv").refused("'planets' is not one of", code=2)
    portal("serve", "--port", "99999").refused("--port", code=2)
    assert portal("--version").code == 0
    assert portal("--help").code == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "eighty", "PORT: Input should be a valid integer"),
        ("PORT", "99999", "PORT: Input should be less than or equal to 65535"),
        ("PORTAL_ENV", "prod", "'production', 'development', 'demo' or 'test'"),
        ("WEB_PROCESSES", "0", "WEB_PROCESSES: "),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: "),
        ("DATABASE_URL", "mysql://somewhere/portal", "DATABASE_URL: must be an address like postgresql://"),
        ("DATABASE_URL", "somewhere", "DATABASE_URL: must be an address like postgresql://"),
        ("DATABASE_URL", "postgresql://somewhere:port/portal", "DATABASE_URL: must be an address like"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(portal: Portal, name: str, value: str, said: str) -> None:
    portal("check", **{name: value}).refused(said, code=2)


def test_both_spellings_of_an_address_are_read(portal: Portal, database: str) -> None:
    assert portal("migrate", DATABASE_URL=database.replace("postgresql://", "postgres://")).code == 0


@pytest.mark.parametrize(
    "command", [("check",), ("migrate",), ("create-admin", "ana@example.com"), ("export", "people")]
)
def test_a_database_that_is_not_there(portal: Portal, command: tuple[str, ...]) -> None:
    nowhere = "postgresql://portal:secret-password@127.0.0.1:1/portal"
    ended = portal(*command, DATABASE_URL=nowhere)
    ended.refused("The database does not answer", "DATABASE_URL")
    assert "secret-password" not in ended.err


def test_an_older_shape_is_refused_until_it_is_migrated(portal: Portal) -> None:
    assert portal("migrate", "0005").code == 0
    portal("check").refused("Run: portal migrate")
    portal("create-admin", "ana@example.com").refused("Run: portal migrate")
    assert portal("migrate").code == 0
    assert portal("check").code == 0


def test_going_back_and_staying(portal: Portal) -> None:
    assert "at 0009" in portal("migrate", "0009").out
    assert portal("migrate", "0009").code == 0
    assert portal("migrate", "base").code == 0
    assert portal("migrate", "base").code == 0
    assert portal("migrate").code == 0


def test_a_revision_that_nobody_knows(portal: Portal) -> None:
    portal("migrate", "9999").refused("9999", "This version of the portal knows: base, 0001")


def test_a_database_of_a_later_version(portal: Portal, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    portal("check").refused("another shape")
    for command in ("migrate", "serve"):
        portal(command).refused("9999", "This version of the portal knows")


def test_check_says_that_all_is_well(portal: Portal) -> None:
    ended = portal("check")
    assert ended.code == 0
    assert "rules hold" in ended.out


def test_check_ends_with_1_and_a_sentence_for_each_breach(portal: Portal, cluster: Cluster, database: str) -> None:
    with psycopg.connect(cluster.url(_name(database), superuser=True), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("INSERT INTO message (person_id, kind, data, state, created_at, sending_at, sent_at)"
                          " VALUES (0, 'x', '{}', 'sent', now(), now(), now() - interval '1 day')")  # fmt: skip
    portal("check").refused("A message is written before it is sent or read")


def _name(url: str) -> str:
    return url.rpartition("@/")[2].partition("?")[0]


def test_create_admin_prints_one_link_of_the_base_url(portal: Portal) -> None:
    ended = portal("create-admin", "ana@example.com", PORTAL_BASE_URL="https://advocates.example.com")
    assert ended.code == 0
    (link,) = ended.out.split()
    assert link.startswith("https://advocates.example.com/invitation/")


def test_create_admin_refuses_what_is_no_address(portal: Portal) -> None:
    portal("create-admin", "ana").refused("e-mail address")


def test_an_interrupted_command(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installation, "_require_head", interrupted)
    assert portal("check").code == 130


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or weak: set it to at least 32 random characters"),
        ({"SECRET_KEY": None}, "SECRET_KEY is missing or weak"),
        ({"PORTAL_BASE_URL": "http://advocates.example.com"}, "PORTAL_BASE_URL must be the https address"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG is on: unset it"),
    ],
)
def test_production_refuses_unsafe_settings(
    portal: Portal, command: str, changes: dict[str, str | None], said: str
) -> None:
    portal(command, **{**SAFE, **changes}).refused(said)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_production_refuses_a_database_that_may_forget(portal: Portal, command: str) -> None:
    """The cluster of the tests is just that."""
    portal(command, **SAFE).refused(
        "synchronous_commit is off: acknowledged points could vanish in a crash. Set it to on.",
        "fsync or full_page_writes is off: the database would not survive a crash.",
    )


def test_production_refuses_each_fault_of_the_database_alone(portal: Portal, cluster: Cluster, database: str) -> None:
    name = _name(database)
    with psycopg.connect(cluster.url("postgres", superuser=True), autocommit=True) as superuser:
        superuser.execute(f"ALTER DATABASE {name} SET synchronous_commit = 'on'".encode())
        superuser.execute(f"ALTER DATABASE {name} SET portal.now = '2026-01-01'".encode())
        ended = portal("worker", **SAFE)
        superuser.execute(f"ALTER DATABASE {name} RESET ALL".encode())
    ended.refused("portal.now is set", "fsync")
    assert "synchronous_commit" not in ended.err


def test_production_refuses_a_superuser(portal: Portal, cluster: Cluster, database: str) -> None:
    ended = portal("serve", **SAFE, DATABASE_URL=cluster.url(_name(database), superuser=True))
    ended.refused("DATABASE_URL signs in as a superuser: use a role that owns only the portal's database.")


def test_production_never_builds_the_demo(portal: Portal, database: str) -> None:
    portal("demo", **SAFE).refused("PORTAL_ENV is production: build the demo in an instance of its own")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)


def test_the_demo_brings_an_older_shape_up_first(portal: Portal, database: str) -> None:
    portal("migrate", "0009")
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO person (name) VALUES ('Ana Ferreira')")
    portal("demo", PORTAL_ENV="demo").refused("holds people already")
    assert portal("check").code == 0


def test_demo_leaves_people_alone(portal: Portal, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO person (name) VALUES ('Ana Ferreira')")
    portal("demo", PORTAL_ENV="demo").refused("holds people already")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (1,)

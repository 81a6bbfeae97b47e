"""What `portal backup` wrote comes back whole from `portal restore`, or not at all and with a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import psycopg
import pytest
from sqlalchemy import create_engine

from portal.cli.data import KINDS
from portal.database import archive, migrating, snapshot
from portal.database.archive import BackupError, Manifest
from portal.database.shape import head
from tests.cli.asking import KEY, Portal
from tests.cluster import Cluster

Known = dict[str, tuple[int, str]]
Another = Callable[..., str]
FILES = {"mail/20260301-a.eml": b"From: a\n", "files/ab/cd.png": bytes(range(256)) * 600, "notes.txt": b""}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with files, a key, and what looks like an embedded database."""
    folder = tmp_path_factory.mktemp("home")
    left_out = {"secret_key": b"hush", "secret_key.ab12": b"hush", "postgresql/passwords": b"hush", ".half": b""}
    for name, text in {**FILES, **left_out}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)
    (folder / "link").symlink_to(folder / "secret_key")
    return folder


@pytest.fixture(scope="module")
def backup(cluster: Cluster, lived: str, home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive and the address of the database that it was made of, which stays as it is."""
    source = cluster.create_database(f"cli_kept_{uuid.uuid4().hex[:12]}", lived)
    file = tmp_path_factory.mktemp("kept") / "portal.backup"
    environ = {"PATH": os.environ["PATH"], "PORTAL_ENV": "test", "DATABASE_URL": source, "PORTAL_INSTANCE": str(home)}
    command = [sys.executable, "-m", "portal", "backup", str(file)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended
    assert "3 files, not the secret key" in ended.stdout
    return file, source


@pytest.fixture
def another(cluster: Cluster) -> Iterator[Another]:
    """Makes further databases, wholly empty or copies."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(f"cli_{uuid.uuid4().hex[:12]}")
        return cluster.create_database(made[-1], template)

    yield make
    for name in made:
        cluster.drop_database(name)


def content(url: str) -> Known:
    """Count and digest of the rows of each table."""
    known = {}
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
        for (table,) in tables:
            known[table] = connection.execute(
                f"SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {table} t"
            ).fetchone()
    return known  # type: ignore[return-value]


def rules(url: str) -> list[tuple[object, ...]]:
    """Constraints, triggers with their state, and the next numbers of sequences."""
    with psycopg.connect(url) as connection:
        keys = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        triggers = "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled = 'O' FROM pg_trigger"
        rows = connection.execute(f"{keys} WHERE connamespace = 'public'::regnamespace").fetchall()
        rows += connection.execute(f"{triggers} WHERE NOT tgisinternal").fetchall()
    return sorted(rows, key=str)


def below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rewritten(file: Path, target: Path, change: Callable[[Manifest, dict[str, bytes]], None]) -> Path:
    """A copy of an archive, changed and with a right sum again: what only a mistake of ours could write."""
    with archive.opened(file) as opened:
        rows = {table.name: opened.table(table.name).read() for table in opened.manifest.tables}
        manifest = opened.manifest
    change(manifest, rows)
    with archive.written(target) as writer:
        for table in manifest.tables:
            with writer.table(table.name) as sink:
                sink.write(rows[table.name])
        writer.manifest(manifest)
    return target


@pytest.mark.parametrize("target", ["nothing at all", "an empty shape"])
def test_a_backup_comes_back_whole(
    portal: Portal,
    another: Another,
    lived: str,
    shape: str,
    backup: tuple[Path, str],
    tmp_path: Path,
    target: str,
) -> None:
    file, source = backup
    url, folder = another(shape if target == "an empty shape" else None), tmp_path / "new"
    ended = portal("restore", str(file), DATABASE_URL=url, PORTAL_INSTANCE=str(folder))
    assert ended.code == 0, ended
    assert "All is well" in ended.out
    assert content(url) == content(source)
    assert rules(url) == rules(source)
    assert {name: text for name, text in below(folder).items() if name != "secret_key"} == FILES
    former = another(lived)  # an export is put on record
    for kind in KINDS:
        assert portal("export", kind, DATABASE_URL=url).out == portal("export", kind, DATABASE_URL=former).out
    assert portal("check", DATABASE_URL=url).code == 0


def test_new_rows_get_numbers_that_no_row_has(
    portal: Portal, another: Another, lived: str, backup: tuple[Path, str]
) -> None:
    file, _ = backup
    url = another()
    assert portal("restore", str(file), DATABASE_URL=url).code == 0
    insert = "INSERT INTO company (name) VALUES ('Fjordline') RETURNING id"
    with psycopg.connect(url) as restored, psycopg.connect(another(lived)) as former:
        assert restored.execute(insert).fetchone() == former.execute(insert).fetchone()


def test_the_archive_is_for_its_owner_and_holds_no_key(backup: tuple[Path, str], tmp_path: Path) -> None:
    file, _ = backup
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    with archive.opened(file) as opened:
        assert {str(name) for name in opened.unpack(tmp_path)} == set(FILES)
    assert b"hush" not in b"".join(below(tmp_path).values())


def test_restoring_over_a_filled_database_has_to_be_asked_for(
    portal: Portal, another: Another, lived: str, backup: tuple[Path, str], tmp_path: Path
) -> None:
    file, source = backup
    url, folder = another(lived), tmp_path / "new"
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO company (name) VALUES ('Fjordline')")
    before = content(url)
    ended = portal("restore", str(file), DATABASE_URL=url, PORTAL_INSTANCE=str(folder))
    ended.refused("is filled already", "--overwrite", "Nothing was changed")
    assert content(url) == before
    assert set(below(folder)) <= {"secret_key"}
    assert portal("restore", "--overwrite", str(file), DATABASE_URL=url, PORTAL_INSTANCE=str(folder)).code == 0
    assert content(url) == content(source)


def test_a_portal_that_runs_is_not_restored_under_its_people(
    portal: Portal, another: Another, backup: tuple[Path, str]
) -> None:
    file, _ = backup
    url = another()
    with psycopg.connect(url):
        portal("restore", str(file), DATABASE_URL=url).refused(
            "The database is in use by others (connections: 1): stop"
        )
    assert content(url) == {}


def test_tables_of_another_program_are_left_alone(portal: Portal, another: Another, backup: tuple[Path, str]) -> None:
    file, _ = backup
    url = another()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE theirs (id int)")
    portal("restore", "--overwrite", str(file), DATABASE_URL=url).refused("tables of another program")
    assert set(content(url)) == {"theirs"}


@pytest.mark.parametrize("fault", ["truncated", "flipped", "text", "empty", "another zip", "newer", "newer format"])
def test_a_file_that_cannot_be_restored_changes_nothing(
    portal: Portal, another: Another, lived: str, backup: tuple[Path, str], tmp_path: Path, fault: str
) -> None:
    file, said = faulty(backup[0], tmp_path / "bad", fault)
    folder = tmp_path / "new"
    for url in (another(), another(lived)):
        before = content(url)
        ended = portal("restore", "--overwrite", str(file), DATABASE_URL=url, PORTAL_INSTANCE=str(folder))
        ended.refused(said)
        assert content(url) == before
    assert not folder.exists()


def faulty(good: Path, bad: Path, fault: str) -> tuple[Path, str]:
    """A file with one fault, and what is said of it."""
    whole = good.read_bytes()
    if fault == "newer":
        return rewritten(good, bad, lambda manifest, _: setattr(manifest, "revision", "9999")), "a newer version"
    if fault == "newer format":
        return rewritten(good, bad, lambda manifest, _: setattr(manifest, "format", 2)), "a newer version"
    contents = {
        "truncated": (whole[: len(whole) // 2], "damaged or incomplete"),
        "flipped": (whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], "damaged or incomplete"),
        "text": (b"name,domain\nFjordline,fjordline.example\n", "is no backup of the portal"),
        "empty": (b"", "is no backup of the portal"),
        "another zip": (b"PK\x05\x06" + bytes(18), "is no backup of the portal"),
    }
    bad.write_bytes(contents[fault][0])
    return bad, contents[fault][1]


def test_one_flipped_bit_anywhere_is_refused(tmp_path: Path) -> None:
    """Headers, names, sums, the comment: a bit of each byte of a small archive."""
    file = tmp_path / "small"
    with archive.written(file) as writer:
        with writer.table("level") as sink:
            sink.write(b"1\tNewcomer\n")
        writer.manifest(Manifest(format=1, version="0", revision=head(), made_at="", tables=[], sequences=[]))
    with archive.opened(file):
        pass
    whole, bad = file.read_bytes(), tmp_path / "bad"
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        bad.write_bytes(changed)
        with pytest.raises(BackupError), archive.opened(bad):
            pass
    for length in range(len(whole)):
        bad.write_bytes(whole[:length])
        with pytest.raises(BackupError), archive.opened(bad):
            pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _, rows: rows.update(person=b""), "lacks rows of person"),
        (lambda manifest, rows: (rows.update(person=b""), _no_rows(manifest, "person")), "violates foreign key"),
        (lambda _, rows: rows.update(person=b"nonsense\n"), "cannot be restored"),
        (lambda manifest, _: manifest.tables.pop(), "other tables than its shape"),
    ],
    ids=["rows missing", "keys broken", "no rows of ours", "table missing"],
)
def test_an_archive_that_does_not_fit_together_changes_nothing(
    portal: Portal,
    another: Another,
    lived: str,
    backup: tuple[Path, str],
    tmp_path: Path,
    change: Callable[[Manifest, dict[str, bytes]], None],
    said: str,
) -> None:
    bad = rewritten(backup[0], tmp_path / "bad", change)
    url = another(lived)
    before, held = content(url), rules(url)
    ended = portal("restore", "--overwrite", str(bad), DATABASE_URL=url, PORTAL_INSTANCE=str(tmp_path / "new"))
    ended.refused(said, "Nothing was changed")
    assert content(url) == before
    assert rules(url) == held


def _no_rows(manifest: Manifest, name: str) -> None:
    next(table for table in manifest.tables if table.name == name).rows = 0


@pytest.mark.parametrize("name", ["../outside", "/outside", "secret_key", "postgresql/passwords"])
def test_no_file_goes_where_no_backup_puts_one(
    portal: Portal, another: Another, backup: tuple[Path, str], tmp_path: Path, name: str
) -> None:
    with archive.opened(backup[0]) as opened:
        manifest = opened.manifest
    bad, folder = tmp_path / "bad", tmp_path / "deep" / "new"
    with archive.written(bad) as writer:
        with writer.file(PurePosixPath(name)) as sink:
            sink.write(b"planted")
        writer.manifest(manifest)
    ended = portal("restore", str(bad), DATABASE_URL=another(), PORTAL_INSTANCE=str(folder))
    ended.refused("Nothing was changed")
    assert b"planted" not in below(tmp_path / "deep").values()


def test_a_backup_of_an_older_shape_comes_up_to_this_one(portal: Portal, another: Another, tmp_path: Path) -> None:
    former, url = another(), another()
    engine = create_engine(former)
    migrating.migrate(engine, "0009")
    engine.dispose()
    with psycopg.connect(former) as connection:
        connection.execute("INSERT INTO company (name) VALUES ('Fjordline')")
    file = tmp_path / "old"
    with archive.written(file) as writer, snapshot.still(former) as connection:
        writer.manifest(snapshot.take(connection, writer).model_copy(update={"revision": "0009"}))
    assert portal("restore", str(file), DATABASE_URL=url).code == 0
    assert portal("check", DATABASE_URL=url).code == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT name FROM company").fetchone() == ("Fjordline",)


def test_a_database_of_a_later_version_is_not_replaced(
    portal: Portal, another: Another, lived: str, backup: tuple[Path, str]
) -> None:
    url = another(lived)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = content(url)
    portal("restore", "--overwrite", str(backup[0]), DATABASE_URL=url).refused("9999")
    assert content(url) == before


def test_a_backup_under_load_holds_all_that_was_acknowledged_and_nothing_by_halves(
    portal: Portal, another: Another, shape: str, tmp_path: Path
) -> None:
    source, url, file = another(shape), another(), tmp_path / "busy"
    acknowledged: list[str] = []
    begun, over = threading.Event(), threading.Event()

    def work(who: int) -> None:
        with psycopg.connect(source) as connection:
            number = 0
            while not over.is_set():
                name = f"{who}-{number}"
                connection.execute("INSERT INTO company (name) VALUES (%s)", [name])
                connection.execute("INSERT INTO product (name) VALUES (%s)", [name])
                connection.commit()
                acknowledged.append(name)
                number += 1
                if number > 50:
                    begun.set()

    workers = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for worker in workers:
        worker.start()
    try:
        assert begun.wait(60)
        before = set(acknowledged)
        assert portal("backup", str(file), DATABASE_URL=source).code == 0
    finally:
        over.set()
        for worker in workers:
            worker.join()
    assert len(acknowledged) > len(before)
    assert portal("restore", str(file), DATABASE_URL=url).code == 0
    with psycopg.connect(url) as connection:
        companies = {name for (name,) in connection.execute("SELECT name FROM company")}
        products = {name for (name,) in connection.execute("SELECT name FROM product")}
    assert before <= companies == products


@pytest.mark.slow
def test_backups_while_a_program_is_lived_hold_all_rules(portal: Portal, another: Another, tmp_path: Path) -> None:
    """A demo is built through the verbs meanwhile, deed by deed."""
    source = another()
    environ = {"PATH": os.environ["PATH"], "PORTAL_ENV": "demo", "PORTAL_INSTANCE": str(tmp_path / "demo")}
    command = [sys.executable, "-m", "portal", "demo"]
    with subprocess.Popen(command, env={**environ, "DATABASE_URL": source}) as building:
        seen = 0
        while building.poll() is None:
            time.sleep(2)
            file, url = tmp_path / f"{seen}.portal", another()
            if portal("backup", str(file), DATABASE_URL=source).code == 0:  # it has its shape by now
                seen += 1
                restored = portal("restore", str(file), DATABASE_URL=url)
                assert (restored.code, restored.err) == (0, "")
    assert building.returncode == 0
    assert seen >= 3


def test_a_backup_overwrites_nothing_and_needs_a_place(portal: Portal, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("precious")
    portal("backup", str(taken)).refused("exists already: choose another name")
    assert taken.read_text() == "precious"
    portal("backup", str(tmp_path / "nowhere" / "file")).refused("cannot be written: No such file or directory")
    portal("migrate", "0009")
    portal("backup", str(tmp_path / "old")).refused("Run: portal migrate")
    portal("restore", str(tmp_path / "nowhere")).refused("does not exist", code=2)


def test_an_interrupted_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted() -> None:
        with archive.written(tmp_path / "half") as writer, writer.table("person") as sink:
            sink.write(os.urandom(1000))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_backup_holds_no_other_backup(portal: Portal, backup: tuple[Path, str], tmp_path: Path) -> None:
    former, source = backup
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes.txt").write_text("ours")
    shutil.copy(former, tmp_path / "home" / "former")
    ended = portal("backup", str(tmp_path / "new"), DATABASE_URL=source, PORTAL_INSTANCE=str(tmp_path / "home"))
    assert " tables and 1 files, " in ended.out


def test_a_folder_that_cannot_be_written_leaves_the_database_alone(
    portal: Portal, another: Another, backup: tuple[Path, str], tmp_path: Path
) -> None:
    url, taken = another(), tmp_path / "taken"
    taken.write_text("no folder")
    ended = portal("restore", str(backup[0]), DATABASE_URL=url, PORTAL_INSTANCE=str(taken), SECRET_KEY=KEY)
    ended.refused("cannot be written: File exists. The database was not changed.")
    assert content(url) == {}

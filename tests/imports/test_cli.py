"""`portal import` and `portal export` on a terminal: the report, the progress, the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from portal.audit import AuditEntry
from portal.cli import portal
from portal.cli.data import KINDS
from portal.imports import rows
from portal.people.models import Company


@pytest.fixture
def command(db, cluster, database_name, tmp_path, monkeypatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", cluster.url(database_name))
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))

    def command(*words: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(portal, words, input=stdin)

    return command


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    file = tmp_path / "accounts.csv"
    file.write_bytes("account;sector\nAcme;retail\nKöln;retail\n".encode("latin-1"))
    return str(file)


def test_a_file_is_imported_with_progress_beside_the_report(command, db, accounts):
    result = command("import", "companies", accounts)
    assert result.exit_code == 0, result.output
    assert "2 rows, semicolon, Latin-1" in result.stdout
    assert "Companies: 2 rows in the file = 2 added." in result.stdout
    assert "Writing 2 rows" in result.stderr
    assert "Writing" not in result.stdout
    assert db.scalar(select(func.count()).select_from(Company)) == 2


def test_standard_input_is_a_file_too(command, db):
    assert command("import", "companies", "-", stdin=b"name\nAcme\n").exit_code == 0
    assert db.scalar(select(func.count()).select_from(Company)) == 1


def test_a_dry_run_keeps_nothing(command, db, accounts):
    result = command("import", "companies", accounts, "--dry-run")
    assert (result.exit_code, "dry run" in result.stdout) == (0, True)
    assert db.scalar(select(func.count()).select_from(Company)) == 0
    assert db.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_mistakes_end_with_a_code_and_keep_nothing_unless_skipped(command, db, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("name,employees\nAcme,12\nBeta,many\n")
    result = command("import", "companies", str(file))
    assert result.exit_code == 1
    assert "Line 3, column “employees” (many): this is no number." in result.stderr
    assert "nothing was written" in result.stderr
    assert db.scalar(select(func.count()).select_from(Company)) == 0
    db.rollback()
    result = command("import", "companies", str(file), "--skip-bad")
    assert result.exit_code == 0
    assert "Line 3" in result.stdout
    assert "2 rows in the file = 1 added, 1 left out because of mistakes." in result.stdout


def test_options_reach_the_import(command, db, tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text('key,stage,day,worth,what\n1,Won,3/1/2017,"1,234",x\n')
    words = ["--map", "key=crm_id", "--map", "day=engaged_on", "--map", "worth=amount:K:USD"]
    told = [*words, "--date-order", "month-first", "--decimal", "comma", "--encoding", "utf-8"]
    result = command("import", "opportunities", str(file), *told)
    assert result.exit_code == 0, result.output
    exported = command("export", "opportunities").stdout_bytes.decode()
    assert "1,,,,,Won,2017-03-01,,1234,USD" in exported


def test_an_export_is_csv_on_standard_output_and_leaves_an_audit_row(command, db, accounts):
    command("import", "companies", accounts)
    result = command("export", "companies")
    assert result.exit_code == 0
    header, first, second, *rest = result.stdout_bytes.decode().split("\r\n")
    assert header == "portal_id,name,domain,crm_id,industry,country,employees,revenue,currency,founded,parent"
    assert (first[36:], second[36:], rest) == (",Acme,,,retail,,,,,,", ",Köln,,,retail,,,,,,", [""])
    (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "export.run"))
    assert (entry.subject, entry.details) == ("export:companies", {"rows": 2})


def test_the_help_names_every_field_of_every_kind(command):
    said = command("import", "--help").stdout
    for kind in KINDS:
        for field in rows.find(kind).fields:
            assert field.key in said


def test_an_unknown_kind_or_file_is_a_sentence(command):
    assert "planets" in command("import", "planets", "x.csv").stderr
    assert "does not exist" in command("import", "companies", "nowhere.csv").stderr

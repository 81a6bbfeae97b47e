"""What stands in Procfile and deploy/ fits the commands and settings that there are."""

from __future__ import annotations

import http.server
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.cli import portal as commands
from portal.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
UNITS = sorted((ROOT / "deploy").glob("*.service"))
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text()
HOST = "advocates.example.com"


def called() -> list[list[str]]:
    """Every call of the portal in these files, as words after `portal`."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    lines += [line for unit in UNITS for line in unit.read_text().splitlines() if line.startswith("Exec")]
    return [shlex.split(found[1]) for line in lines if (found := re.search(r"\bportal (\w[^\"']*)", line))]


def test_every_command_that_is_called_exists_with_its_options() -> None:
    assert sorted(words[0] for words in called()) == ["backup", "migrate", "serve", "serve", "worker"]
    for command, *rest in called():
        known = {option for parameter in commands.commands[command].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known


def test_every_setting_that_is_given_exists() -> None:
    ours = {str(field.validation_alias) for field in Settings.model_fields.values()}
    given = {name for unit in UNITS for name in re.findall(r"^Environment=(\w+)=", unit.read_text(), re.MULTILINE)}
    given |= set(re.findall(r"^(?:ENV)? +(\w+)=", CONTAINER, re.MULTILINE)) - {"PATH"}
    assert "PORTAL_INSTANCE" in given
    assert {name for name in given if not name.startswith("PYTHON")} <= ours


def test_nothing_runs_as_root_or_holds_a_secret() -> None:
    for unit in UNITS:
        text = unit.read_text()
        for line in ("User=advocate-portal", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
            assert f"\n{line}\n" in text, unit
        assert "SECRET_KEY" not in text
    assert CONTAINER.rindex("\nUSER 10001:10001\n") < CONTAINER.index("\nENTRYPOINT")
    assert "SECRET_KEY" not in CONTAINER


def test_the_container_gets_the_wheel_and_nothing_else() -> None:
    ignored = (ROOT / "deploy" / "Containerfile.dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )*(\S+)", CONTAINER, re.MULTILINE)
    assert ignored == ["*", "!dist/*.whl", "!deploy/answers.py"]
    assert copied == ["dist/advocate_portal-*.whl", "deploy/answers.py"]


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd here")
    for file in (*UNITS, ROOT / "deploy" / "advocate-portal-backup.timer"):
        text = file.read_text().replace("/opt/advocate-portal/bin/portal", sys.executable)
        (tmp_path / file.name).write_text(text)
    ended = subprocess.run([program, "verify", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


class Portal(http.server.BaseHTTPRequestHandler):
    """Answers /healthz under the name that people use, as the portal does."""

    def do_GET(self) -> None:
        """Well, or not."""
        well = self.path == "/healthz" and self.headers["Host"] == HOST
        self.send_response(200 if well else 400)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Portal) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(("name", "code"), [(HOST, 0), ("somewhere.example.com", 1)])
def test_the_health_check_asks_by_the_name_that_people_use(port: int, name: str, code: int) -> None:
    assert health(PORT=str(port), PORTAL_BASE_URL=f"https://{name}") == code


def test_the_health_check_notices_that_nobody_answers() -> None:
    assert health(PORT="1", PORTAL_BASE_URL=f"https://{HOST}") == 1


def health(**environ: str) -> int:
    """The exit code of the container's health check."""
    program = [sys.executable, str(ROOT / "deploy" / "answers.py")]
    return subprocess.run(program, env=environ, capture_output=True, check=False).returncode

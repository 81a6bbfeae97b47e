"""The wheel: built, installed outside of the checkout, and there it is the whole portal."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.database import embedded

ROOT = Path(__file__).parent.parent
PATIENCE = 180.0
PORTAL = "portal" if os.name != "nt" else "portal.exe"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder outside of the checkout that PostgreSQL's user can pass through."""
    made = Path(tempfile.mkdtemp(prefix="portal-wheel-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def wheel(place: Path) -> Path:
    """The wheel of this checkout."""
    _run(
        *(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--wheel-dir", place, ROOT),
    )
    (built,) = place.glob("advocate_portal-*.whl")
    return built


@dataclass(frozen=True)
class Installed:
    """The wheel, installed in an environment of its own; what it stands on is borrowed from ours."""

    home: Path
    instance: Path
    port: int

    @property
    def environ(self) -> dict[str, str]:
        """What its commands find: nothing of the checkout."""
        ours = ("DATABASE_URL", "PYTHONPATH", "VIRTUAL_ENV")
        return {
            **{name: value for name, value in os.environ.items() if name not in ours},
            "PORTAL_ENV": "development",
            "PORTAL_INSTANCE": str(self.instance),
            "PORTAL_BASE_URL": f"http://localhost:{self.port}",
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
        }

    def python(self, program: str) -> str:
        """What a small program prints there."""
        return _run(self.home / "bin" / "python", "-c", program, env=self.environ, cwd=self.home).strip()

    def portal(self, *arguments: str) -> str:
        """What a command says there; it must end well."""
        return _run(self.home / "bin" / PORTAL, *arguments, env=self.environ, cwd=self.home).strip()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""


def _run(*command: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    ended = subprocess.run(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return ended.stdout


@pytest.fixture(scope="module")
def installed(place: Path, wheel: Path) -> Iterator[Installed]:
    """An installation on the embedded PostgreSQL."""
    home = place / "home"
    venv.create(home, with_pip=False)
    _run(
        *(sys.executable, "-m", "pip", "-q", "--python", home / "bin" / "python"),
        *("install", "--no-deps", "--no-index", wheel),
    )
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    here = Installed(home, place / "instance", port)
    yield here
    embedded.destroy(here.instance)


def test_it_holds_all_that_is_needed_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "portal/static/vendor/htmx.min.js",
        "portal/static/vendor/icons.svg",
        "portal/static/vendor/fonts/figtree-latin.woff2",
        "portal/templates/layout.html",
        "portal/migrations/env.py",
        "portal/migrations/versions/0001_ground.py",
        "admin/templates/program/approvals/queue.html",
    ):
        assert needed in names
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"portal", "admin"}
    assert not [name for name in names if "/__pycache__/" in name or name.endswith((".pyc", ".po~"))]
    kept = {str(file.relative_to(ROOT)) for file in (ROOT / "migrations" / "versions").glob("*.py")}
    assert {f"migrations/versions/{Path(name).name}" for name in names if "migrations/versions/0" in name} == kept


def test_its_code_is_its_own(installed: Installed) -> None:
    program = """if True:
        import admin, portal
        from portal.database import shape
        print(portal.__file__, admin.__file__, shape.scripts())"""
    for found in installed.python(program).split():
        assert Path(found).is_relative_to(installed.home)


def test_it_migrates_checks_and_lets_an_administrator_in(installed: Installed) -> None:
    assert installed.portal("migrate") == "The database is at head."
    assert "rules hold" in installed.portal("check")
    link = installed.portal("create-admin", "a@example.com")
    assert re.fullmatch(rf"http://localhost:{installed.port}/invitation/\S+", link)


def test_it_serves(installed: Installed, place: Path) -> None:
    said = place / "serve.log"
    with said.open("wb") as log:
        serving = subprocess.Popen(
            [installed.home / "bin" / PORTAL, "serve"],
            env=installed.environ,
            cwd=installed.home,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while installed.get("/readyz")[0] != 200 and time.monotonic() < deadline and serving.poll() is None:
            time.sleep(0.2)
        status, page = installed.get("/sign-in")
        assert status == 200, said.read_text()[-3000:]
        parts = set(re.findall(r'(?:href|src)="(/(?:static/|style\.css)[^"#]*)', page))
        assert any("htmx" in part for part in parts)
        (style,) = [part for part in parts if "style.css" in part]
        fonts = set(re.findall(r"url\(['\"]?(/[^'\")]+\.woff2[^'\")]*)", installed.get(style)[1]))
        assert len(fonts) >= 4
        assert {part: installed.get(part)[0] for part in parts | fonts} == dict.fromkeys(parts | fonts, 200)
        link = installed.portal("create-admin", "b@example.com")
        assert installed.get(link.removeprefix(f"http://localhost:{installed.port}"))[0] == 200
        serving.send_signal(signal.SIGINT)
        assert serving.wait(PATIENCE) == 0, said.read_text()[-3000:]
    finally:
        serving.kill()
        serving.wait()

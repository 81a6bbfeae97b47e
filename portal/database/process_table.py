"""Which processes of this machine are alive, told apart from later ones that got the same number."""

from __future__ import annotations

import subprocess
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

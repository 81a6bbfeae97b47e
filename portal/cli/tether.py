"""A tether: a process that ends at once when its parent does, however the parent ended.

`python -m portal.cli.tether PARENT MODULE ARGUMENTS…` runs a module as `python -m` would, on a tether.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LOOK_EVERY: Final = 0.2
"""Seconds between two looks where the system has no parent-death signal."""


def hold_to(parent: int) -> None:
    """From now on this process dies (SIGKILL) with `parent`; at once, when that is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=watch, args=(parent,), daemon=True, name="tether").start()
    if os.getppid() != parent:
        _die()


def watch(parent: int) -> None:
    """Look until the parent is gone, then die: the tether of systems without a parent-death signal."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Run `MODULE ARGUMENTS…` on a tether to the process `PARENT`."""
    parent, module, *rest = arguments
    hold_to(int(parent))
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])

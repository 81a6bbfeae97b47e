"""A tether: a process that ends at once when its parent does, however the parent ended.

`python -m portal.cli.tether PARENT MODULE ARGUMENTS…` runs a module as `python -m` would, on a tether.
"""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import Context
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The orders to stop; a child is told by its parent and follows them in its own way."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
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


def become(parent: int, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
    """In a new child: drop what is the parent's, take `name`, and run `MODULE ARGUMENTS…` on a tether to `parent`.

    Orders to stop were put off before it was begun.
    """
    os.setpgid(0, 0)  # a Ctrl-C is meant for the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # forgets one that came before
    hold_to(parent)
    follow_orders()
    _show_as(name)
    os.environ.clear()
    os.environ.update(environ)
    gc.freeze()  # what was inherited stays in memory shared with the parent
    Context().run(_run, *command)  # outside of the parent's application


def lose_no_order_in_forks() -> None:
    """From now on an order to stop given to a fork that still has this process's handlers ends it, and is not lost."""
    os.register_at_fork(before=put_orders_off, after_in_parent=take_orders_up, after_in_child=follow_orders)


def put_orders_off() -> None:
    """Let orders to stop wait until they are followed or taken up again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def follow_orders() -> None:
    """In a new process: end at an order to stop, also at one that waits, whatever the parent would have done."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    take_orders_up()


def take_orders_up() -> None:
    """Follow orders to stop again, first those that waited."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _show_as(name: str) -> None:
    """What `ps -o comm` and `top` call this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode())


def _run(module: str, *arguments: str) -> None:
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main(arguments: list[str]) -> None:
    """Run `MODULE ARGUMENTS…` on a tether to the process `PARENT`."""
    parent, *command = arguments
    hold_to(int(parent))
    _run(*command)


if __name__ == "__main__":
    main(sys.argv[1:])

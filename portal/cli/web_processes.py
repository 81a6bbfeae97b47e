"""The web processes of `portal serve`: Granian with blocking threads, each process on a tether to Granian's own.

`python -m portal.cli.web_processes TARGET HOST PORT PROCESSES THREADS`
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from portal.cli.tether import hold_to, lose_no_order_in_forks

DRAIN: Final = 25
"""Seconds in which requests that run may end after the order to stop."""


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM; a web process that dies is replaced."""
    target, host, port, processes, threads = arguments
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)  # Granian asks which; the web processes are forks too
    server = Granian(
        target,
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=int(processes),
        blocking_threads=int(threads),
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0,
        workers_kill_timeout=DRAIN,
        log_level=LogLevels.error,
        log_access=False,  # the application writes a line for each request
    )
    lose_no_order_in_forks()
    server.serve(target_loader=partial(load, os.getpid()))


def load(parent: int, target: str) -> Callable[..., Any]:
    """The WSGI application `module:name`, or what `module:name()` makes; the first thing that a web process does."""
    hold_to(parent)
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name.removesuffix("()"))
    return found() if name.endswith("()") else found


if __name__ == "__main__":
    main(sys.argv[1:])

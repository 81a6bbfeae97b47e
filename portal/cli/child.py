"""A child process that is kept alive, and ends when its keeper does.

It is a fork, which has all that its keeper imported: four processes that import the portal take four times as long to
start. The keeper has one thread only. Where forks are not safe, as on macOS, a new interpreter is started instead.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from portal.cli.tether import become, put_orders_off, take_orders_up

PROCESSES: Final = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()

_PROVEN: Final = 10.0
"""Seconds after which a process has really started, also where nothing else shows it."""
_TRIES: Final = 5
_PAUSES: Final = (0.1, 0.5, 1.0, 2.0)
"""Seconds before the next start after one, two … failed starts in a row."""


class GaveUpError(Exception):
    """A child died again and again; the text says which, for the operator."""


class Child:
    """A module run as `python -m` does, in a process of its own, out of reach of the terminal's Ctrl-C."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        is_ready: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self.is_ready = is_ready
        self.command = command
        self.environ = environ
        self.failed_starts = 0
        self.start()

    def start(self) -> None:
        """Start the process; its parent is this one, so call it from the main thread."""
        self.started = time.monotonic()
        self.died: float | None = None
        self.proven = False
        inherited = (os.getpid(), f"portal-{self.name.partition(' ')[0]}", tuple(self.command), dict(self.environ))
        self.process = PROCESSES.Process(target=become, args=inherited, name=self.name)
        put_orders_off()  # one given now waits for who can follow it
        try:
            self.process.start()
        finally:
            take_orders_up()

    def tend(self) -> None:
        """Start it again when dead, slower each time; `GaveUpError` after five that died before they were ready.

        Who was killed from outside (SIGKILL) has not failed.
        """
        now = time.monotonic()
        code = self.process.exitcode
        if code is None:
            self.proven = self.proven or now - self.started > _PROVEN or self.is_ready()
            return
        if self.died is None:
            self.died = now
            failed = not self.proven and code != -signal.SIGKILL
            self.failed_starts = self.failed_starts + 1 if failed else 0
        if self.failed_starts >= _TRIES:
            raise GaveUpError(
                f"The {self.name} died {_TRIES} times in a row, the last time with code {code}. "
                f"What it wrote above says why; mend that and start again."
            )
        if now - self.died >= _PAUSES[max(self.failed_starts - 1, 0)]:
            self.start()

    def ask_to_stop(self) -> None:
        """Ask the process to finish what it does and end."""
        self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the end until `deadline` (of the monotonic clock), then kill it and all that it started."""
        self.process.join(max(deadline - time.monotonic(), 0))
        if self.process.exitcode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid or 0, signal.SIGKILL)
            self.process.kill()
            self.process.join()

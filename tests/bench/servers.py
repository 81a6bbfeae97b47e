"""Servers as an operator starts them, in processes of their own, and what memory their web processes took."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

from tests.bench import ground, load

PROCESSES: Final = 2
THREADS: Final = 8
ROOT: Final = Path(__file__).parents[2]
_PATIENCE: Final = 60.0


@dataclass
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    def web_processes(self) -> list[psutil.Process]:
        """The processes that answer requests: the children of the one that Granian began with."""
        keeper = psutil.Process(self.process.pid).children()[0]
        return list(keeper.children())

    def peak_memory(self) -> float:
        """The most memory that one web process with its children has held so far, in MB."""
        return max(
            sum(_peak(process) for process in (web, *web.children(recursive=True))) for web in self.web_processes()
        )


@contextmanager
def portal(url: str, instance: Path) -> Iterator[Server]:
    """`portal serve` in production, without worker: what is queued stays queued, so that it takes no part."""
    environ = {
        "PORTAL_ENV": "production",
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_BASE_URL": f"https://{load.HOST}",
        "SECRET_KEY": ground.SECRET,
        "WEB_PROCESSES": str(PROCESSES),
        "WEB_THREADS": str(THREADS),
        "SEARCHES_PER_SECOND": "100000",  # what a few people search here is meant to stand for many
        "DATABASE_URL": url,
    }
    port = _free_port()
    with _running(["portal", "serve", "--no-worker", "--port", str(port)], port, environ, "/healthz") as server:
        yield server


@contextmanager
def floor(url: str) -> Iterator[Server]:
    """The floors on the same server."""
    port = _free_port()
    command = ["tests.bench.floor", str(port), str(PROCESSES), str(THREADS)]
    with _running(command, port, {"DATABASE_URL": url}, "/page") as server:
        yield server


@contextmanager
def _running(command: list[str], port: int, environ: Mapping[str, str], path: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.cli.tether", str(os.getpid()), *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port, load.get(path))
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)


def _wait(process: subprocess.Popen[bytes], port: int, request: bytes) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with code {process.returncode}")
        try:
            load.ask(port, request)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer")


def _peak(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float(process.memory_info().rss) / 1024 / 1024


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

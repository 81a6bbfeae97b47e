"""A system as small as one can be, for the tests of `portal serve`: two pages, two workers."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from portal.cli import child
from portal.cli.serve import serve

Start = Callable[[str, list[tuple[str, str]]], object]


def create_app() -> Callable[[dict[str, str], Start], Iterable[bytes]]:
    return page


def page(environ: dict[str, str], start: Start) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1.5)
    start("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/imported-by":
        return [str(getattr(sys, "tiny_imported_by", 0)).encode()]
    return [f"{os.getpid()} {os.environ.get('DATABASE_URL', '')}".encode()]


def main(port: str, instance: str, kind: str, start: str) -> int:
    child.PROCESSES = multiprocessing.get_context(start)
    sys.tiny_imported_by = os.getpid()  # what only a process can have that inherited it
    return serve(
        host="127.0.0.1",
        port=int(port),
        web_processes=2,
        threads=2,
        with_worker=True,
        environ=os.environ,
        instance=None if instance == "-" else Path(instance),
        on_ready=lambda: print("ready", flush=True),
        target="tests.cli.tiny:create_app()",
        worker=("tests.cli.tiny", kind),
    )


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        time.sleep(3600)
    elif sys.argv[1] == "bad":
        sys.exit(3)
    else:
        sys.exit(main(*sys.argv[1:]))

"""A system as small as one can be, for the tests of `portal serve`: two pages, two workers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from portal.cli.serve import serve

Start = Callable[[str, list[tuple[str, str]]], object]


def create_app() -> Callable[[dict[str, str], Start], Iterable[bytes]]:
    return page


def page(environ: dict[str, str], start: Start) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1.5)
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {os.environ.get('DATABASE_URL', '')}".encode()]


def main(port: str, instance: str, kind: str) -> int:
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

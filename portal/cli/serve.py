"""`portal serve`: web processes, worker and, without DATABASE_URL, PostgreSQL, as one command in the foreground."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from portal.cli.child import Child, GaveUpError
from portal.cli.tether import SIGNALS
from portal.database import embedded

Orders = SimpleQueue[int]
"""The signals that ask for an end. Unlike an Event, it may be filled while the same thread waits for it."""

_TARGET: Final = "portal:create_app()"
_DRAIN: Final = 30.0
"""Seconds from the order to stop until what still runs is killed."""
_LOOK_EVERY: Final = 0.2
_LOOK_EVERY_AT_FIRST: Final = 0.02
_NO_REQUEST: Final = b"?\r\n\r\n"
"""What a web process itself refuses, so that the application sees nothing of it."""
_PORT_PATIENCE: Final = 2.0
"""Seconds in which the processes of a killed predecessor are gone."""


class PortBusyError(Exception):
    """The port cannot be had; the text says what to do."""


def serve(
    *,
    host: str,
    port: int,
    web_processes: int,
    threads: int,
    with_worker: bool,
    environ: Mapping[str, str],
    instance: Path | None = None,
    on_ready: Callable[[], None] | None = None,
    target: str = _TARGET,
    worker: Sequence[str] = ("portal", "worker"),
) -> int:
    """Run the whole system until Ctrl-C or SIGTERM, then let running requests and jobs end; the exit code.

    The children are forks: what they need and this process has imported costs them nothing. They get `environ` and in
    it DATABASE_URL: that of the embedded PostgreSQL of `instance`, which is kept
    alive, when one is given or `environ` has none. `on_ready` is called once, when a first request can be answered.
    A busy port, a database that does not start, a child that always dies: a sentence on stderr and exit code 1.
    """
    with ExitStack() as held:
        orders = held.enter_context(_orders_to_stop())
        try:
            address = held.enter_context(reserved(host, port))
            surroundings = dict(environ)
            if instance is None and not surroundings.get("DATABASE_URL"):
                instance = Path(surroundings.get("PORTAL_INSTANCE", "instance"))
            if instance is not None:
                surroundings["DATABASE_URL"] = held.enter_context(embedded.running(instance))
            children = held.enter_context(_stopped_at_the_end())
            web = ["portal.cli.web_processes", target, address, str(port), str(web_processes), str(threads)]
            children.append(Child("web server", web, surroundings, partial(_is_answered, address, port)))
            if with_worker:
                children.append(Child("worker", worker, surroundings))
            _watch(children, instance, orders, on_ready)
        except (PortBusyError, embedded.EmbeddedError, GaveUpError) as refusal:
            print(refusal, file=sys.stderr, flush=True)
            return 1
    return 0


@contextmanager
def reserved(host: str, port: int) -> Iterator[str]:
    """Hold the port against strangers and give the address of `host`; the web processes share it with us.

    It is bound without sharing first: else a predecessor that still runs would go on answering.
    """
    family, _, _, _, (address, *_) = _resolve(host, port)
    deadline = time.monotonic() + _PORT_PATIENCE
    with socket.socket(family, socket.SOCK_STREAM) as guard:
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do not matter
        while True:
            try:
                guard.bind((address, port))
                break
            except OSError as refused:
                if refused.errno != errno.EADDRINUSE:
                    raise PortBusyError(f"Port {port} on {host} cannot be used: {refused.strerror}.") from None
                if time.monotonic() > deadline:
                    raise PortBusyError(
                        f"Port {port} on {host} is in use by another program: stop that one, or choose another port "
                        f"with PORT."
                    ) from None
            time.sleep(0.1)
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield str(address)


def _resolve(host: str, port: int) -> tuple[int, int, int, str, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise PortBusyError(f"The address {host} is none of this machine: choose another with HOST.") from None
    return found  # type: ignore[return-value]


def _is_answered(address: str, port: int) -> bool:
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 -- compared, not bound
    try:
        with socket.create_connection((loopback, port), timeout=1) as connection:
            connection.sendall(_NO_REQUEST)
            return connection.recv(1) != b""  # a connection alone would be taken before there is a web process
    except OSError:
        return False


def _watch(children: list[Child], instance: Path | None, orders: Orders, on_ready: Callable[[], None] | None) -> None:
    web = children[0]
    while not _is_given(orders, _LOOK_EVERY if web.proven else _LOOK_EVERY_AT_FIRST):
        revived = instance is not None and embedded.revive(instance)
        for child in children:
            if revived:
                child.failed_starts = 0
            child.tend()
        if on_ready is not None and web.proven:
            on_ready()
            on_ready = None


@contextmanager
def _stopped_at_the_end() -> Iterator[list[Child]]:
    children: list[Child] = []
    try:
        yield children
    finally:
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + _DRAIN
        for child in children:
            child.wait(deadline)


@contextmanager
def _orders_to_stop() -> Iterator[Orders]:
    orders = Orders()
    before = {number: signal.signal(number, lambda given, _: orders.put(given)) for number in SIGNALS}
    try:
        yield orders
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_given(orders: Orders, within: float) -> bool:
    try:
        orders.get(timeout=within)
    except Empty:
        return False
    return True

"""A small client: connections that are kept alive, each with one request under way, all in one thread.

It sends bytes made beforehand and reads no more of an answer than its status and length, so that it takes little of
the two cores that server and database share with it.
"""

from __future__ import annotations

import gc
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_PATIENCE: Final = 30.0
_LARGEST: Final = 1 << 18
HOST: Final = "portal.example"
WARM_UP: Final = 3.0
"""Seconds."""


def get(path: str, *, host: str = HOST, cookie: str = "") -> bytes:
    """A request for a page."""
    return _head("GET", path, host, cookie) + b"\r\n"


def post(path: str, body: bytes, *, host: str = HOST, cookie: str = "", partial: bool = False) -> bytes:
    """A form that is sent, or for which htmx asks a piece of the page."""
    piece = "HX-Request: true\r\nHX-Request-Type: partial\r\n" if partial else ""
    form = f"{piece}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    return _head("POST", path, host, cookie) + form.encode() + body


def _head(method: str, path: str, host: str, cookie: str) -> bytes:
    sent = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
    return (sent + (f"Cookie: {cookie}\r\n" if cookie else "")).encode()


def ask(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Send one request and give head and body of its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        connection.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += _piece(connection)
        head, _end, body = got.partition(b"\r\n\r\n")
        length = _length_of(head)
        while len(body) < length:
            body += _piece(connection)
        return head, body


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(_LARGEST)
    if not piece:
        raise UnexpectedAnswerError("the server closed the connection")
    return piece


@dataclass
class Round:
    """What one round of load found; times are seconds."""

    taken: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers in a second, over all connections."""
        return len(self.taken) / self.seconds

    @property
    def p99(self) -> float:
        """The time within which 99 of 100 were answered, in milliseconds."""
        return statistics.quantiles(self.taken, n=100)[98] * 1000


class UnexpectedAnswerError(Exception):
    """The server answered something else than what is measured."""


class _Connection:
    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.began = 0.0
        self.got = b""
        self.length = -1

    def send(self, now: float) -> bool:
        """Send the next request; False when there is none left."""
        request = next(self.requests, None)
        if request is None:
            return False
        self.began, self.got, self.length = now, b"", -1
        self.socket.sendall(request)
        return True

    def receive(self, status: bytes) -> bool:
        """Read what has come; True when the answer is whole."""
        self.got += _piece(self.socket)
        if self.length < 0:
            head, found, _body = self.got.partition(b"\r\n\r\n")
            if not found:
                return False
            if head[9:12] != status:
                raise UnexpectedAnswerError(self.got[:2000].decode("utf-8", "replace"))
            self.length = len(head) + 4 + _length_of(head)
        return len(self.got) >= self.length


def _length_of(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0])


def run(port: int, streams: Sequence[Iterator[bytes]], *, seconds: float, status: int) -> Round:
    """Keep one request of each stream under way for some seconds, or until the streams end."""
    selector = selectors.DefaultSelector()
    connections = [_Connection(port, stream) for stream in streams]
    wanted = str(status).encode()
    found = Round()
    collecting = gc.isenabled()
    gc.disable()
    began = time.perf_counter()
    until = began + seconds
    try:
        under_way = 0
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            under_way += connection.send(time.perf_counter())
        while under_way:
            events = selector.select(_PATIENCE)
            if not events:
                raise UnexpectedAnswerError("no answer came")
            for key, _mask in events:
                connection = key.data
                if connection.receive(wanted):
                    now = time.perf_counter()
                    found.taken.append(now - connection.began)
                    under_way -= not (now < until and connection.send(now))
    finally:
        found.seconds = time.perf_counter() - began
        selector.close()
        for connection in connections:
            connection.socket.close()
        if collecting:
            gc.enable()
    return found


@dataclass
class Subject:
    """Something to be measured: where it is, and what each of the connections sends, round after round."""

    name: str
    port: int
    streams: Callable[[], Sequence[Iterator[bytes]]]
    status: int = 200
    rounds: list[Round] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Median of the rounds."""
        return statistics.median(each.per_second for each in self.rounds)

    @property
    def p99(self) -> float:
        """Median of the rounds, in milliseconds."""
        return statistics.median(each.p99 for each in self.rounds)


def interleave(subjects: Sequence[Subject], *, rounds: int, seconds: float) -> None:
    """Warm each up (each connection of each process prepares its statements), then measure all in turn, each round in
    the opposite order of the one before."""
    for subject in subjects:
        run(subject.port, subject.streams(), seconds=WARM_UP, status=subject.status)
    for number in range(rounds):
        for subject in subjects if number % 2 == 0 else reversed(subjects):
            subject.rounds.append(run(subject.port, subject.streams(), seconds=seconds, status=subject.status))

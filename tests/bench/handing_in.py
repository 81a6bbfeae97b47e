"""Handing in: the submission POST beside a form that writes one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from portal.web.session import csrf_secret
from tests.bench import ground, load, pages
from tests.bench.figures import Measurement
from tests.bench.load import Subject
from tests.bench.servers import Server

STORY = "We moved three plants in nine weeks, and nobody called the help desk on day one. " * 6


def measure(
    small: Server, floor: Server, who: ground.Ground, url: str, *, rounds: int, seconds: float
) -> list[Measurement]:
    """A story that goes to the managers, and a confirmed step that is paid at once."""
    lowest = Subject("submission floor", floor.port, lambda: floor_streams, 303)
    floor_streams = [_entries(floor, number) for number in range(ground.VISITORS)]
    story_streams = _shared(_hand_in(each, {"text": STORY, "quote": "Nobody called."}) for each in who.stories)
    story = Subject("hand in a story", small.port, lambda: story_streams, 303)
    confirm_streams = _shared(_hand_in(each, {}) for each in who.steps)
    confirm = Subject("confirm a step, paid at once", small.port, lambda: confirm_streams, 303)
    ground.visit(url)
    load.interleave([lowest, story, confirm], rounds=rounds, seconds=seconds)
    return [
        Measurement.against(each.name, "POSTs/s", each.per_second, lowest.per_second, at_least=pages.LEAST)
        for each in (story, confirm)
    ]


def _shared(requests: Iterator[bytes]) -> list[Iterator[bytes]]:
    """Each connection takes the next that nobody has sent: every request does real work, for another person."""
    return [requests] * ground.VISITORS


def _hand_in(begun: tuple[int, str], answer: dict[str, str]) -> bytes:
    person_id, challenge = begun
    body = urlencode({"csrf_token": _token(person_id), **answer}).encode()
    return load.post(f"/challenges/{challenge}/steps/1", body, cookie=pages.cookie(person_id))


def _token(person_id: int) -> str:
    """The token that the form of a signed-in person holds."""
    signer = URLSafeTimedSerializer(ground.SECRET, salt="wtf-csrf-token")
    return str(signer.dumps(csrf_secret(ground.SECRET, ground.token_of(person_id))))


def _entries(floor: Server, number: int) -> Iterator[bytes]:
    head, token = load.ask(floor.port, load.get(f"/form?person={number}"))
    cookie = _cookie(head)
    body = urlencode({"csrf_token": token.decode(), "text": STORY}).encode()
    request = load.post("/entries", body, cookie=cookie)
    while True:
        yield request


def _cookie(head: bytes) -> str:
    lines: Sequence[str] = head.decode().splitlines()
    line = next(line for line in lines if line.lower().startswith("set-cookie:"))
    return line.partition(":")[2].strip().partition(";")[0]

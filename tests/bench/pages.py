"""Pages as ratios to the page floor; pool search at a thousand and at a hundred thousand entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import Final

from tests.bench import ground, load
from tests.bench.figures import Measurement
from tests.bench.load import Subject
from tests.bench.servers import Server

FIND: Final = "/sales/find"
FILTERED: Final = "/sales/find?industry=Logistics&country=Germany&country=France&product=Product+3&text=rollout"
LEAST: Final = 0.5
"""Of the floor's pages in a second."""
MOST_P99: Final = 5.0
"""Times the floor's p99."""


def cookie(person_id: int) -> str:
    """The cookie of somebody who is signed in."""
    return f"__Host-session={ground.token_of(person_id)}"


def page(name: str, server: Server, path: str, people: Sequence[int]) -> Subject:
    """A page that several people look at again and again, each over a connection of their own."""
    requests = [load.get(path, cookie=cookie(person_id)) for person_id in people[: ground.VISITORS]]
    return Subject(name, server.port, partial(_streams, requests))


def floor_page(server: Server) -> Subject:
    """The page floor."""
    return Subject("page floor", server.port, partial(_streams, [load.get("/page")] * ground.VISITORS))


def _streams(requests: Sequence[bytes]) -> list[Iterator[bytes]]:
    return [repeat(request) for request in requests]


def measure(
    small: Server, large: Server, floor: Server, who: ground.Ground, *, rounds: int, seconds: float
) -> list[Measurement]:
    """All pages in one run."""
    lowest = floor_page(floor)
    told = [
        page("home", small, "/", who.advocates),
        page("statement", small, "/points", who.advocates),
        page("pool search", small, FIND, who.reps),
        page("pool search, 100,000 entries", large, FIND, who.reps),
    ]
    filtered = [
        page("pool search, filtered", small, FILTERED, who.reps),
        page("pool search, filtered, 100,000 entries", large, FILTERED, who.reps),
    ]
    load.interleave([lowest, *told, *filtered], rounds=rounds, seconds=seconds)
    found = []
    for subject in (*told, *filtered):
        found.append(
            Measurement.against(subject.name, "pages/s", subject.per_second, lowest.per_second, at_least=LEAST)
        )
        found.append(Measurement.times(f"{subject.name}, p99", "ms", subject.p99, lowest.p99, below=MOST_P99))
    for few, many in ((told[2], told[3]), (filtered[0], filtered[1])):
        found.append(
            Measurement.against(
                f"{many.name}, beside 1,000", "pages/s", many.per_second, few.per_second, at_least=LEAST
            )
        )
    return found

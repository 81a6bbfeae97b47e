"""The challenges of an advocate and the count of an audience: as quick with a hundred thousand advocates."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import Final
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from portal.web.session import csrf_secret
from tests.bench import ground, load, pages
from tests.bench.figures import Measurement
from tests.bench.load import Subject
from tests.bench.servers import Server

LEAST: Final = 0.8
"""Of what it is with a thousand advocates."""
CHOSEN: Final = (
    ("industries", "Logistics"),
    ("industries", "Retail"),
    ("countries", "Germany"),
    ("countries", "France"),
    ("sizes", "500-4999"),
    ("products", "Product 3"),
    ("not_products", "Product 5"),
)


def measure(
    small: Server, large: Server, floor: Server, who: ground.Ground, *, rounds: int, seconds: float
) -> list[Measurement]:
    """Both pages at both sizes, beside the page floor and beside each other."""
    lowest = pages.floor_page(floor)
    subjects = [
        pages.page("challenge list", small, "/challenges", who.advocates),
        pages.page("challenge list, 100,000 advocates", large, "/challenges", who.advocates),
        _count("editor's live count", small, who),
        _count("editor's live count, 100,000 advocates", large, who),
    ]
    load.interleave([lowest, *subjects], rounds=rounds, seconds=seconds)
    found = [
        Measurement.against(each.name, "pages/s", each.per_second, lowest.per_second, at_least=pages.LEAST)
        for each in subjects
    ]
    for few, many in (subjects[:2], subjects[2:]):
        name = f"{many.name}, beside 1,000"
        found.append(Measurement.against(name, "pages/s", many.per_second, few.per_second, at_least=LEAST))
    return found


def _count(name: str, server: Server, who: ground.Ground) -> Subject:
    """The count as htmx asks for it while a manager chooses."""
    manager = who.manager.person_id
    assert manager is not None
    signer = URLSafeTimedSerializer(ground.SECRET, salt="wtf-csrf-token")
    token = str(signer.dumps(csrf_secret(ground.SECRET, ground.token_of(manager))))
    body = urlencode([("csrf_token", token), *CHOSEN]).encode()
    request = load.post("/admin/challenges/audience", body, cookie=pages.cookie(manager), partial=True)
    return Subject(name, server.port, partial(_streams, request))


def _streams(request: bytes) -> list[repeat[bytes]]:
    return [repeat(request)] * ground.VISITORS

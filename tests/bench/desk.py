"""What grows with the program: the review queue, in which a tenth of the advocates waits, and the leaderboard."""

from __future__ import annotations

from typing import Final

from tests.bench import ground, load, pages
from tests.bench.figures import Measurement
from tests.bench.servers import Server

QUEUE: Final = "/admin/approvals"
BOARD: Final = "/points/board"
ALIKE: Final = 0.8
"""Of the pages in a second that the small program gives."""


def measure(
    small: Server, large: Server, floor: Server, who: ground.Ground, *, rounds: int, seconds: float
) -> list[Measurement]:
    """The queue with its first item beside it, for eight managers at once; the quarter's board for eight advocates."""
    managers = [who.manager.person_id or 0] * ground.VISITORS
    lowest = pages.floor_page(floor)
    pairs = [
        tuple(
            pages.page(f"{name}{size}", server, path, people)
            for size, server in ((", 1,000 advocates", small), (", 100,000 advocates", large))
        )
        for name, path, people in (("review queue", QUEUE, managers), ("leaderboard", BOARD, who.advocates))
    ]
    load.interleave([lowest, *(subject for pair in pairs for subject in pair)], rounds=rounds, seconds=seconds)
    found = []
    for few, many in pairs:
        for subject in (few, many):
            found.append(
                Measurement.against(
                    subject.name, "pages/s", subject.per_second, lowest.per_second, at_least=pages.LEAST
                )
            )
            found.append(Measurement.times(f"{subject.name}, p99", "ms", subject.p99, lowest.p99, below=pages.MOST_P99))
        found.append(
            Measurement.against(
                f"{many.name}, beside 1,000", "pages/s", many.per_second, few.per_second, at_least=ALIKE
            )
        )
    return found

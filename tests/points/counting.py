"""What a page costs in statements."""

from __future__ import annotations

from collections.abc import Callable


def cost(count_queries: Callable[[Callable[[], object]], int], call: Callable[[], object]) -> int:
    """The statements of a call; what the process keeps for some seconds is not asked again in the cheaper of two."""
    return min(count_queries(call) for _twice in range(2))

"""The stand that the tests of this folder share with those of the edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.authorisation.stand import Stand, shared
from tests.cluster import Cluster


@pytest.fixture(scope="session")
def stand(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A portal with a small world in it; tests leave it as they found it."""
    made = shared(cluster, tmp_path_factory)
    yield made
    made.end()

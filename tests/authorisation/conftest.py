"""The stand that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.authorisation.stand import Stand
from tests.cluster import Cluster


@pytest.fixture(scope="session")
def stand(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A portal with a small world in it; tests leave it as they found it."""
    made = Stand(cluster, tmp_path_factory.mktemp("stand"))
    yield made
    made.end()

"""Instance folders for the embedded PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.database import embedded


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's user can pass through, as a real instance has one."""
    folder = Path(tempfile.mkdtemp(prefix="portal-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def instance(place: Path) -> Iterator[Path]:
    folder = place / "instance"
    yield folder
    embedded.destroy(folder)

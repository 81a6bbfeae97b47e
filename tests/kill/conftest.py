"""The house of the tests of killing, whom it serves, and who remembers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.database import embedded

from .cast import Scene, prepare
from .house import House, soon
from .load import Load
from .witness import Witness


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for an instance and what lies beside it, which PostgreSQL's user can pass through."""
    made = Path(tempfile.mkdtemp(prefix="portal-kill-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@pytest.fixture
def place() -> Iterator[Path]:
    """One for a test alone."""
    with folder() as made:
        yield made


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """An installation with the embedded PostgreSQL."""
    with folder() as made:
        standing = House(made / "instance")
        with embedded.running(standing.instance):
            standing.migrate()
        try:
            yield standing
        finally:
            standing.clear()


@pytest.fixture(scope="session")
def scene(house: House) -> Scene:
    """Whoever visits."""
    with embedded.running(house.instance):
        return prepare(house)


@pytest.fixture
def serving(house: House, scene: Scene) -> House:
    """The installation, served."""
    if house.serving is None or house.serving.poll() is not None:
        house.start()
    assert soon(lambda: house.is_whole() and house.is_ready()), house.tail()
    return house


@pytest.fixture(scope="session")
def witness(house: House) -> Iterator[Witness]:
    """It sees all that is acknowledged."""
    seeing = Witness(house.instance.parent / "witness")
    yield seeing
    seeing.close()


@pytest.fixture(scope="session")
def browsers(house: House, scene: Scene, witness: Witness) -> Iterator[Load]:
    """What acts while parts are killed."""
    acting = Load(house.port, scene, witness)
    yield acting
    acting.end()


@pytest.fixture
def load(serving: House, browsers: Load) -> Iterator[Load]:
    """The same, resting and blameless."""
    browsers.forget()
    yield browsers
    browsers.rest()

"""The witness: a file outside of the database, in which is what somebody was told has happened."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

Deed = tuple[str, str]
"""What was done (`redeem`, `hand in`, `message`) and to what: the key of an order, a step of a challenge, a message."""


class Witness:
    """Appends a line for each acknowledged deed and waits for the disk. It outlives whatever is killed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def saw(self, deed: Deed) -> None:
        """Somebody was told that it is done."""
        with self._lock:
            os.write(self._descriptor, f"{json.dumps(deed)}\n".encode())
            os.fsync(self._descriptor)

    def deeds(self) -> list[Deed]:
        """All that it saw."""
        return [(kind, what) for kind, what in map(json.loads, self.file.read_text().splitlines())]

    def close(self) -> None:
        """It has seen enough."""
        os.close(self._descriptor)

"""`python -m portal.database.reset INSTANCE`: stop the PostgreSQL of an instance folder and delete its data."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.database import embedded


def main(instance: str) -> None:
    """Delete the database of the instance; a sentence and exit code 1 while somebody uses it."""
    try:
        embedded.destroy(Path(instance))
    except embedded.EmbeddedError as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main(sys.argv[1])

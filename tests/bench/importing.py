"""The import of the real CRM files, as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.bench import ground, load
from tests.bench.figures import Measurement
from tests.bench.servers import ROOT
from tests.cluster import Cluster

MOST_SECONDS: Final = 10.0
_FILES: Final = (
    ("companies", "accounts.csv", "--map", "revenue=revenue:M:USD"),
    ("people", "sales_teams.csv", "--role", "sales"),
    ("products", "products.csv"),
    ("opportunities", "sales_pipeline.csv"),
)


def folder() -> Path | None:
    """Where the real files are, if they are there."""
    crm = Path(os.environ.get("PORTAL_REAL_DATA", ROOT.parent / "shared" / "data")) / "crm"
    return crm if (crm / "sales_pipeline.csv").exists() else None


def measure(cluster: Cluster, instance: Path, crm: Path) -> list[Measurement]:
    """Seconds from the command to its end, start of the program included, for all 8,800 opportunities."""
    url = cluster.create_database("imported")
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": url,
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_ENV": "production",
        "SECRET_KEY": ground.SECRET,
        "PORTAL_BASE_URL": f"https://{load.HOST}",
    }
    portal = [sys.executable, "-m", "portal"]
    subprocess.run([*portal, "migrate"], env=environ, check=True, stdout=subprocess.DEVNULL)
    taken = 0.0
    for kind, file, *options in _FILES:
        began = time.perf_counter()
        subprocess.run(
            [*portal, "import", kind, str(crm / file), *options],
            env=environ,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        taken = time.perf_counter() - began
    return [Measurement.below("import of 8,800 opportunities", "s", taken, MOST_SECONDS)]

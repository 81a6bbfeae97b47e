"""The import of the real CRM files, as an operator runs it; and of 100,000 rows, beside COPY of the same file."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import create_engine

from portal.audit import SYSTEM
from portal.database import migrating, run
from portal.imports import run as imports
from tests.bench import ground, load
from tests.bench.figures import Measurement
from tests.bench.servers import ROOT
from tests.cluster import Cluster

MOST_SECONDS: Final = 10.0
ROWS: Final = 100_000
SHARE_OF_COPY: Final = 0.1
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


def _migrate(url: str) -> None:
    engine = create_engine(url)
    migrating.migrate(engine)
    engine.dispose()


def beside_copy(cluster: Cluster, instance: Path, *, rounds: int) -> list[Measurement]:
    """Rows per second of an import, and of COPY of the same file into a table of the same shape, one after the other.

    The floor's table has the columns, defaults, constraints and indexes of the real one.
    """
    url = cluster.create_database("copied")
    _migrate(url)
    found = []
    with ground.application(url, instance):
        for kind, table, columns, line in _FLOORS:
            copied, imported = [], []
            for number in range(rounds):
                text = f"{columns}\n" + "".join(line.format(n=n, round=number) for n in range(ROWS))
                copied.append(_copy(url, table, columns, text))
                began = time.perf_counter()
                run(lambda session, kind=kind, text=text: imports.run(session, kind, text.encode(), by=SYSTEM))
                imported.append(time.perf_counter() - began)
            value, floor = ROWS / statistics.median(imported), ROWS / statistics.median(copied)
            name = f"import of {ROWS:,} {kind}"
            found.append(Measurement.against(name, "rows/s", value, floor, at_least=SHARE_OF_COPY))
    return found


_FLOORS: Final = (
    (
        "companies",
        "company",
        "name,domain,crm_id,industry,country,employees,founded",
        "Customer {round} {n},customer{round}x{n}.example,C-{round}-{n},Retail,Germany,{n},1999\n",
    ),
    (
        "opportunities",
        "opportunity",
        "crm_id,name,stage,engaged_on,closed_on,amount,currency",
        "D-{round}-{n},Deal {round} {n},Won,2020-01-31,2020-05-01,{n},USD\n",
    ),
)


def _copy(url: str, table: str, columns: str, text: str) -> float:
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP TABLE IF EXISTS floor_{table}")
        connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
        connection.commit()
        began = time.perf_counter()
        copying = f"COPY floor_{table} ({columns}) FROM STDIN (FORMAT csv, HEADER)"
        with connection.cursor() as cursor, cursor.copy(copying) as sink:
            sink.write(text)
        connection.commit()
        return time.perf_counter() - began

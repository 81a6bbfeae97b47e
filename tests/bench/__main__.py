"""`python -m tests.bench [--json FILE]`: everything that is measured, in one run (docs/decisions/0005)."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests import cluster as clusters
from tests.bench import approvals, audiences, desk, figures, floor, ground, handing_in, importing, pages, servers
from tests.bench.figures import Measurement

MOST_MEMORY = 200.0
"""MB that one web process may hold at its peak."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, write the JSON; 1 where something misses its limit."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures the portal beside its floors.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measurements for machines")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of which the median counts (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round of requests (2)")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that PostgreSQL and servers end with us
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o711)
    try:
        cluster = clusters.start(directory=folder / "postgresql", durable=True)
        try:
            measured = measure(cluster, folder, chosen.rounds, chosen.seconds)
        finally:
            cluster.leave()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{figures.table(measured)}")
    if chosen.json:
        figures.write(measured, chosen.json)
    missed = [each.name for each in measured if not each.holds]
    print(f"\nMisses: {', '.join(missed)}." if missed else "\nEverything holds.")
    return 1 if missed else 0


def measure(cluster: clusters.Cluster, folder: Path, rounds: int, seconds: float) -> list[Measurement]:
    """Everything, on a throw-away PostgreSQL as durable as in production."""
    instance = folder / "instance"
    instance.mkdir()
    say("preparing a program with 1,000 people in the pool, and a copy with 100,000")
    who = ground.lay(cluster, "small", instance)
    ground.crowd(cluster, "large", "small", instance)
    floor.fill(cluster.create_database("floor"))
    say("approvals")
    measured = approvals.measure(cluster, "small", instance, who, rounds=rounds)
    with (
        servers.portal(cluster.url("small"), instance) as small,
        servers.portal(cluster.url("large"), instance) as large,
        servers.floor(cluster.url("floor")) as lowest,
    ):
        say("pages")
        found = pages.measure(small, large, lowest, who, rounds=rounds, seconds=seconds)
        say("review queue and leaderboard")
        found += desk.measure(small, large, lowest, who, rounds=rounds, seconds=seconds)
        say("challenges and audiences")
        found += audiences.measure(small, large, lowest, who, rounds=rounds, seconds=seconds)
        say("submissions")
        found += handing_in.measure(small, lowest, who, cluster.url("small"), rounds=rounds, seconds=seconds)
        memory = max(small.peak_memory(), large.peak_memory())
    measured = found + measured
    measured.append(Measurement.below("peak memory of a web process", "MB", memory, MOST_MEMORY))
    crm = importing.folder()
    if crm is None:
        say("skipped: import of 8,800 opportunities (PORTAL_REAL_DATA has no crm/sales_pipeline.csv)")
    else:
        say("import")
        measured += importing.measure(cluster, instance, crm)
    say("imports beside COPY")
    measured += importing.beside_copy(cluster, instance, rounds=min(rounds, 3))
    say("portal check of what was measured")
    for name, url in (("1,000", "small"), ("100,000", "large")):
        found_broken = ground.breaches(cluster.url(url), instance)
        for sentence in found_broken:
            say(sentence)
        measured.append(Measurement.below(f"broken rules, {name} entries", "breaches", len(found_broken), 0))
    return measured


def say(what: str) -> None:
    """Tell what is going on."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

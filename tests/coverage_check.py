"""How much of the slices on which everything stands the tests have run. Run by bin/test --full, after its tests."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from coverage import Coverage
from coverage.exceptions import CoverageException

SLICES: Final = ("points", "consent", "access", "rewards", "references")
LEAST: Final = 95.0
"""Percent of the statements, and of the branches, of each."""


def shares(report: Mapping[str, Any], slice_name: str) -> tuple[float, float]:
    """Percent of the statements and of the branches of a slice that were run; nothing to run is none of it."""
    found = [
        file["summary"] for path, file in report["files"].items() if Path(path).parts[:2] == ("portal", slice_name)
    ]

    def percent(done: str, all_of_it: str) -> float:
        whole = sum(one[all_of_it] for one in found)
        return 100 * sum(one[done] for one in found) / whole if whole else 0.0

    return percent("covered_lines", "num_statements"), percent("covered_branches", "num_branches")


def too_low(report: Mapping[str, Any]) -> list[str]:
    """A sentence for each slice of which too little was run."""
    sentences = []
    for name in SLICES:
        statements, branches = shares(report, name)
        if min(statements, branches) < LEAST:
            sentences.append(f"portal/{name}: {statements:.1f} % of statements, {branches:.1f} % of branches")
    return sentences


def measured() -> Mapping[str, Any]:
    """What the last run of tests has left behind, as coverage reports it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        coverage = Coverage()
        coverage.load()
        coverage.json_report(outfile=str(file))
        found: Mapping[str, Any] = json.loads(file.read_text())
        return found


def main() -> int:
    """Say the shares of each slice; 1 where one is too low or nothing was measured."""
    try:
        report = measured()
    except CoverageException as error:
        print(f"Coverage: nothing was measured ({error}).")
        return 1
    for name in SLICES:
        statements, branches = shares(report, name)
        print(f"portal/{name}: {statements:.1f} % of statements, {branches:.1f} % of branches")
    wrong = too_low(report)
    if wrong:
        print(f"Too little was run; at least {LEAST:.0f} % of each is wanted:", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

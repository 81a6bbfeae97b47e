"""A measurement beside its floor and its limit, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure. `ratio` is value : floor; it holds where ratio (or value, without a floor) keeps the limit."""

    name: str
    unit: str
    value: float
    floor: float | None
    ratio: float | None
    limit: float
    sense: Literal["at least", "at most"]
    holds: bool

    @classmethod
    def against(cls, name: str, unit: str, value: float, floor: float, *, at_least: float) -> Measurement:
        """More is better: the share of the floor that is reached."""
        ratio = value / floor
        return cls(name, unit, value, floor, ratio, at_least, "at least", ratio >= at_least)

    @classmethod
    def times(cls, name: str, unit: str, value: float, floor: float, *, below: float) -> Measurement:
        """Less is better: how many times the floor it takes."""
        ratio = value / floor
        return cls(name, unit, value, floor, ratio, below, "at most", ratio < below)

    @classmethod
    def below(cls, name: str, unit: str, value: float, limit: float) -> Measurement:
        """Less is better, with a limit of its own."""
        return cls(name, unit, value, None, None, limit, "at most", value <= limit)


def write(measurements: Iterable[Measurement], file: Path) -> None:
    """One JSON object for each measurement."""
    file.write_text(json.dumps([asdict(each) for each in measurements], indent=2) + "\n")


def table(measurements: Iterable[Measurement]) -> str:
    """The measurements as lines to read."""
    rows = [("measurement", "value", "floor", "ratio", "limit", "")]
    for each in measurements:
        sign = ">=" if each.sense == "at least" else "<="
        limit = f"{sign} {each.limit:g}" + ("" if each.floor is not None else f" {each.unit}")
        rows.append(
            (
                each.name,
                f"{_short(each.value)} {each.unit}",
                "" if each.floor is None else _short(each.floor),
                "" if each.ratio is None else f"{each.ratio:.2f}",
                limit,
                "holds" if each.holds else "MISSES",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"

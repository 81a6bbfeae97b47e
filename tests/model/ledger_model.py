"""The ledger as a person would keep it on paper: what the real one is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Purse:
    """The points of one person; every method says whether it may happen, and lets it happen."""

    posted: int = 0
    lifetime: int = 0
    owed: int = 0
    awards: dict[str, int] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    holds: dict[str, int] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """What waits to be spent."""
        return sum(amount for name, amount in self.holds.items() if name not in self.settled)

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.posted - self.held

    def grant(self, subject: str, points: int) -> None:
        """An award is paid once; a debt is repaid from it."""
        if subject in self.awards or points == 0:
            return
        self.awards[subject] = points
        repaid = min(self.owed, points)
        self.owed -= repaid
        self.posted += points - repaid
        self.lifetime += points

    def claw_back(self, subject: str) -> bool:
        """The whole award goes, what is spent already as a debt."""
        if subject not in self.awards:
            return False
        if subject not in self.taken_back:
            self.taken_back.add(subject)
            now = min(self.awards[subject], self.available)
            self.posted -= now
            self.owed += self.awards[subject] - now
            self.lifetime -= self.awards[subject]
        return True

    def adjust(self, points: int) -> bool:
        """By hand, never below nothing."""
        if self.available + points < 0:
            return False
        self.posted += points
        return True

    def hold(self, name: str, points: int) -> bool:
        """Once for each thing, from what is available."""
        if name in self.holds:
            return True
        if self.available < points:
            return False
        self.holds[name] = points
        return True

    def settle(self, name: str, way: str) -> bool:
        """Spent or given back, once; again in the same way changes nothing."""
        if name in self.settled:
            return self.settled[name].removeprefix("refunded ") == way
        if way == "post":
            self.posted -= self.holds[name]
        self.settled[name] = way
        if way == "void":
            self._repay(self.holds[name])
        return True

    def refund(self, name: str) -> bool:
        """What was spent comes back, once."""
        if self.settled.get(name) == "post":
            self.settled[name] = "refunded post"
            self.posted += self.holds[name]
            self._repay(self.holds[name])
        return self.settled.get(name) == "refunded post"

    def _repay(self, points: int) -> None:
        """What comes back repays a debt first."""
        repaid = min(self.owed, points)
        self.owed -= repaid
        self.posted -= repaid

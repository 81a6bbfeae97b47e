"""Rounds of killing one part of a house under load, with the figures."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable

import psutil

from .cast import queue_messages
from .house import PATIENCE, House, alive, soon
from .load import Load
from .reckoning import Reckoning, reckon, unsent
from .witness import Witness

VICTIMS: dict[str, Callable[[House, random.Random], psutil.Process]] = {
    "serve": lambda house, _chance: house.supervisor(),
    "worker": lambda house, _chance: house.worker(),
    "web": lambda house, chance: chance.choice(house.web()),
    "postgresql": lambda house, _chance: house.postmaster(),
}
"""What can be killed."""


class Killing:
    """One part, killed again and again."""

    def __init__(self, house: House, load: Load, witness: Witness, part: str, seed: int | None = None) -> None:
        self.house, self.load, self.witness, self.part = house, load, witness, part
        self.seed = secrets.randbits(32) if seed is None else seed
        self.chance = random.Random(self.seed)
        self.recoveries: list[float] = []

    def round(self) -> None:
        """Kill at a random moment, wait until all is there again and somebody is answered, compare."""
        house = self.house
        assert soon(house.is_whole), house.tail()
        before, server = house.parts(), house.postmaster()
        self.load.go()
        self._somebody_is_answered()
        self._queue_messages()
        time.sleep(self.chance.uniform(0, 1.5))
        victim = VICTIMS[self.part](house, self.chance)
        at, began = time.time(), time.monotonic()
        victim.kill()
        if self.part == "serve":
            assert house.serving is not None
            house.serving.wait()
            house.start()
        died = {victim, *(before if self.part == "serve" else [])}
        assert soon(lambda: not any(alive(each) for each in died)), "an old process lives"
        assert soon(lambda: house.is_whole() and house.is_ready()), house.tail()
        self._somebody_is_answered()
        self.recoveries.append(time.monotonic() - began)
        assert soon(lambda: house.worker_was_seen_after(at)), house.tail()
        assert not {*house.parts()} & died
        assert (house.postmaster() == server) == (self.part != "postgresql"), "PostgreSQL outlives all but itself"
        self.load.rest()
        self.well(reckon(house.url, self.witness.deeds(), self.load.tries))
        assert house.breaches() == {}

    def _somebody_is_answered(self) -> None:
        told = self.load.acknowledged
        assert soon(lambda: self.load.acknowledged > told + 2), (self.load.refused, self.house.tail())

    def _queue_messages(self) -> None:
        person_id = self.load.browsers[0].guest.person_id
        for message in queue_messages(self.house, person_id, 20):
            self.witness.saw(("message", message))

    def well(self, found: Reckoning) -> None:
        """Nothing lost, nothing doubled, nothing answered that should never be."""
        assert (found.lost, found.doubled, found.wrong) == ([], [], [])
        assert not self.load.refused, (self.load.refused[:5], self.house.tail())

    def settle(self) -> float:
        """Wait until every message has gone; seconds."""
        began = time.monotonic()
        assert soon(lambda: not unsent(self.house.url), 2 * PATIENCE), unsent(self.house.url)
        return time.monotonic() - began

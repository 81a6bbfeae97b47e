"""What the state machines share: a fresh unit of work for each step, and the size of a run."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from flask_babel import force_locale
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.database import db as database
from portal.database import run
from portal.database.invariants import check_invariants
from portal.database.refusal import Refusal
from portal.people import people
from portal.web.app import Portal

_numbers = itertools.count(1)


def size(examples: int, steps: int) -> settings:
    """How many examples of how many steps; a failure prints the seed and the blob that repeat it."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=False,
        print_blob=True,
        database=None,
        verbosity=Verbosity.normal,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


class Machine(RuleBasedStateMachine):
    """Steps through the verbs of an application, each in a unit of work of its own."""

    app: Portal

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        self.language = force_locale("en")
        self.language.__enter__()
        self.ana, self.mia, self.max = (self._join(role) for role in ("advocate", "manager", "manager"))

    def _join(self, role: str) -> Actor:
        name = f"{role.title()} Number{next(_numbers)}"
        person_id = run(lambda session: people.add_person(session, name, by=SYSTEM, roles=[role]).id)
        return Actor(person_id, frozenset({role}))

    def did(self, work: Callable[[Session], Any]) -> Any:
        """What a verb gives; None where it refuses with a sentence."""
        sentence = "A refusal says something."
        try:
            return run(work)
        except Refusal as refusal:
            sentence = str(refusal)
        assert len(sentence) > 10, "refused without a sentence"
        return None

    @property
    def ana_id(self) -> int:
        """The advocate whose points these are."""
        assert self.ana.person_id is not None
        return self.ana.person_id

    def teardown(self) -> None:
        """After each example every invariant holds."""
        try:
            broken = [str(breach) for breach in check_invariants(database.session())]
        finally:
            database.session.remove()
            self.language.__exit__(None, None, None)
            self.context.pop()
        assert not broken, broken

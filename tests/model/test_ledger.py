"""The ledger against a small model: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.database import db as database
from portal.points import awards, balance, ledger
from portal.web.app import Portal

from .ledger_model import Purse
from .machines import Machine, size

POINTS = st.integers(0, 120)
NAMES = st.integers(0, 12)


class Ledger(Machine):
    """Awards, claw-backs, adjustments, and holds that are posted, voided or refunded."""

    @initialize(points=POINTS, indebted=st.booleans())
    def begin(self, points: int, indebted: bool) -> None:
        """An advocate with a first award, perhaps with one more that was held whole and is owed now."""
        self.purse, self.holds, self.tried = Purse(), dict[str, int](), False
        self.grant(0, points)
        if indebted:
            self.grant(1, 50)
            self.hold(0, 1, everything=True)
            self.take_back(self._named(1))

    def _named(self, number: int) -> str:
        return f"trial:{self.ana_id}-{number}"

    @rule(number=NAMES, points=POINTS)
    def grant(self, number: int, points: int) -> None:
        """An award, perhaps one that was paid before."""
        subject = self._named(number)
        self.did(
            lambda s: awards.grant(s, self.ana_id, points, subject=subject, cause=subject, reason="Won", by=SYSTEM)
        )
        self.purse.grant(subject, points)

    @rule(data=st.data())
    def claw_back(self, data: st.DataObject) -> None:
        """Take an award back, perhaps one that there is not, or again."""
        self.take_back(data.draw(st.sampled_from([*sorted(self.purse.awards), "trial:none"])))

    def take_back(self, subject: str) -> None:
        """Both sides take it back, or both refuse."""
        done = self.did(lambda s: awards.claw_back(s, subject, reason="Not theirs", by=self.mia))
        assert (done is not None) == self.purse.claw_back(subject)

    @rule(points=st.integers(-150, 150).filter(bool))
    def adjust(self, points: int) -> None:
        """By hand, perhaps more than there is."""
        done = self.did(lambda s: ledger.adjust(s, self.ana_id, points, reason="By hand", by=self.mia))
        assert (done is not None) == self.purse.adjust(points)

    @rule(points=st.sampled_from([-501, 501]), second=st.booleans())
    def adjust_much(self, points: int, second: bool) -> None:
        """Above the limit a second person approves."""
        approver = self.max if second else None
        done = self.did(
            lambda s: ledger.adjust(s, self.ana_id, points, reason="Much", by=self.mia, approved_by=approver)
        )
        assert (done is not None) == (second and self.purse.adjust(points))

    @rule(number=NAMES, points=st.integers(1, 120), everything=st.booleans())
    def hold(self, number: int, points: int, everything: bool) -> None:
        """Hold points, all or perhaps more than there are, or for what they are held for already."""
        name = f"claim:{self.ana_id}-{number}"  # no award has the subject of a hold; a recovery takes that of either
        points = max(1, self.purse.available) if everything else points
        held = self.did(
            lambda s: ledger.hold(s, self.ana_id, points, subject=name, cause=name, reason="Held", by=self.ana)
        )
        assert (held is not None) == self.purse.hold(name, points)
        if held is not None:
            assert self.holds.setdefault(name, held) == held

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), way=st.sampled_from(["post", "void"]))
    def settle(self, data: st.DataObject, way: str) -> None:
        """Post or void a hold, perhaps one that was settled."""
        name = data.draw(st.sampled_from(sorted(self.holds)))
        verb = {"post": ledger.post, "void": ledger.void}[way]

        def work(session: Session) -> bool:
            verb(session, self.holds[name], reason="Settled", by=self.mia)
            return True

        assert bool(self.did(work)) == self.purse.settle(name, way)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        """Give back what was spent, perhaps what was not, or again."""
        name = data.draw(st.sampled_from(sorted(self.holds)))
        done = self.did(lambda s: ledger.refund(s, self.holds[name], reason="Broken", by=self.mia))
        assert (done is not None) == self.purse.refund(name)

    @precondition(lambda self: not self.tried)
    @rule()
    def steal(self) -> None:
        """Nobody moves a balance past the ledger."""
        self.tried = True

        def work(session: Session) -> None:
            session.execute(text("UPDATE account SET posted = posted + 1 WHERE person_id = :id"), {"id": self.ana_id})

        with pytest.raises(Exception, match="by transfers alone"):
            self.did(work)

    @invariant()
    def agrees(self) -> None:
        """What is stored is what the model says."""
        if not hasattr(self, "purse"):
            return
        stored = balance.of(database.session(), self.ana_id)
        database.session.rollback()
        purse = self.purse
        said = balance.Balance(purse.available, purse.held, purse.lifetime, purse.owed)
        assert stored == said


@pytest.mark.parametrize(("examples", "steps"), [(60, 30), pytest.param(600, 60, marks=pytest.mark.slow)])
def test_the_ledger_does_what_the_model_says(app: Portal, clean: None, examples: int, steps: int) -> None:
    Ledger.app = app
    run_state_machine_as_test(Ledger, settings=size(examples, steps))

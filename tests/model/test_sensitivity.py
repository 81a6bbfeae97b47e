"""The models notice: with a fault planted in a verb, model and product part ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from portal.points import awards
from portal.rewards import moving
from portal.web.app import Portal

from .machines import Machine, size
from .test_ledger import Ledger
from .test_redemption import Redemptions


def parts_ways(machine: type[Machine], app: Portal) -> None:
    """A run finds a difference, always the same one."""
    machine.app = app
    short = settings(size(200, 30), phases=(Phase.generate,), print_blob=False, derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=short)


def test_a_debt_that_is_not_recovered(app: Portal, clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards, "_recover", lambda *_arguments: None)
    parts_ways(Ledger, app)


def test_a_stock_that_does_not_return(
    app: Portal, clean: None, monkeypatch: pytest.MonkeyPatch, breaches_expected: list[str]
) -> None:
    whole = moving.take_stock

    def only_taken(session: Any, reward_id: int, pieces: int) -> None:
        if pieces > 0:
            whole(session, reward_id, pieces)

    monkeypatch.setattr(moving, "take_stock", only_taken)
    breaches_expected.append("rewards.stock_is_counted")
    parts_ways(Redemptions, app)

"""Redemptions against a small model: points, stock and state move together, whatever is done in whatever order."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.database import db as database
from portal.points import awards, balance
from portal.points.models import Level
from portal.rewards import approval, catalogue, redemption
from portal.rewards.catalogue import Rules
from portal.rewards.models import Redemption, Reward
from portal.web.app import Portal

from .machines import Machine, size
from .redemption_model import WAYS, Shop

STOCK = st.one_of(st.none(), st.integers(0, 4))
TURNS = st.one_of(st.none(), st.integers(1, 3))
NEEDS = {"Silver": 500, "Gold": 1000}
Ruled = tuple[int | None, str | None, bool]
RULES = st.tuples(TURNS, st.sampled_from([None, None, *NEEDS]), st.booleans())
DESCRIBED = {"name": "Jacket", "description": "Warm.", "art": "jacket", "delivery": "By post."}


def _rules(session: Session, ruled: Ruled) -> Rules:
    turns, name, asking = ruled
    level = session.scalar(select(Level.public_id).where(Level.name == name)) if name else None
    return Rules(per_person=turns, level=level, approval=asking)


class Redemptions(Machine):
    """Ordering, cancelling, delivering, failing, refunding, while the catalogue changes."""

    @initialize(
        points=st.integers(0, 1500),
        rewards=st.lists(st.tuples(st.integers(1, 200), STOCK, RULES), min_size=2, max_size=2),
    )
    def begin(self, points: int, rewards: list[tuple[int, int | None, Ruled]]) -> None:
        """An advocate with points, and two rewards."""
        self.shop, self.keys = Shop(points), dict[UUID, tuple[int, int]]()
        subject = f"trial:{self.ana_id}"
        self.did(
            lambda s: awards.grant(s, self.ana_id, points, subject=subject, cause=subject, reason="Won", by=SYSTEM)
        )
        for price, stock, ruled in rewards:

            def put(session: Session, offer: dict[str, Any], ruled: Ruled = ruled) -> int:
                made = catalogue.create(session, by=self.mia, rules=_rules(session, ruled), **offer, **DESCRIBED)
                return catalogue.publish(session, made.id, by=self.mia).id

            number = self.did(partial(put, offer={"price": price, "stock": stock}))
            self.shop.price[number], self.shop.stock[number] = price, stock
            self._ruled(number, ruled)

    def _ruled(self, number: int, ruled: Ruled) -> None:
        turns, level, asking = ruled
        self.shop.turns[number], self.shop.asking[number] = turns, asking
        self.shop.level[number] = NEEDS[level] if level else 0

    def _reward(self, data: st.DataObject) -> int:
        return int(data.draw(st.sampled_from(sorted(self.shop.price))))

    def _order(self, data: st.DataObject) -> int:
        return int(data.draw(st.sampled_from(sorted(self.shop.orders))))

    @rule(data=st.data())
    def redeem(self, data: st.DataObject) -> None:
        """Order something, perhaps what is gone, closed or too dear."""
        reward, key = self._reward(data), uuid4()
        expected = self.shop.may_redeem(reward)
        number = self.did(lambda s: redemption.redeem(s, reward, by=self.ana, request_key=key).id)
        assert (number is not None) == expected
        if number is not None:
            self.shop.redeem(number, reward)
            self.keys[key] = (reward, number)

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), same=st.booleans())
    def click_again(self, data: st.DataObject, same: bool) -> None:
        """The same form again gives the same order, and no other reward."""
        key = data.draw(st.sampled_from(list(self.keys)))
        reward, number = self.keys[key]
        wanted = reward if same else next(other for other in self.shop.price if other != reward)
        again = self.did(lambda s: redemption.redeem(s, wanted, by=self.ana, request_key=key).id)
        assert again == (number if same else None)

    @rule(data=st.data())
    def agree_to_another_price(self, data: st.DataObject) -> None:
        """What was seen is not what it costs."""
        reward = self._reward(data)
        seen = self.shop.price[reward] + 1
        order = {"by": self.ana, "request_key": uuid4(), "seen_price": seen}
        assert self.did(lambda s: redemption.redeem(s, reward, **order).id) is None

    @precondition(lambda self: self.shop.orders)
    @rule(data=st.data(), verb=st.sampled_from(sorted(WAYS)), by_manager=st.booleans())
    def move(self, data: st.DataObject, verb: str, by_manager: bool) -> None:
        """Along the ways, perhaps one that is not there."""
        number = self._order(data)
        do = {
            "approve": lambda s: approval.approve(s, number, by=self.max).id,
            "decline": lambda s: approval.decline(s, number, by=self.max, reason="Not this time").id,
            "dispatch": lambda s: redemption.dispatch(s, number, by=self.mia).id,
            "fulfil": lambda s: redemption.fulfil(s, number, by=self.mia, note="Sent").id,
            "fail": lambda s: redemption.fail(s, number, by=self.mia, note="Lost").id,
            "cancel": lambda s: redemption.cancel(s, number, by=self.mia if by_manager else self.ana).id,
            "refund": lambda s: redemption.refund(s, number, by=self.mia, reason="Broken").id,
        }
        done = self.did(do[verb]) is not None
        if verb == "cancel" and by_manager and self.shop.orders[number].state == "awaiting_approval":
            assert not done, "a manager says why"
        else:
            assert done == self.shop.move(number, verb)

    @precondition(lambda self: self.shop.orders)
    @rule(data=st.data())
    def deliver_to_oneself(self, data: st.DataObject) -> None:
        """Not by one's own hand, not without a note."""
        number = self._order(data)
        assert self.did(lambda s: redemption.fulfil(s, number, by=self.ana, note="Mine").id) is None
        assert self.did(lambda s: approval.approve(s, number, by=self.ana).id) is None
        if self.shop.orders[number].state != "fulfilled":
            assert self.did(lambda s: redemption.fulfil(s, number, by=self.mia, note=" ").id) is None

    @rule(data=st.data(), price=st.integers(1, 300), stock=STOCK, stale=st.booleans())
    def change(self, data: st.DataObject, price: int, stock: int | None, stale: bool) -> None:
        """Another price and stock; a stale page does not undo what was taken since."""
        reward = self._reward(data)
        left = self.shop.stock[reward]
        seen = (left or 0) + 7 if stale else left
        change = {"by": self.mia, "price": price, "stock": stock, "seen_stock": seen, **DESCRIBED}
        done = self.did(lambda s: catalogue.change(s, reward, **change).id)
        assert (done is not None) == (not stale or stock == left)
        if done is not None:
            self.shop.price[reward], self.shop.stock[reward] = price, stock

    @rule(data=st.data(), ruled=RULES)
    def rule_anew(self, data: st.DataObject, ruled: Ruled) -> None:
        """Other rules; what was redeemed under the former ones stays."""
        reward = self._reward(data)
        left = self.shop.stock[reward]
        kept = {"price": self.shop.price[reward], "stock": left, "seen_stock": left, **DESCRIBED}

        def change(session: Session) -> int:
            return catalogue.change(session, reward, by=self.mia, rules=_rules(session, ruled), **kept).id

        assert self.did(change) == reward
        self._ruled(reward, ruled)

    @rule(data=st.data(), close=st.booleans())
    def open_or_close(self, data: st.DataObject, close: bool) -> None:
        """Out of the catalogue and back."""
        reward = self._reward(data)
        verb = catalogue.archive if close else catalogue.publish
        assert self.did(lambda s: verb(s, reward, by=self.mia).id) is not None
        (self.shop.closed.add if close else self.shop.closed.discard)(reward)

    @invariant()
    def agrees(self) -> None:
        """Points, stock and states are what the model says."""
        if not hasattr(self, "shop"):
            return
        session = database.session()
        own = balance.of(session, self.ana_id)
        stock = dict(session.execute(select(Reward.id, Reward.stock).where(Reward.id.in_(self.shop.stock))).all())
        states = select(Redemption.id, Redemption.state).where(Redemption.person_id == self.ana_id)
        stored = {number: state.value for number, state in session.execute(states)}
        session.rollback()
        assert (own.available, own.held) == (self.shop.available, self.shop.held)
        assert stock == self.shop.stock
        assert stored == {number: order.state for number, order in self.shop.orders.items()}


@pytest.mark.parametrize(("examples", "steps"), [(60, 30), pytest.param(600, 60, marks=pytest.mark.slow)])
def test_redemptions_do_what_the_model_says(app: Portal, clean: None, examples: int, steps: int) -> None:
    Redemptions.app = app
    run_state_machine_as_test(Redemptions, settings=size(examples, steps))

"""Redemptions as a person would keep them on paper: what the real ones are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

WAYS = {
    "approve": ({"awaiting_approval"}, "dispatching"),
    "decline": ({"awaiting_approval"}, "cancelled"),
    "dispatch": ({"held"}, "dispatching"),
    "fulfil": ({"held", "dispatching"}, "fulfilled"),
    "fail": ({"held", "dispatching"}, "failed"),
    "cancel": ({"held", "awaiting_approval"}, "cancelled"),
    "refund": ({"fulfilled"}, "refunded"),
}
"""For each verb: the states from which it works, and where it leads; being there already changes nothing."""
ANSWERS = {"approve", "decline"}
HOLDING = {"held", "awaiting_approval", "dispatching"}
RETURNED = {"failed", "cancelled"}
GIVEN_BACK = RETURNED | {"refunded"}


@dataclass
class Order:
    """One redemption: what was promised."""

    reward: int
    price: int
    counted: bool
    state: str = "held"
    answer: str | None = None


@dataclass
class Shop:
    """One person's points, a catalogue, and what was ordered."""

    points: int
    price: dict[int, int] = field(default_factory=dict)
    stock: dict[int, int | None] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    turns: dict[int, int | None] = field(default_factory=dict)
    level: dict[int, int] = field(default_factory=dict)
    asking: dict[int, bool] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """Points that nothing was promised for."""
        gone = HOLDING | {"fulfilled"}
        return self.points - sum(order.price for order in self.orders.values() if order.state in gone)

    @property
    def held(self) -> int:
        """Points that wait to be spent."""
        return sum(order.price for order in self.orders.values() if order.state in HOLDING)

    def may_redeem(self, reward: int) -> bool:
        """In the catalogue, in stock, affordable, for their level, and not had too often."""
        turns = self.turns[reward]
        return (
            reward not in self.closed
            and self.stock[reward] != 0
            and self.price[reward] <= self.available
            and self.level[reward] <= self.points
            and (turns is None or self.had(reward) < turns)
        )

    def had(self, reward: int) -> int:
        """How often they have it, without what was given back."""
        return sum(order.reward == reward and order.state not in GIVEN_BACK for order in self.orders.values())

    def redeem(self, number: int, reward: int) -> None:
        """Points are held and one is taken from the stock."""
        left = self.stock[reward]
        state = "awaiting_approval" if self.asking[reward] else "held"
        self.orders[number] = Order(reward, self.price[reward], left is not None, state)
        if left is not None:
            self.stock[reward] = left - 1

    def move(self, number: int, verb: str) -> bool:
        """Along the ways; what was taken from the stock returns where nothing was delivered."""
        order, (before, after) = self.orders[number], WAYS[verb]
        if order.answer == verb or (order.state == after and verb not in ANSWERS):
            return True
        if order.state not in before:
            return False
        order.state = after
        order.answer = verb if verb in ANSWERS else order.answer
        left = self.stock[order.reward]
        if after in RETURNED and order.counted and left is not None:
            self.stock[order.reward] = left + 1
        return True

"""The rewards of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Gift:
    """A reward of the demo; `level` by its name."""

    name: str
    description: str
    art: str
    price: int
    stock: int | None
    delivery: str
    state: str = "active"
    per_person: int | None = None
    per_year: int | None = None
    level: str | None = None
    approval: bool = False
    codes: int = 0
    """How many codes lie ready, for a reward that is one."""


GIFTS: Final = (
    Gift(
        "Trail jacket",
        "Warm, light, with a small star.",
        "jacket",
        1_500,
        12,
        "By post within two weeks; we ask for size and address.",
    ),
    Gift(
        "Coffee for the team",
        "A voucher for ten good coffees.",
        "coffee",
        300,
        None,
        "By e-mail within two working days.",
    ),
    Gift("A book of your choice", "Tell us the title.", "book", 250, None, "By post within a week."),
    Gift(
        "Product council seat",
        "One hour with the product team, every quarter.",
        "seat",
        800,
        6,
        "Your manager invites you.",
        per_person=1,
        level="Gold",
    ),
    Gift(
        "Give to clean water", "We give 50 euros in your name.", "donation", 500, None, "You get the receipt by e-mail."
    ),
    Gift(
        "Conference ticket",
        "Two days at the annual meeting.",
        "ticket",
        2_400,
        3,
        "By e-mail, in your name.",
        per_year=1,
        approval=True,
    ),
    Gift(
        "Noise-cancelling headphones", "For the open-plan office.", "headphones", 3_000, 2, "By post within two weeks."
    ),
    Gift("A day with a trainer", "For you and your team.", "stage", 400, None, "We find a day.", approval=True),
    Gift("Three months of music", "For the way to work.", "gift_card", 350, None, "A code, at once.", codes=60),
    Gift("Star mug", "Holds half a litre.", "mug", 150, 40, "By post within two weeks.", per_year=2),
    Gift("Summer bag", "From last summer.", "bag", 200, 5, "By post within two weeks.", "archived"),
    Gift("Wall calendar", "Twelve depots in twelve months.", "book", 100, 60, "By post.", "archived"),
    Gift("Museum evening", "For two, with a guide.", "ticket", 900, 4, "By e-mail.", "archived"),
    Gift("Cooking class", "One evening, six people.", "coffee", 1_100, 6, "By e-mail.", "draft"),
    Gift("Plant a grove", "A hundred trees in your name.", "trees", 1_000, None, "By e-mail.", "draft"),
    Gift("Travel set", "For those who are always on the road.", "headphones", 700, 20, "By post.", "draft"),
)

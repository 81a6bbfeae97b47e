"""Who and what the demo is made of. All of it is invented."""

from __future__ import annotations

from typing import Final

from portal.demo.cast.crowd import CROWD
from portal.demo.cast.firms import CUSTOMERS, PRODUCTS, PROSPECTS, Firm
from portal.demo.cast.gifts import GIFTS, Gift
from portal.demo.cast.offers import OFFERS, SETUPS, Offer
from portal.demo.cast.people import (
    ADMIN,
    FORGOTTEN,
    INVITED,
    KNOWN,
    MANAGER,
    NOMINATED,
    REPS,
    SECOND_MANAGER,
    TURNED_DOWN,
    Someone,
    Wish,
)
from portal.demo.cast.words import ANSWERS, HEADLINES, QUOTES, STORIES, TOPICS

PROGRAM: Final = "Northstar"
ADVOCATES: Final = (*KNOWN, *CROWD)

__all__ = [
    "ADMIN",
    "ADVOCATES",
    "ANSWERS",
    "CUSTOMERS",
    "FORGOTTEN",
    "GIFTS",
    "HEADLINES",
    "INVITED",
    "KNOWN",
    "MANAGER",
    "NOMINATED",
    "OFFERS",
    "PRODUCTS",
    "PROGRAM",
    "PROSPECTS",
    "QUOTES",
    "REPS",
    "SECOND_MANAGER",
    "SETUPS",
    "STORIES",
    "TOPICS",
    "TURNED_DOWN",
    "Firm",
    "Gift",
    "Offer",
    "Someone",
    "Wish",
]

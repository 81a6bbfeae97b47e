"""Filters of the pool as an address holds them, and as people read them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from portal.consent.activities import ACTIVITIES
from portal.references.models.searches import LONGEST_SEARCH_WORDS, MOST_CHOSEN
from portal.references.pool_sql import FACETS, Filters
from portal.references.sizes import SIZE_WORDS
from portal.web.sanity import allow_repeated

WORDS: Final = "text"
"""What the words of a search are called in an address."""
allow_repeated("activity")


def filters_in(arguments: MultiDict[str, str]) -> Filters:
    """The filters that an address names; what is more than a search takes is left out."""
    chosen = {facet: tuple(dict.fromkeys(arguments.getlist(facet)))[:MOST_CHOSEN] for facet in FACETS}
    return Filters(words=arguments.get(WORDS, "").strip()[:LONGEST_SEARCH_WORDS], **chosen)


def in_address(filters: Filters) -> dict[str, Any]:
    """The arguments of an address that holds these filters."""
    chosen: dict[str, Any] = {facet: list(filters.chosen(facet)) for facet in filters.active}
    return {**chosen, WORDS: [filters.words]} if filters.words else chosen


def as_text(filters: Filters) -> str:
    """The filters as the part of an address behind the question mark."""
    return urlencode(in_address(filters), doseq=True)


def label_of(facet: str, value: str) -> str:
    """A value of a facet as people read it."""
    if facet == "activity" and value in ACTIVITIES:
        return str(ACTIVITIES[value].label)
    return str(SIZE_WORDS.get(value, value)) if facet == "size" else value


def told(filters: Filters) -> str:
    """What a search looks for, in words."""
    said = [label_of(facet, value) for facet in filters.active for value in filters.chosen(facet)]
    return " · ".join([*said, *([_("“%(words)s”", words=filters.words)] if filters.words else [])])

"""Searches of the pool that somebody keeps: the filters, never whom they found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified

MOST_SEARCHES = 20
"""The most that one person keeps."""
MOST_CHOSEN = 20
"""The most values of one facet."""
LONGEST_SEARCH_NAME = 80
LONGEST_SEARCH_WORDS = 200
LARGEST_SEARCH = 8000
"""The most bytes that the chosen values take together."""


class SavedSearch(Identified, Base):
    """A search of the pool that somebody named, to open it again; theirs alone.

    `nth` is the place that it takes among theirs: there are as many places as anybody can keep.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        UniqueConstraint("person_id", "nth"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_SEARCH_NAME}", name="name"),
        CheckConstraint(f"nth BETWEEN 1 AND {MOST_SEARCHES}", name="nth"),
        CheckConstraint(f"char_length(words) <= {LONGEST_SEARCH_WORDS}", name="words"),
        CheckConstraint(
            "greatest(cardinality(activity), cardinality(industry), cardinality(country), cardinality(size),"
            f" cardinality(product)) <= {MOST_CHOSEN} AND (words <> '' OR cardinality(activity)"
            " + cardinality(industry) + cardinality(country) + cardinality(size) + cardinality(product) > 0)",
            name="chosen",
        ),
        CheckConstraint(
            f"octet_length((activity || industry || country || size || product)::text) <= {LARGEST_SEARCH}",
            name="short",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    nth: Mapped[int] = mapped_column(SmallInteger)
    activity: Mapped[list[str]] = mapped_column(server_default="{}")
    industry: Mapped[list[str]] = mapped_column(server_default="{}")
    country: Mapped[list[str]] = mapped_column(server_default="{}")
    size: Mapped[list[str]] = mapped_column(server_default="{}")
    product: Mapped[list[str]] = mapped_column(server_default="{}")
    words: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


Index("uq_saved_search_name", SavedSearch.person_id, func.lower(SavedSearch.name), unique=True)

"""Searching the pool: the page, the total and the counts of all facets in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from portal.consent.activities import ACTIVITIES
from portal.database.kept import Kept
from portal.database.refusal import Invalid
from portal.people.models import SIZE_BANDS
from portal.references import pool_sql as sql
from portal.references.opportunities import Prospect
from portal.references.pool_sql import Filters
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 20
_MOST_VALUES: Final = 10
BROKEN: Final = _l("This address is broken. Start again at the top of the list.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in the pool, as sales may see them before they accept: no name, no address."""

    public_id: UUID
    person_id: int
    initials: str
    title: str | None
    company_name: str | None
    industry: str | None
    country: str | None
    size_band: str | None
    headline: str | None
    about: str | None
    products: tuple[str, ...]
    topics: tuple[str, ...]
    activities: tuple[str, ...]
    """What they agreed to be asked for; with a deal, for its audience."""
    completeness: int
    fit: int
    reasons: tuple[str, ...]
    """What the deal and they share: `industry`, `country`, `size`, `product`; `fit` counts them."""
    asked: str | None
    """When they were last asked, as the cursor writes it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A value of a facet, and how many would match with it; `least`: at least so many."""

    value: str
    entries: int
    checked: bool
    least: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of candidates, how many there are (`more`: beyond what is counted), and the facets."""

    page: Page[Candidate]
    total: int
    more: bool
    facets: Mapping[str, list[Counted]]


def search(
    session: Session,
    filters: Filters,
    *,
    deal: Prospect | None = None,
    after: Cursor | None = None,
    limit: int = PER_PAGE,
) -> Found:
    """Who matches: best fit of the deal first, else the fullest profile; among equals who was asked longest ago.

    With a deal only those who agreed to something for its audience. One statement; the counts of the whole pool are
    kept for some seconds, since everybody who begins to search sees them.
    """
    place = _place(after) if after is not None else None
    if deal is None and filters.empty:
        total, facets = _counts_of_everybody(session)
        rows = session.connection().scalar(_text(sql.everybody(place)), sql.parameters(filters, deal, place, limit))
        more = total > sql.MOST_COUNTED
        page = page_of([_candidate(row) for row in rows], limit, lambda last: _cursor(last, deal))
        return Found(page, min(total, sql.MOST_COUNTED), more, _facets(facets, filters, more))
    row = session.execute(_text(sql.statement(filters, deal, place)), sql.parameters(filters, deal, place, limit)).one()
    candidates = [_candidate(found) for found in row.page]
    page = page_of(candidates, limit, lambda last: _cursor(last, deal))
    more = row.total > sql.MOST_COUNTED
    return Found(page, min(row.total, sql.MOST_COUNTED), more, _facets(row.facets, filters, more))


@Kept
def _counts_of_everybody(session: Session) -> tuple[int, list[dict[str, Any]]]:
    row = session.execute(_text(sql.counts_of_everybody()), {"most": sql.MOST_COUNTED}).one()
    return row.total, row.facets


@lru_cache(maxsize=256)
def _text(statement: str) -> TextClause:
    """A statement read for its parameters, once for each choice of filters."""
    return text(statement)


def nearest(session: Session, filters: Filters, *, deal: Prospect | None = None, limit: int = 3) -> list[Candidate]:
    """Who comes closest where nobody matches: those who meet most of what was asked for. One statement."""
    if filters.empty:
        return []
    values = {**sql.parameters(filters, deal, None, limit), "limit": limit}
    found = session.scalar(text(sql.nearest(filters, deal)), values)
    return [_candidate(row) for row in found or []]


def _place(after: Cursor) -> Cursor:
    """The parts of a cursor as what they must be. Refuses `Invalid` for one that no page of ours gave."""
    try:
        best, asked = int(after[0]), datetime.fromisoformat(after[1]) if after[1] is not None else None
        place = best, asked, UUID(after[2])
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid(BROKEN) from error
    if not 0 <= best <= 100 or (asked is not None and asked.tzinfo is None):
        raise Invalid(BROKEN)
    return place


def _cursor(last: Candidate, deal: Prospect | None) -> Cursor:
    return (last.fit if deal else last.completeness, last.asked, str(last.public_id))


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(
        UUID(row["public_id"]),
        row["person_id"],
        row["initials"],
        row["title"],
        row["company_name"],
        row["industry"],
        row["country"],
        row["size_band"],
        row["headline"],
        row["about"],
        tuple(row["products"]),
        tuple(row["topics"]),
        tuple(key for key in ACTIVITIES if key in row["activities"]),
        row["completeness"],
        row["fit"],
        tuple(reason for reason in sql.REASONS if row[f"same_{reason}"]),
        row["asked"],
    )


def _facets(rows: list[dict[str, Any]], filters: Filters, more: bool) -> dict[str, list[Counted]]:
    least = more and not filters.empty
    found: dict[str, dict[str, int]] = {facet: dict.fromkeys(filters.chosen(facet), 0) for facet in sql.FACETS}
    for row in rows:
        found[row["facet"]][row["value"]] = row["entries"]
    return {facet: _shown(facet, values, filters, least) for facet, values in found.items()}


def _shown(facet: str, values: dict[str, int], filters: Filters, least: bool) -> list[Counted]:
    chosen = set(filters.chosen(facet))
    order = {"size": SIZE_BANDS, "activity": tuple(ACTIVITIES)}.get(facet)
    if order is not None:
        ranked = [value for value in order if value in values]
    else:
        often = sorted(values, key=lambda value: (value not in chosen, -values[value], value))
        ranked = sorted(often[:_MOST_VALUES], key=lambda value: (-values[value], value))
    return [Counted(value, values[value], value in chosen, least) for value in ranked]

"""The statements of the pool search, put together from constants; all values are parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from portal.consent.activities import ACTIVITIES
from portal.consent.scopes import fitting
from portal.references.opportunities import Prospect
from portal.web.paging import Cursor

MOST_COUNTED: Final = 2000
"""Beyond so many matches the total reads "2,000+" and the counts are lower bounds."""
FACETS: Final = {
    "activity": "e.activities && CAST(:activity AS text[])",
    "industry": "e.industry = ANY (:industry)",
    "country": "e.country = ANY (:country)",
    "size": "e.size_band = ANY (:size)",
    "product": "e.products && CAST(:product AS text[])",
}
"""The facets and the condition that each puts on a row."""
_COLUMNS: Final = {
    "activity": "activities",
    "industry": "industry",
    "country": "country",
    "size": "size_band",
    "product": "products",
}
_LISTS: Final = frozenset({"activity", "product"})
_SAME: Final = "coalesce(lower(btrim(e.industry)) = lower(btrim(:deal_industry)), false)"
_TEXT: Final = "e.search @@ websearch_to_tsquery('english', portal_plain(:words))"
REASONS: Final = {
    "industry": "coalesce(e.industry = :deal_industry, false)",
    "country": "coalesce(e.country = :deal_country, false)",
    "size": "coalesce(e.size_band = :deal_size, false)",
    "product": "coalesce(e.products @> ARRAY[CAST(:deal_product AS text)], false)",
}
_ORDER: Final = "best DESC, asked NULLS FIRST, public_id"
_ONWARD: Final = (
    "AND best <= :best AND (best < :best OR (asked, public_id) > (CAST(:asked AS timestamptz), CAST(:nth AS uuid)))"
)
_ONWARD_FROM_NEVER: Final = (
    "AND best <= :best AND (best < :best OR asked IS NOT NULL OR public_id > CAST(:nth AS uuid))"
)
# Any of the words instead of all; quotes keep what people typed from being read as operators.
_ANY_WORD: Final = (
    "e.search @@ replace(websearch_to_tsquery('english', portal_plain(:words))::text, ' & ', ' | ')::tsquery"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a rep looks for; several values of one facet mean any of them, several facets all of them."""

    activity: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    words: str = ""

    def chosen(self, facet: str) -> tuple[str, ...]:
        """The values chosen of a facet."""
        values: tuple[str, ...] = getattr(self, facet)
        return values

    @property
    def active(self) -> list[str]:
        """The facets of which something is chosen."""
        return [facet for facet in FACETS if self.chosen(facet)]

    @property
    def empty(self) -> bool:
        """Whether nothing was asked for."""
        return not self.active and not self.words

    @property
    def broad(self) -> bool:
        """Whether at most activities were chosen, which many agree to."""
        return set(self.active) <= {"activity"} and not self.words


def statement(filters: Filters, deal: Prospect | None, after: Cursor | None) -> str:
    """One row: `total`, `page` and `facets` (JSON). The page is found among narrow rows and then made whole."""
    live = _open(deal)
    every = _where(filters, deal, live, leaving_out=None)
    return f"""
        WITH {_matched(deal, every)},
        {_others(filters, deal, live)}
        found AS ({_page(filters, deal, every, after)}),
        page AS (SELECT f.best, {_columns(deal)} FROM found f JOIN pool_entry e ON e.public_id = f.public_id)
        SELECT (SELECT n FROM total) AS total,
               (SELECT coalesce(json_agg(p ORDER BY {_ORDER}), '[]') FROM page p) AS page,
               (SELECT coalesce(json_agg(c), '[]') FROM ({_counts(filters, deal)}) c) AS facets
    """  # noqa: S608 -- put together from constants; values are parameters


def everybody(after: Cursor | None) -> str:
    """One value: a page (JSON) of the whole pool, from the table in the order of an index."""
    return f"""
        WITH found AS ({_in_order(None, _open(None), "true", after)})
        SELECT coalesce(json_agg(p ORDER BY {_ORDER}), '[]')
          FROM (SELECT f.best, {_columns(None)} FROM found f JOIN pool_entry e ON e.public_id = f.public_id) p
    """  # noqa: S608 -- put together from constants; values are parameters


def counts_of_everybody() -> str:
    """One row: `total` and `facets` (JSON) of the whole pool."""
    return f"""
        WITH {_matched(None, _open(None))}
        SELECT (SELECT n FROM total) AS total,
               (SELECT coalesce(json_agg(c), '[]') FROM ({_counts(Filters(), None)}) c) AS facets
    """  # noqa: S608 -- put together from constants; values are parameters


def _matched(deal: Prospect | None, every: str) -> str:
    return f"""matched AS MATERIALIZED (
          SELECT e.public_id, {_best(deal)} AS best, e.last_asked_at AS asked, e.industry, e.country, e.size_band,
                 e.products, {_agreed(deal)} FROM pool_entry e WHERE {every} LIMIT :most + 1),
        total AS (SELECT count(*) AS n FROM matched)"""  # noqa: S608


def _in_order(deal: Prospect | None, every: str, only: str, after: Cursor | None) -> str:
    """The keys of a page from the table."""
    return f"""SELECT * FROM (SELECT e.public_id, {_best(deal)} AS best, e.last_asked_at AS asked FROM pool_entry e
                              WHERE {every}) r
               WHERE {only} {_onward(after)} ORDER BY {_ORDER} LIMIT :limit"""  # noqa: S608


def _onward(after: Cursor | None) -> str:
    if after is None:
        return ""
    return _ONWARD if after[1] else _ONWARD_FROM_NEVER


def _page(filters: Filters, deal: Prospect | None, every: str, after: Cursor | None) -> str:
    """The keys of the page: among what matched where that is all, else from the table in the order of an index."""
    tiers = _tiers(deal) if deal and filters.broad else [("true", "true")]
    small = f"""SELECT public_id, best, asked FROM matched WHERE (SELECT n FROM total) <= :most {_onward(after)}
                 ORDER BY {_ORDER} LIMIT :limit"""  # noqa: S608
    large = " UNION ALL ".join(
        f"""SELECT * FROM (
              {_in_order(deal, f"{every} AND {some} AND (SELECT n FROM total) > :most", only, after)}) tier_{nth}"""  # noqa: S608
        for nth, (some, only) in enumerate(tiers)
    )
    return f"SELECT * FROM ({small}) s UNION ALL SELECT * FROM ({large} LIMIT :limit) l"  # noqa: S608


def nearest(filters: Filters, deal: Prospect | None) -> str:
    """One value: the rows (JSON) that meet most of what was asked for."""
    met = [f"({_condition(facet, deal)})::int" for facet in filters.active]
    if filters.words:
        met.append(f"({_ANY_WORD})::int")
    score = " + ".join(f"coalesce({part}, 0)" for part in met)
    order = "score DESC, fit DESC, completeness DESC, asked NULLS FIRST, public_id"
    return f"""
        SELECT coalesce(json_agg(best ORDER BY {order}), '[]')
          FROM (SELECT * FROM (SELECT {_columns(deal)}, {score} AS score FROM pool_entry e WHERE {_open(deal)}) scored
                 WHERE score > 0 ORDER BY {order} LIMIT :limit) best
    """  # noqa: S608 -- put together from the constants above


def _columns(deal: Prospect | None) -> str:
    reasons = ", ".join(f"{met if deal else 'false'} AS same_{reason}" for reason, met in REASONS.items())
    activities = f"ARRAY({_fitting_activities('e.audiences', _SAME)})" if deal else "e.activities"
    return f"""e.public_id, e.person_id, e.initials, e.title, e.company_name, e.industry, e.country, e.size_band,
        e.headline, e.about, e.products, e.topics, e.completeness, e.last_asked_at AS asked,
        {activities} AS activities, {_fit(deal)} AS fit, {reasons}"""


def _fit(deal: Prospect | None) -> str:
    """How many of industry, country, size band and product the deal and the row share."""
    return " + ".join(f"({met})::int" for met in REASONS.values()) if deal else "0"


def _best(deal: Prospect | None) -> str:
    return _fit(deal) if deal else "e.completeness"


def _open(deal: Prospect | None) -> str:
    """Consent holds, they are not paused, and they agreed to some activity for the deal's audience (`scope_for`)."""
    holds = "e.valid_until > (SELECT portal_now()) AND coalesce(e.paused_until <= (SELECT portal_now()), true)"
    return holds if deal is None else f"{holds} AND {_agreed_to('fit')}"


def _agreed_to(which: str) -> str:
    """Somebody agreed to one of the activities whose scopes are `:<which>_same` and `:<which>_other`."""
    return f"""(e.audiences && CAST(:{which}_same AS text[]) AND {_SAME}
        OR e.audiences && CAST(:{which}_other AS text[]) AND NOT {_SAME})"""


def _agreed(deal: Prospect | None) -> str:
    """What `matched` keeps to count the activities."""
    return f"e.audiences, {_SAME} AS same" if deal else "e.activities"


def _fitting_activities(audiences: str, same: str) -> str:
    """The activities, a row each, to which somebody agreed for the deal's audience."""
    return f"""SELECT split_part(scope, ':', 1) AS value FROM unnest({audiences}) AS given (scope)
        WHERE scope = ANY (CASE WHEN {same} THEN CAST(:fit_same AS text[]) ELSE CAST(:fit_other AS text[]) END)"""  # noqa: S608


def _condition(facet: str, deal: Prospect | None) -> str:
    return _agreed_to(facet) if facet == "activity" and deal else FACETS[facet]


def _where(filters: Filters, deal: Prospect | None, live: str, *, leaving_out: str | None) -> str:
    parts = [live, *(_condition(facet, deal) for facet in filters.active if facet != leaving_out)]
    if filters.words:
        parts.append(_TEXT)
    return " AND ".join(f"({part})" for part in parts)


def _others(filters: Filters, deal: Prospect | None, live: str) -> str:
    """For each facet with a choice the rows that match all but it: what another choice would find."""
    return "".join(
        f"others_{facet} AS MATERIALIZED (SELECT {_kept(facet, deal)} FROM pool_entry e"  # noqa: S608
        f" WHERE {_where(filters, deal, live, leaving_out=facet)} LIMIT :most + 1), "
        for facet in filters.active
    )


def _kept(facet: str, deal: Prospect | None) -> str:
    return _agreed(deal) if facet == "activity" else f"e.{_COLUMNS[facet]}"


def _counts(filters: Filters, deal: Prospect | None) -> str:
    if filters.empty:
        counted = "SELECT facet, value, entries FROM pool_facet WHERE (SELECT n FROM total) > :most"
        return f"{counted} UNION ALL {_grouped(filters, deal, 'WHERE (SELECT n FROM total) <= :most')}"  # noqa: S608
    return _grouped(filters, deal, "")


def _grouped(filters: Filters, deal: Prospect | None, when: str) -> str:
    return " UNION ALL ".join(
        f"(SELECT '{facet}' AS facet, value, count(*) AS entries FROM ({_values(facet, filters, deal, when)}) v"  # noqa: S608
        " WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value LIMIT 40)"
        for facet in FACETS
    )


def _values(facet: str, filters: Filters, deal: Prospect | None, when: str) -> str:
    """The values of a facet, a row each, among what matched; where one was chosen, among what matched all else."""
    source = f"others_{facet}" if filters.chosen(facet) else "matched"
    if facet == "activity" and deal:
        fitting_ones = _fitting_activities("m.audiences", "m.same")
        return f"SELECT f.value FROM {source} m CROSS JOIN LATERAL ({fitting_ones}) f {when}"  # noqa: S608
    value = f"unnest({_COLUMNS[facet]})" if facet in _LISTS else _COLUMNS[facet]
    return f"SELECT {value} AS value FROM {source} {when}"  # noqa: S608


def _tiers(deal: Prospect) -> list[tuple[str, str]]:
    """Where a deal meets a large pool: who shares all that is known, then three of four, by indexes; then the rest.

    Whoever shares three of four shares industry and country, or else size and product with one of the two.
    """
    known = {
        "e.industry = :deal_industry": deal.industry,
        "e.country = :deal_country": deal.country,
        "e.size_band = :deal_size": deal.size_band,
        "e.products @> ARRAY[CAST(:deal_product AS text)]": deal.product,
    }
    industry, country, size, product = known
    shared = [condition for condition, value in known.items() if value is not None]
    if not shared:
        return [("true", "true")]
    tiers = [(" AND ".join(shared), "true")]
    if len(shared) == len(known):
        three = f"({industry} AND {country} OR {size} AND {product} AND ({industry} OR {country}))"
        return [*tiers, (three, "best = 3"), ("true", "best < 3")]
    return [*tiers, ("true", f"best < {len(shared)}")]


def parameters(filters: Filters, deal: Prospect | None, after: Cursor | None, limit: int) -> dict[str, Any]:
    """The values of `statement` and `nearest`."""
    values: dict[str, Any] = {"limit": limit + 1, "most": MOST_COUNTED}
    values.update({facet: list(filters.chosen(facet)) for facet in filters.active})
    if filters.words:
        values["words"] = filters.words
    if deal is not None:
        values |= {
            "deal_industry": deal.industry,
            "deal_country": deal.country,
            "deal_size": deal.size_band,
            "deal_product": deal.product,
            **_scopes("fit", ACTIVITIES),
            **_scopes("activity", filters.activity),
        }
    if after is not None:
        values |= {"best": after[0], "asked": after[1], "nth": after[2]}
    return values


def _scopes(which: str, activities: Iterable[str]) -> dict[str, list[str]]:
    keys = list(activities)
    return {f"{which}_same": fitting(keys, same_industry=True), f"{which}_other": fitting(keys, same_industry=False)}

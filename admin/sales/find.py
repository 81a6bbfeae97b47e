"""Find advocates: the pool, by plain words and filters, best fit for a deal first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.sales.filters import WORDS, filters_in, in_address, label_of
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL
from portal.database import db
from portal.database.refusal import NotFound
from portal.references import fatigue, pool_search
from portal.references.pool_search import Candidate, Counted, Found
from portal.references.pool_sql import FACETS, Filters
from portal.references.queries import deals
from portal.references.queries.deals import Deal
from portal.references.sizes import SIZE_WORDS
from portal.web import pace, templating
from portal.web.paging import cursor_of
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_find", __name__, url_prefix="/sales/find", template_folder="../templates")

FACET_TITLES: Final[dict[str, LazyString]] = {
    "activity": _l("Agreed to"),
    "industry": _l("Industry"),
    "country": _l("Country"),
    "size": _l("Company size"),
    "product": _l("Product"),
}
templating.same_for_same("sales/find/person.html", "asked", "asking", "person")
templating.known_by_itself(Candidate)
_IN_ADDRESS: Final = frozenset({*FACETS, WORDS, "opportunity"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A candidate on the page, with what they were asked of late."""

    who: Candidate
    load: fatigue.Load
    agreed: str
    """What they agreed to be asked for, in words."""
    ask: str
    """The words of the button that asks them."""


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the page without it."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet."""

    value: str
    label: str
    count: str
    checked: bool


templating.known_by_itself(Option)


@bp.get("")
@for_sales
def index() -> str:
    """Search the pool; every filter is in the address, so that a search can be kept and sent."""
    pace.searching()
    session, filters, deal = db.session(), filters_in(request.args), _deal()
    prospect = deal.prospect if deal else None
    found = pool_search.search(session, filters, deal=prospect, after=cursor_of(int, object, UUID))
    nearest = [] if found.page.rows else pool_search.nearest(session, filters, deal=prospect)
    candidates = [*found.page.rows, *nearest]
    loads = fatigue.loads(session, [who.person_id for who in candidates])
    said = {key: str(activity.label) for key, activity in ACTIVITIES.items()}
    shown = [_shown(who, loads[who.person_id], filters, said) for who in candidates if who.person_id in loads]
    return render_template("sales/find/index.html", **_words(found, filters, deal, shown))


def _shown(who: Candidate, load: fatigue.Load, filters: Filters, said: Mapping[str, str]) -> Shown:
    wanted = next((key for key in filters.activity if key in who.activities), next(iter(who.activities), ""))
    agreed = ", ".join(said[key] for key in who.activities)
    if wanted in ("", REFERENCE_CALL):
        return Shown(who, load, agreed, _("Request a call"))
    return Shown(who, load, agreed, _("Ask for %(what)s", what=ACTIVITIES[wanted].one))


def _words(found: Found, filters: Filters, deal: Deal | None, shown: list[Shown]) -> dict[str, Any]:
    return {
        "found": found,
        "shown": shown,
        "instead": next((each.who for each in shown if each.load.askable), None),
        "filters": filters,
        "deal": deal,
        "chips": _chips(filters),
        "facets": _facets(found),
        "keep": None if filters.empty else url_for("sales_saved.new", **in_address(filters)),
        "cleared": url_for(".index", opportunity=deal.public_id if deal else None),
        "sizes": SIZE_WORDS,
        "why_resting": fatigue.why_resting,
    }


def _deal() -> Deal | None:
    asked = request.args.get("opportunity", "")
    if not asked:
        return None
    try:
        return deals.deal(db.session(), UUID(asked), by=current_visitor().actor)
    except ValueError as error:
        raise NotFound from error


def _chips(filters: Filters) -> list[Chip]:
    chips = [
        Chip(label_of(facet, value), _without(facet, value)) for facet in FACETS for value in filters.chosen(facet)
    ]
    if filters.words:
        chips.append(Chip(_("“%(words)s”", words=filters.words), _without(WORDS, request.args.get(WORDS, ""))))
    return chips


def _without(name: str, value: str) -> str:
    kept: dict[str, Any] = {
        key: left
        for key, values in request.args.lists()
        if key in _IN_ADDRESS and (left := [each for each in values if (key, each) != (name, value)])
    }
    return url_for(".index", **kept)


def _facets(found: Found) -> list[tuple[str, LazyString, tuple[Option, ...]]]:
    return [
        (facet, title, tuple(_option(facet, counted) for counted in found.facets[facet]))
        for facet, title in FACET_TITLES.items()
        if found.facets[facet]
    ]


def _option(facet: str, counted: Counted) -> Option:
    number = f"{counted.entries}+" if counted.least and counted.entries else str(counted.entries)
    return Option(counted.value, label_of(facet, counted.value), number, counted.checked)

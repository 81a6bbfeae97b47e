"""My deals, and for each who can speak to the prospect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from admin.sales.asking import propose_day, send
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL, Activity
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.people.states import MANAGERS
from portal.references import fatigue, pool_search
from portal.references.fatigue import Load
from portal.references.pool_search import Candidate
from portal.references.pool_sql import Filters
from portal.references.queries import deals
from portal.references.queries.deals import Deal
from portal.references.queries.requests import of_deal
from portal.references.request_forms import AskForDealForm
from portal.references.sizes import SIZE_WORDS
from portal.web import pace
from portal.web.forms import invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_deals", __name__, url_prefix="/sales", template_folder="../templates")
_LIST: Final = "sales/deals/index.html"
_PAGE: Final = "sales/deals/show.html"
MOST_MATCHES: Final = 10


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with their load."""

    who: Candidate
    load: Load


@bp.get("")
@for_sales
def index() -> str:
    """The deals that the visitor may see."""
    words = request.args.get("q", "").strip()[:100]
    if words:
        pace.searching()
    every = request.args.get("show") == "all"
    page = deals.deals(
        db.session(), by=current_visitor().actor, words=words, all_stages=every, after=cursor_of(int, int)
    )
    return render_template(_LIST, page=page, words=words, every=every, wide=_sees_all())


@bp.get("/opportunities/<uuid:deal>")
@for_sales
def show(deal: UUID) -> str:
    """A deal with those who can speak to its prospect, the best first."""
    activity = _activity()
    form = propose_day(AskForDealForm(formdata=None).offer([activity]))
    return render_template(_PAGE, form=form, **_deal(deal, activity), chosen=request.args.get("person"))


@bp.post("/opportunities/<uuid:deal>")
@for_sales
def ask(deal: UUID) -> ResponseReturnValue:
    """Ask one of them."""
    activity = _activity()
    shown, form = _deal(deal, activity), AskForDealForm().offer([activity])
    if not form.validate():
        return invalid(form, _PAGE, **shown, chosen=form.person.data)
    try:
        return send(form, UUID(form.person.data), opportunity_id=shown["deal"].id)
    except Refusal as refusal:
        return invalid(form, _PAGE, refusal=refusal, **shown, chosen=form.person.data)


def _activity() -> Activity:
    """What to ask for: the activity that the address names, else a call. Refuses `NotFound`."""
    found = ACTIVITIES.get(request.args.get("activity", REFERENCE_CALL))
    if found is None:
        raise NotFound
    return found


def _deal(public_id: UUID, activity: Activity) -> dict[str, Any]:
    session, actor = db.session(), current_visitor().actor
    deal = deals.deal(session, public_id, by=actor)
    matches, resting = _matches(deal, activity)
    return {
        "deal": deal,
        "activity": activity,
        "activities": ACTIVITIES.values(),
        "size": SIZE_WORDS.get(deal.size_band or ""),
        "matches": matches,
        "resting": resting,
        "why_resting": fatigue.why_resting,
        "asked": of_deal(session, deal.id, by=actor),
        "wide": _sees_all(),
    }


def _matches(deal: Deal, activity: Activity) -> tuple[list[Match], list[Match]]:
    """Who can be asked for it now, and who of the best is resting."""
    session, wanted = db.session(), Filters(activity=(activity.key,))
    found = pool_search.search(session, wanted, deal=deal.prospect, limit=2 * MOST_MATCHES).page.rows
    loads = fatigue.loads(session, [who.person_id for who in found])
    every = [Match(who, loads[who.person_id]) for who in found if who.person_id in loads]
    free = [match for match in every if match.load.askable]
    return free[:MOST_MATCHES], [match for match in every if not match.load.askable][:3]


def _sees_all() -> bool:
    return bool(current_visitor().roles & MANAGERS)

"""My references: what I agreed to, what sales sees, receipts; agreeing and withdrawing in as many clicks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.audit import Actor
from portal.consent import consents, links, notices, queries, receipts
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL, Activity
from portal.consent.models import Channel
from portal.consent.scopes import SCOPES, scopes_of
from portal.database import db
from portal.database.refusal import Invalid, NotFound, Refusal
from portal.people.models import Person
from portal.program import current
from portal.references import fatigue, pool
from portal.references.consent_forms import AgreeForm, WithdrawForm, sentence_of_scope
from portal.references.models import AdvocateLimits
from portal.references.queries import asks
from portal.references.queries import pool as pool_queries
from portal.references.views.blueprint import bp
from portal.settings import Settings
from portal.web import shell
from portal.web.forms import invalid
from portal.web.headers import keep_secret
from portal.web.policy import for_advocates, open_to_all
from portal.web.visitor import current_visitor

_AGREE = "references/agree.html"

shell.add_item(
    shell.Item(
        "advocate",
        _l("You"),
        _l("My references"),
        "references.mine",
        "heart-handshake",
        50,
        fact="asks",
        on_phone=True,
        short=_l("References"),
    )
)


@bp.get("/references")
@for_advocates
def mine() -> str:
    """Everything about my references on one page."""
    session, person_id = db.session(), current_visitor().person_id
    return render_template(
        "references/mine.html",
        **_standings(person_id),
        waiting=asks.waiting(session, person_id),
        me=pool_queries.myself(session, person_id),
        load=fatigue.load_of(session, person_id),
        program=current(session),
        gap_days=_gap_days(),
        history=queries.history(session, person_id),
        scope_label=sentence_of_scope,
    )


@bp.get("/references/agree")
@for_advocates
def agree() -> str:
    """The wording of an activity (`?activity=`, else calls), and for whom I agree to be asked."""
    activity = _activity()
    form, page = AgreeForm(formdata=None).offer(activity.key), _agreement(activity)
    every = consents.live_scopes(db.session(), current_visitor().person_id)
    live = [scope.key for scope in scopes_of(activity.key) if scope.key in every]
    form.scopes.data = live  # never ticked before they were agreed to
    form.company_name_ok.data = bool(live) and page["me"].profile.company_name_shown
    return render_template(_AGREE, form=form, **page)


@bp.post("/references/agree")
@for_advocates
def give() -> ResponseReturnValue:
    """I agree, to what the wording on this page says."""
    activity = _activity()
    form = AgreeForm().offer(activity.key)
    if not form.validate():
        return invalid(form, _AGREE, **_agreement(activity))
    who = current_visitor()
    try:
        consents.give(
            db.session(),
            who.person_id,
            form.scopes.data or (),
            by=who.actor,
            company_name_ok=bool(form.company_name_ok.data),
        )
    except Refusal as refusal:
        return invalid(form, _AGREE, refusal=refusal, **_agreement(activity))
    flash(_("Thank you. You decide about each ask, and can withdraw here at any time."), "ok")
    return redirect(url_for(".mine"), 303)


@bp.post("/references/withdrawal")
@for_advocates
def withdraw() -> ResponseReturnValue:
    """I withdraw, one thing or all."""
    form, who = WithdrawForm(), current_visitor()
    if not form.validate():
        raise Invalid(_("This page is out of date. Reload it and try again."))
    consents.withdraw(db.session(), who.person_id, form.scopes.data or None, by=who.actor)
    flash(_("Withdrawn. Open asks have stopped. No points were taken."), "ok")
    return redirect(url_for(".mine"), 303)


@bp.post("/references/proposal/refusal")
@for_advocates
def decline_proposal() -> ResponseReturnValue:
    """No, thank you."""
    pool.decline(db.session(), current_visitor().person_id, by=current_visitor().actor)
    flash(_("Thanks for telling us. We will not ask again this year."), "ok")
    return redirect(url_for(".mine"), 303)


@bp.get("/references/receipts")
@for_advocates
def receipts_page() -> str:
    """All that I agreed to and took back, and what was shown to whom."""
    lines = queries.history(db.session(), current_visitor().person_id, limit=100)
    return render_template("references/receipts.html", history=lines, scope_label=sentence_of_scope)


@bp.get("/references/receipts/<uuid:receipt>.json")
@for_advocates
def download_receipt(receipt: UUID) -> Response:
    """One receipt, signed, to keep."""
    event = queries.event_of(db.session(), current_visitor().person_id, receipt)
    if event is None:
        raise NotFound
    settings: Settings = current_app.config["PORTAL"]
    document = receipts.receipt(
        db.session(), event, secret=settings.signing_keys[0], base_url=settings.base_url.rstrip("/")
    )
    response = make_response(receipts.text(document))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="consent-receipt-{receipt}.json"'
    return response


@bp.get("/references/withdraw/<token>")
@open_to_all(reason="the link of a mail takes consent back without signing in; it can do nothing else")
def withdraw_by_link(token: str) -> Response:
    """What the link withdraws; nothing happens before the button."""
    meant = _meant(token)
    labels = [SCOPES[scope].label for scope in meant.scopes]
    page = render_template("references/withdraw.html", labels=labels, token=token, done=False)
    return keep_secret(make_response(page))


@bp.post("/references/withdraw/<token>")
@open_to_all(reason="the link of a mail takes consent back without signing in; it can do nothing else")
def withdraw_by_mail(token: str) -> Response:
    """Withdraw, as the person whom the mail went to."""
    meant = _meant(token)
    person_id = db.session().scalar(select(Person.id).where(Person.public_id == meant.person))
    if person_id is None:
        raise NotFound
    consents.withdraw(db.session(), person_id, meant.scopes, by=Actor(person_id), channel=Channel.MAIL)
    page = render_template("references/withdraw.html", labels=[], token=token, done=True)
    return keep_secret(make_response(page))


def _meant(token: str) -> links.Withdrawal:
    settings: Settings = current_app.config["PORTAL"]
    return links.read(settings.signing_keys, token)


def _me() -> pool_queries.Myself:
    return pool_queries.myself(db.session(), current_visitor().person_id)


def _activity() -> Activity:
    """The activity that the address names. Refuses `NotFound`."""
    found = ACTIVITIES.get(request.args.get("activity", REFERENCE_CALL))
    if found is None:
        raise NotFound
    return found


def _standings(person_id: int) -> dict[str, Any]:
    """Where I stand on what I ever agreed to, and on calls; the activities that are left to agree to."""
    every = queries.standings(db.session(), person_id)
    told = {REFERENCE_CALL} | {standing.scope.activity for standing in every if standing.state != "not_agreed"}
    return {
        "standings": [standing for standing in every if standing.scope.activity in told],
        "offers": [activity for key, activity in ACTIVITIES.items() if key not in told],
        "activities": ACTIVITIES,
    }


def _gap_days() -> int:
    """The days that lie between two asks of me: the program's, or more where I asked for more."""
    session = db.session()
    own = session.get(AdvocateLimits, current_visitor().person_id)
    return max(fatigue.gap_in_days(current(session).person_gap_hours), (own.gap_days or 0) if own else 0)


def _agreement(activity: Activity) -> dict[str, Any]:
    notice = notices.current(db.session(), activity.key, current_visitor().locale)
    texts = {scope.key: scope.text for scope in SCOPES.values()}
    days = consents.VALID_FOR.days
    return {"activity": activity, "notice": notice, "me": _me(), "descriptions": texts, "valid_for": days}

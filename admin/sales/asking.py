"""Sending an ask, from a deal or from the pool: one form, one verb."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clock import now
from portal.database import db
from portal.references import pool, requests
from portal.references.request_forms import AskForm
from portal.web.visitor import current_visitor

_SOON = timedelta(days=10)


FormT = TypeVar("FormT", bound=AskForm)


def propose_day(form: FormT) -> FormT:
    """Let a new form propose a day that leaves time to answer and to talk."""
    if form.needed_by.data is None and not form.needed_by.raw_data:
        form.needed_by.data = now(db.session()).date() + _SOON
    return form


def send(form: AskForm, person: UUID, *, opportunity_id: int | None = None) -> ResponseReturnValue:
    """Ask somebody of the pool, and show the request that came of it."""
    session = db.session()
    entry = pool.entry_of(session, person)
    shown = entry.initials
    request = requests.ask(
        session,
        person_id=entry.person_id,
        needed_by=form.needed_by.data,
        topics=form.topics.data,
        by=current_visitor().actor,
        opportunity_id=opportunity_id,
        prospect_name=form.prospect_name.data,
        prospect_industry=form.prospect_industry.data,
        activity=form.activity.data,
        request_key=UUID(form.request_key.data),
    )
    flash(_("%(who)s is asked. We tell you as soon as there is an answer.", who=shown), "ok")
    return redirect(url_for("sales_requests.show", request=request.public_id), 303)

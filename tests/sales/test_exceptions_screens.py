"""Asking for an exception, deciding on it and using it, by plain forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.clock import now
from portal.references import answers, exceptions, fatigue
from portal.references.models import LimitException, ReferenceRequest
from tests.asking import ask, assignment_of
from tests.browsing import Browser
from tests.consented import Known, agree, make_advocate

Browse = Callable[[Known], Browser]


def resting(db: Session, who: Known, rep: Known) -> str:
    """Somebody whom the program's gap lets rest; the address of the page that asks them."""
    answers.decline(db, assignment_of(db, ask(db, who, rep)).id, by=who.actor)
    entry = db.scalar(text("SELECT public_id FROM pool_entry WHERE person_id = :who"), {"who": who.id})
    db.commit()
    return f"/sales/people/{entry}"


def key_of(page: str) -> str:
    """The key of a form that was shown."""
    return re.search(r'name="request_key"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]


def test_a_rep_asks_a_manager_approves_and_the_ask_goes_out(
    db: Session, ana: Known, rep: Known, mia: Known, browse: Browse
) -> None:
    place, sales, desk = resting(db, ana, rep), browse(rep), browse(mia)
    assert f'href="{place}/exception' in sales.get("/sales/find").text
    form = sales.get(f"{place}/exception").text
    wish = {"prospect_name": "Meridian", "reason": "They alone have nine depots.", "activity": "reference_call"}
    said = sales.post(f"{place}/exception", f"{place}/exception", **{**wish, "reason": ""}, request_key=key_of(form))
    assert said.status_code == 422
    assert "Meridian" in said.text
    for _click in range(2):
        sent = sales.post(f"{place}/exception", f"{place}/exception", **wish, request_key=key_of(form))
        assert sent.status_code == 303
    made = db.scalars(select(LimitException)).one()
    one = f"/admin/calls/exceptions/{made.public_id}"
    db.rollback()
    assert "Take back" in sales.get("/sales/requests/exceptions").text
    assert one in desk.get("/admin/calls/exceptions").text
    assert "They alone have nine depots." in desk.get(one).text
    assert desk.post(f"{one}/decision", one, decision="decline", note="").status_code == 422
    assert desk.post(f"{one}/decision", one, decision="approve", note="").status_code == 303
    assert desk.post(f"{one}/decision", "/admin/calls", decision="decline", note="No.").status_code == 409
    assert "Send the ask" in sales.get("/sales/requests/exceptions").text
    page = sales.get(f"{place}/ask").text
    assert "is good for one ask" in page
    assert 'value="Meridian"' in page
    fields = {
        "needed_by": str(now(db).date() + timedelta(days=9)),
        "topics": "What broke?",
        "prospect_name": "Meridian",
    }
    db.rollback()
    more = {**fields, "prospect_industry": "Logistics", "activity": "reference_call", "request_key": key_of(page)}
    assert sales.post(f"{place}/ask", f"{place}/ask", **more).status_code == 303
    request = db.scalars(select(ReferenceRequest).order_by(ReferenceRequest.id.desc())).first()
    assert request is not None
    assert "by an exception" in sales.get(f"/sales/requests/{request.public_id}").text
    assert "Used" in sales.get("/sales/requests/exceptions").text
    db.rollback()


def test_a_manager_does_not_decide_on_their_own(
    db: Session, ana: Known, rep: Known, mia: Known, browse: Browse
) -> None:
    place, desk = resting(db, ana, rep), browse(mia)
    form = desk.get(f"{place}/exception").text
    wish = {"prospect_name": "Meridian", "reason": "They alone have nine depots.", "request_key": key_of(form)}
    assert desk.post(f"{place}/exception", f"{place}/exception", **wish).status_code == 303
    made = db.scalars(select(LimitException)).one()
    one = f"/admin/calls/exceptions/{made.public_id}"
    db.rollback()
    assert "You asked for this" in desk.get(one).text
    assert desk.post(f"{one}/decision", one, decision="approve", note="").status_code == 403
    taken_back = f"/sales/requests/exceptions/{made.public_id}/withdrawal"
    assert browse(rep).post(taken_back, "/sales/requests/exceptions").status_code == 404
    assert desk.post(taken_back, one).status_code == 303
    assert "Withdrawn" in desk.get("/admin/calls/exceptions?show=over").text


def test_the_company_of_who_has_not_accepted_is_not_named(
    db: Session, ana: Known, rep: Known, mia: Known, browse: Browse
) -> None:
    db.execute(text("UPDATE program SET company_asks = 1"))
    colleague = make_advocate(db, "Carl Colleague", company_id=ana.company_id)
    agree(db, colleague)
    resting(db, ana, rep)
    exceptions.ask_for(
        db,
        colleague.id,
        reason="They alone have nine depots.",
        by=rep.actor,
        key=uuid4(),
        activity="reference_call",
        prospect_name="Meridian",
    )
    db.commit()
    listed = browse(rep).get("/sales/requests/exceptions").text
    assert "somebody of their company" in listed
    assert "Harbor Freight Lines" not in listed
    assert "Harbor Freight Lines" in browse(mia).get("/admin/calls/exceptions").text


def test_what_they_wish_themselves_is_said_and_not_offered(db: Session, ana: Known, rep: Known, browse: Browse) -> None:
    fatigue.lower(db, ana.id, 1, by=ana.actor)
    place, sales = resting(db, ana, rep), browse(rep)
    assert f"{place}/exception" not in sales.get("/sales/find").text
    assert "Nobody makes an exception of this" in sales.get(f"{place}/exception").text

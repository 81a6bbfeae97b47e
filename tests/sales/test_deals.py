"""My deals, and asking somebody for one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.people import people
from portal.references import fatigue, opportunities
from portal.references.models import Opportunity, ReferenceRequest
from tests.consented import Known, agree, make_advocate, make_company
from tests.points.counting import cost
from tests.sales.conftest import Browse

Count = Callable[[Callable[[], object]], int]


def make_deal(db: Session, owner: Known | None, name: str = "Brightline Health", **changes: object) -> Opportunity:
    """A deal with a company of its own."""
    company = make_company(db, name, industry="Logistics", country="Germany", employees=900)
    known = {"stage": "Engaging", "company_id": company.id, "owner_id": owner.id if owner else None, **changes}
    deal = opportunities.add(db, by=SYSTEM, **known)  # type: ignore[arg-type]
    db.commit()
    return deal


def entry(db: Session, who: Known) -> UUID:
    """The id under which the pool shows somebody."""
    return db.scalars(text("SELECT public_id FROM pool_entry WHERE person_id = :who"), {"who": who.id}).one()


def wish(db: Session, who: Known, **changes: object) -> dict[str, object]:
    """What a rep types."""
    needed_by = now(db).date() + timedelta(days=9)
    key = str(uuid4())
    public_id = str(entry(db, who))
    db.rollback()
    return {"person": public_id, "needed_by": needed_by, "topics": "What broke?", "request_key": key, **changes}


def test_a_rep_sees_their_own_deals_and_managers_all(
    db: Session, rep: Known, other: Known, mia: Known, browse: Browse
) -> None:
    make_deal(db, rep, amount=Decimal(480_000), currency="USD")
    make_deal(db, other, "Elsewhere Inc")
    make_deal(db, None, "Nobody Inc")
    mine, all_of_them = browse(rep).get("/sales").text, browse(mia).get("/sales").text
    assert "Brightline Health" in mine
    assert "$480K" in mine
    assert "Elsewhere" not in mine
    assert "Nobody Inc" not in mine
    assert all(name in all_of_them for name in ("Brightline Health", "Elsewhere Inc", "Nobody Inc"))


def test_won_and_lost_deals_come_when_asked_for(db: Session, rep: Known, browse: Browse) -> None:
    make_deal(db, rep, "Old Friend", stage="Won")
    browser = browse(rep)
    assert "No open deals" in browser.get("/sales").text
    assert "Old Friend" in browser.get("/sales?show=all").text


def test_deals_are_found_by_name_or_number(db: Session, rep: Known, browse: Browse) -> None:
    make_deal(db, rep, "Percent % Works", crm_id="1C1I7A6R")
    make_deal(db, rep, "Brightline Health")
    browser = browse(rep)
    for words in ("percent+%25", "1c1i7a6r"):
        found = browser.get(f"/sales?q={words}").text
        assert "Percent % Works" in found
        assert "Brightline" not in found
    assert "No deal matches" in browser.get("/sales?q=<nothing>").text


def test_a_long_list_comes_in_pages(db: Session, rep: Known, browse: Browse) -> None:
    for number in range(33):
        opportunities.add(db, by=SYSTEM, stage="Engaging", owner_id=rep.id, name=f"Deal number {number:02d}")
    db.commit()
    browser = browse(rep)
    first = browser.get("/sales").text
    onward = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(onward).text
    assert ("Deal number 32" in first, "Deal number 02" in first) == (True, False)
    assert ("Deal number 32" in second, "Deal number 02" in second) == (False, True)
    assert browser.get("/sales?after=nonsense").status_code == 422


def test_the_list_costs_the_same_for_one_and_for_many(
    db: Session, rep: Known, browse: Browse, count_queries: Count
) -> None:
    make_deal(db, rep)
    browser = browse(rep)
    one = cost(count_queries, lambda: browser.get("/sales"))
    for number in range(20):
        make_deal(db, rep, f"Company {number}")
    assert cost(count_queries, lambda: browser.get("/sales")) == one


def test_a_deal_shows_who_fits_and_why(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    far = make_advocate(db, "Far Fetched", company_id=make_company(db, "Far", industry="Retail", country="Peru").id)
    agree(db, far)
    deal = make_deal(db, rep)
    page = browse(rep).get(f"/sales/opportunities/{deal.public_id}").text
    assert page.index("A. M.") < page.index("F. F.")
    assert "<b>3</b> of 4" in page
    assert "0 of 2 asks this quarter" in page
    assert "Mitchell" not in page
    assert "ana@harbor.example" not in page
    assert "Harbor Freight" not in page


def test_who_rests_is_named_with_the_reason(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    fatigue.log_outside(db, ana.id, now(db), by=rep.actor)
    deal = make_deal(db, rep)
    page = browse(rep).get(f"/sales/opportunities/{deal.public_id}").text
    assert "A. M. is resting until" in page
    assert "Nobody fits yet" in page


def test_the_page_of_a_deal_costs_the_same_for_one_and_for_many(
    db: Session, rep: Known, ana: Known, browse: Browse, count_queries: Count
) -> None:
    deal = make_deal(db, rep)
    browser, path = browse(rep), f"/sales/opportunities/{deal.public_id}"
    one = cost(count_queries, lambda: browser.get(path))
    for number in range(12):
        agree(db, make_advocate(db, f"Advocate Nr{number}"))
    db.commit()
    assert cost(count_queries, lambda: browser.get(path)) == one


def test_foreign_and_missing_deals_look_alike(
    db: Session, other: Known, rep: Known, ana: Known, browse: Browse
) -> None:
    deal = make_deal(db, other)
    browser = browse(rep)
    for public_id in (deal.public_id, uuid4()):
        path = f"/sales/opportunities/{public_id}"
        assert browser.get(path).status_code == 404
        assert browser.post(path, "/sales", **wish(db, ana)).status_code == 404
    assert db.scalars(select(ReferenceRequest.id)).all() == []


def test_asking_for_a_deal(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    deal = make_deal(db, rep)
    path, typed, browser = f"/sales/opportunities/{deal.public_id}", wish(db, ana), browse(rep)
    answers = [browser.post(path, path, **typed) for _click in range(2)]
    request = db.scalars(select(ReferenceRequest)).one()
    assert request.opportunity_id == deal.id
    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.location for answer in answers} == {f"/sales/requests/{request.public_id}"}
    assert "1 request" in browser.get("/sales").text


def test_a_deal_without_a_company_asks_for_the_prospect(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    deal = make_deal(db, rep, company_id=None)
    path, browser = f"/sales/opportunities/{deal.public_id}", browse(rep)
    refused = browser.post(path, path, **wish(db, ana))
    assert refused.status_code == 422
    assert "Please name the prospect" in refused.text
    assert "What broke?" in refused.text
    assert browser.post(path, path, **wish(db, ana, prospect_name="Acme")).status_code == 303


def test_what_was_typed_is_kept(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    deal = make_deal(db, rep)
    path, browser = f"/sales/opportunities/{deal.public_id}", browse(rep)
    hostile = "<script>alert(1)</script> =1+1 \u202e"
    for changes, status in (
        ({"topics": "", "needed_by": "2026-12-40"}, 422),
        ({"topics": hostile, "needed_by": "2001-01-01"}, 422),
        ({"topics": hostile, "unknown": "x"}, 422),
        ({"person": "nobody"}, 422),
        ({"person": str(uuid4()), "topics": hostile}, 404),
    ):
        answer = browser.post(path, path, **wish(db, ana, **changes))
        assert answer.status_code == status
        assert "<script>alert" not in answer.text
        if changes.get("topics") == hostile:
            assert "&lt;script&gt;alert" in answer.text
    assert db.scalars(select(ReferenceRequest.id)).all() == []


def test_an_ask_over_the_limit_says_why(db: Session, rep: Known, ana: Known, browse: Browse) -> None:
    deal = make_deal(db, rep)
    extra = make_advocate(db, "Extra Person")
    agree(db, extra)
    fatigue.lower(db, ana.id, 0, by=ana.actor)
    db.commit()
    path = f"/sales/opportunities/{deal.public_id}"
    answer = browse(rep).post(path, path, **wish(db, ana))
    assert answer.status_code == 409
    assert "A. M. takes no asks at the moment." in answer.text
    assert "What broke?" in answer.text


def test_advocates_have_no_sales_desk(db: Session, ana: Known, rep: Known, browse: Browse) -> None:
    deal = make_deal(db, rep)
    browser = browse(ana)
    assert browser.get("/sales").status_code == 403
    assert browser.get(f"/sales/opportunities/{deal.public_id}").status_code == 404


def test_who_loses_the_role_loses_the_deals(db: Session, rep: Known, browse: Browse) -> None:
    deal = make_deal(db, rep)
    people.grant_role(db, rep.id, "advocate", by=SYSTEM)
    people.revoke_role(db, rep.id, "sales", by=SYSTEM)
    db.commit()
    browser = browse(rep)
    assert browser.get("/sales").status_code == 403
    assert browser.get(f"/sales/opportunities/{deal.public_id}").status_code == 404

"""Six activities: each asks for its own consent, finds its own people, pays its own points."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.consent import consents, notices, receipts
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL
from portal.consent.models import ConsentEvent, Notice
from portal.consent.scopes import SCOPES, fitting, scope_for, scopes_of
from portal.database.refusal import Conflict, Invalid
from portal.messages import queries as told
from portal.people.models import Company
from portal.points import balance
from portal.references import calls, contact, opportunities, pool, pool_search
from portal.references.models import ActivityType, CallState
from portal.references.models.pool import PoolEntry
from portal.references.opportunities import Prospect
from portal.references.pool_sql import Filters
from portal.web.app import Portal
from tests.asking import accepted, ask, assignment_of
from tests.browsing import Browser
from tests.conftest import Superuser
from tests.consented import Known, agree, make_advocate, make_company

KEYS = tuple(ACTIVITIES)
OTHERS = KEYS[1:]
Count = Callable[[Callable[[], object]], int]


def agrees(db: Session, who: Known, activity: str) -> None:
    """They agree to one activity, for all its audiences."""
    agree(db, who, [scope.key for scope in scopes_of(activity)])
    db.commit()


@pytest.fixture
def browse(app: Portal, db: Session) -> Callable[[Known], Browser]:
    return lambda who: Browser(app, db, who.actor)


Browse = Callable[[Known], Browser]


def test_each_activity_has_its_wording_its_scopes_and_its_type(db: Session) -> None:
    types = set(db.scalars(select(ActivityType.key)))
    assert types == set(KEYS) == {scope.activity for scope in SCOPES.values()}
    for activity in ACTIVITIES.values():
        notice = notices.current(db, activity.key, "de")
        assert notice.sha256 == hashlib.sha256(notice.text.encode()).hexdigest()
        assert "I can withdraw it at any time" in notice.text
        assert [scope.key for scope in scopes_of(activity.key)] == [
            f"{activity.key}:{activity.form}:{audience}" for audience in activity.audiences
        ]
    assert len(set(db.scalars(select(Notice.sha256)))) == len(KEYS)


def test_the_audience_is_that_of_the_industries_or_the_only_one() -> None:
    assert scope_for("site_visit", "Retail", "retail ") == "site_visit:in_person:same_industry"
    assert scope_for("introduction", "Retail", None) == "introduction:email:other_industries"
    assert scope_for("quote", "Retail", "Logistics") == scope_for("quote", "Retail", "Retail")
    assert fitting(["case_study", "nonsense"], same_industry=True) == ["case_study:written:public"]
    with pytest.raises(Invalid):
        scope_for("nonsense", None, None)


@pytest.mark.parametrize("activity", KEYS)
def test_only_who_agreed_to_the_activity_is_asked_for_it(db: Session, ana: Known, rep: Known, activity: str) -> None:
    agrees(db, ana, activity)
    for other in KEYS:
        if other != activity:
            with pytest.raises(Conflict):
                ask(db, ana, rep, activity=other)
            db.rollback()
    request = ask(db, ana, rep, activity=activity)
    kind = db.get_one(ActivityType, request.activity_type_id)
    assignment = assignment_of(db, request)
    assert (kind.key, assignment.points, assignment.activity) == (activity, kind.points, activity)
    assert contact.of(db, assignment.id, viewer=rep.actor) is None, "nothing is shown before they accept"
    db.commit()


def test_an_activity_nobody_knows_is_refused(db: Session, ana: Known, rep: Known) -> None:
    agrees(db, ana, "quote")
    with pytest.raises(Invalid) as refused:
        ask(db, ana, rep, activity="bribe")
    assert refused.value.field == "activity"
    assert db.scalar(text("SELECT count(*) FROM reference_request")) == 0


def test_an_audience_that_was_not_agreed_to_is_not_asked(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana, ["site_visit:in_person:other_industries"])
    db.commit()
    with pytest.raises(Conflict):
        ask(db, ana, rep, activity="site_visit", prospect_industry="Logistics")
    db.rollback()
    ask(db, ana, rep, activity="site_visit", prospect_industry="Retail")
    db.commit()


def test_what_was_done_is_paid_with_the_points_of_its_activity(
    app: Portal, db: Session, browse: Browse, ana: Known, rep: Known
) -> None:
    agrees(db, ana, "site_visit")
    _request, assignment, call = accepted(db, ana, rep, activity="site_visit")
    shown = contact.of(db, assignment.id, viewer=rep.actor)
    assert shown is not None
    assert shown.name == "Ana Maria Mitchell"
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    assert call.state is CallState.HELD
    assert balance.of(db, ana.id).available == 800
    assert "Site visit of Brightline Health" in browse(ana).get("/points").text


def test_withdrawing_one_activity_closes_its_asks_and_leaves_the_others(db: Session, ana: Known, rep: Known) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    request = ask(db, ana, rep, activity="quote")
    db.commit()
    consents.withdraw(db, ana.id, [scope.key for scope in scopes_of(REFERENCE_CALL)], by=ana.actor)
    db.commit()
    assert assignment_of(db, request).open
    consents.withdraw(db, ana.id, ["quote:written:prospects"], by=ana.actor)
    db.commit()
    assert not assignment_of(db, request).open
    assert db.get(PoolEntry, ana.id) is None


def test_the_database_keeps_consent_and_activity_together(db: Session, ana: Known, rep: Known) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    request = ask(db, ana, rep, activity="quote")
    db.commit()
    for statement, rule in (
        ("UPDATE assignment SET scope = 'reference_call:live:same_industry'", "assignment_activity"),
        ("UPDATE reference_request SET activity_type_id = 1 + activity_type_id", "request_activity"),
    ):
        with pytest.raises(IntegrityError) as refused:
            db.execute(text(statement))
        assert refused.value.orig.diag.constraint_name == rule  # type: ignore[union-attr]
        db.rollback()
    with pytest.raises(IntegrityError, match="for another activity than its request"):
        db.execute(
            text(
                "INSERT INTO assignment (request_id, person_id, scope, points, state)"
                " VALUES (:request, :who, 'reference_call:live:same_industry', 400, 'proposed')"
            ),
            {"request": request.id, "who": ana.id},
        )


def test_a_consent_for_another_activity_is_noticed(
    db: Session, ana: Known, rep: Known, superuser: Superuser, breaches_expected: list[str]
) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    ask(db, ana, rep, activity="quote")
    db.commit()
    superuser.plant("UPDATE assignment SET scope = 'reference_call:live:same_industry'")
    breaches_expected.append("references.asked_for_what_was_agreed")


def a_pool(db: Session) -> dict[str, Known]:
    """Who agreed to what: a company of logistics, one of retail."""
    made = {}
    for name, industry, scopes in (
        ("Call Only", "Logistics", ["reference_call:live:same_industry"]),
        ("Visit Same", "Logistics", ["site_visit:in_person:same_industry", "quote:written:prospects"]),
        ("Visit Other", "Retail", ["site_visit:in_person:other_industries"]),
        ("Visit Never", "Retail", ["site_visit:in_person:same_industry"]),
    ):
        firm = make_company(db, f"{name}'s place", industry=industry)
        made[name] = who = make_advocate(db, name, company_id=firm.id)
        agree(db, who, scopes)
    db.commit()
    return made


def counted(found: pool_search.Found) -> dict[str, int]:
    return {each.value: each.entries for each in found.facets["activity"]}


def initials(found: pool_search.Found) -> set[str]:
    return {who.initials for who in found.page.rows}


def test_the_search_finds_and_counts_by_activity(db: Session) -> None:
    a_pool(db)
    everybody = pool_search.search(db, Filters())
    assert counted(everybody) == {"reference_call": 1, "site_visit": 3, "quote": 1}
    found = pool_search.search(db, Filters(activity=("site_visit",), industry=("Logistics",)))
    assert initials(found) == {"V. S."}
    assert counted(found) == {"reference_call": 1, "site_visit": 1, "quote": 1}
    assert found.page.rows[0].activities == ("site_visit", "quote")
    assert pool_search.search(db, Filters(activity=("speaking",))).total == 0
    assert pool_search.search(db, Filters(activity=("nonsense",))).total == 0
    either = pool_search.search(db, Filters(activity=("reference_call", "quote")))
    assert initials(either) == {"C. O.", "V. S."}


def test_with_a_deal_only_who_agreed_to_its_audience_is_found_and_counted(db: Session) -> None:
    a_pool(db)
    deal = Prospect("Brightline", "Logistics", None, None, None)
    visits = pool_search.search(db, Filters(activity=("site_visit",)), deal=deal)
    assert initials(visits) == {"V. S.", "V. O."}
    assert counted(visits) == {"reference_call": 1, "site_visit": 2, "quote": 1}
    every = pool_search.search(db, Filters(), deal=deal)
    assert initials(every) == {"C. O.", "V. S.", "V. O."}
    assert counted(every) == {"reference_call": 1, "site_visit": 2, "quote": 1}
    retail = Prospect(None, "Retail", None, None, None)
    assert initials(pool_search.search(db, Filters(activity=("site_visit",)), deal=retail)) == {"V. N."}
    unknown = Prospect(None, None, None, None, None)
    assert initials(pool_search.search(db, Filters(activity=("site_visit",)), deal=unknown)) == {"V. O."}
    assert pool_search.nearest(db, Filters(activity=("speaking",), country=("Germany",)), deal=unknown)


def test_a_facet_counts_people_and_not_what_they_agreed_to(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    a_pool(db)
    monkeypatch.setattr("portal.references.pool_sql.MOST_COUNTED", 4)
    found = pool_search.search(db, Filters(activity=tuple(KEYS)))
    assert (found.total, found.more) == (4, False)
    assert counted(found) == {
        "reference_call": 1, "introduction": 0, "site_visit": 3, "quote": 1, "case_study": 0, "speaking": 0
    }  # fmt: skip


def test_the_activities_of_an_entry_follow_from_its_scopes(db: Session, ana: Known) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    entry = db.get_one(PoolEntry, ana.id)
    assert entry.activities == ["quote", "reference_call"]
    assert [each.key for each in pool.can_be_asked_for(entry, None)] == ["reference_call", "quote"]
    with pytest.raises(Exception, match="activities"):
        db.execute(text("UPDATE pool_entry SET activities = '{speaking}'"))


@pytest.mark.parametrize("activity", KEYS)
def test_one_agrees_on_a_page_that_shows_its_wording(db: Session, browse: Browse, ana: Known, activity: str) -> None:
    address = f"/references/agree?activity={activity}"
    browser, keys = browse(ana), [scope.key for scope in scopes_of(activity)]
    page = unescape(browser.get(address).text)
    assert notices.current(db, activity).text in page
    assert "checked" not in page
    assert browser.post(address, address, scopes=keys).status_code == 303
    db.rollback()
    assert consents.live_scopes(db, ana.id) == sorted(keys)
    event = db.scalars(select(ConsentEvent)).first()
    assert event is not None
    assert db.get_one(Notice, event.notice_id).purpose == activity


def test_nothing_is_ticked_for_an_activity_that_was_not_agreed_to(db: Session, browse: Browse, ana: Known) -> None:
    agree(db, ana, company_name_ok=True)
    db.commit()
    assert browse(ana).get("/references/agree").text.count("checked") == 3
    assert "checked" not in browse(ana).get("/references/agree?activity=quote").text


def test_nobody_agrees_to_what_the_page_does_not_show(db: Session, browse: Browse, ana: Known) -> None:
    address = "/references/agree?activity=quote"
    answer = browse(ana).post(address, address, scopes="speaking:live:public")
    assert answer.status_code == 422
    db.rollback()
    assert consents.live_scopes(db, ana.id) == []
    assert browse(ana).get("/references/agree?activity=bribe").status_code == 404
    assert browse(ana).post("/references/agree?activity=bribe", address, scopes="x").status_code == 404


def test_my_references_lists_what_is_left_to_agree_to(db: Session, browse: Browse, ana: Known) -> None:
    page = browse(ana).get("/references").text
    assert all(f"/references/agree?activity={key}" in page for key in OTHERS)
    agrees(db, ana, "speaking")
    page = browse(ana).get("/references").text
    assert "Talks at events" in page
    assert "/references/agree?activity=quote" in page
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert "Agree again" in browse(ana).get("/references").text


def test_everything_is_withdrawn_with_one_button(db: Session, browse: Browse, ana: Known) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    browser = browse(ana)
    assert "Withdraw everything" in browser.get("/references").text
    assert browser.post("/references/withdrawal", "/references").status_code == 303
    db.rollback()
    assert consents.live_scopes(db, ana.id) == []


def test_a_rep_asks_for_an_activity_by_its_form(db: Session, browse: Browse, ana: Known, rep: Known) -> None:
    agrees(db, ana, "quote")
    agrees(db, ana, REFERENCE_CALL)
    entry = db.get_one(PoolEntry, ana.id).public_id
    browser, address = browse(rep), f"/sales/people/{entry}/ask?activity=quote"
    page = browser.get(address).text
    assert '<option selected value="quote">' in page
    assert 'value="speaking"' not in page
    fields = {
        "needed_by": "2099-01-01", "topics": "What would you say?", "prospect_name": "Brightline",
        "prospect_industry": "Retail", "request_key": "3f0f7f3e-9d8f-4f7a-8f43-0d1c6d0c7a11",
    }  # fmt: skip
    assert browser.post(address, address, **fields, activity="bribe").status_code == 422
    soon = str(db.scalar(text("SELECT (portal_now() + interval '9 days')::date")))
    db.rollback()
    refused = browser.post(address, address, **{**fields, "needed_by": soon}, activity="speaking")
    assert refused.status_code == 409
    assert "What would you say?" in refused.text
    sent = browser.post(address, address, **{**fields, "needed_by": soon}, activity="quote")
    assert sent.status_code == 303
    page = browser.get(sent.location or "").text
    assert "Quote for Brightline" in page
    assert "You asked for a quote" in page
    mail = told.centre(db, ana.id).rows
    assert any("May we quote you" in message.subject for message in mail)
    ask_page = browse(ana).get("/references").text
    assert "Give a quote for a peer in retail" in ask_page


def test_the_page_of_a_deal_finds_people_for_what_is_asked(db: Session, browse: Browse, rep: Known) -> None:
    a_pool(db)
    prospect = make_company(db, "Brightline", industry="Logistics", country="Germany", employees=20)
    deal = opportunities.add(db, by=rep.actor, stage="Engaging", company_id=prospect.id, owner_id=rep.id)
    address = f"/sales/opportunities/{deal.public_id}"
    visit = db.scalars(select(PoolEntry.public_id).where(PoolEntry.initials == "V. S.")).one()
    db.commit()
    browser = browse(rep)
    page = browser.get(address).text
    assert "C. O." in page
    assert "V. S." not in page
    page = browser.get(f"{address}?activity=site_visit").text
    assert "V. S." in page
    assert "C. O." not in page
    assert browser.get(f"{address}?activity=bribe").status_code == 404
    soon = str(db.scalar(text("SELECT (portal_now() + interval '9 days')::date")))
    db.rollback()
    fields = {"person": str(visit), "needed_by": soon, "topics": "How?"}
    key = {"request_key": "3f0f7f3e-9d8f-4f7a-8f43-0d1c6d0c7a12"}
    sent = browser.post(f"{address}?activity=site_visit", address, **fields, **key)
    assert sent.status_code == 303
    assert "Site visit for Brightline" in browser.get(sent.location or "").text


def test_the_receipt_of_each_activity_is_signed_and_says_what_it_is_about(app: Portal, db: Session, ana: Known) -> None:
    settings = app.config["PORTAL"]
    for activity in KEYS:
        agrees(db, ana, activity)
    for event in db.scalars(select(ConsentEvent)).all():
        document = receipts.receipt(db, event.id, secret=settings.signing_keys[0], base_url="http://localhost")
        file = receipts.text(document).encode()
        assert receipts.is_unchanged(file, settings.signing_keys)
        assert not receipts.is_unchanged(file.replace(b"Consent", b"consent", 1)[:-1] + b" ", settings.signing_keys)
        processing = json.loads(file)["receipt"]["consent_record"]["pii_processing"][0]
        assert processing["purposes"][0]["purpose_type"] == event.scope.partition(":")[0]
        assert processing["privacy_notice"]["text"] == db.get_one(Notice, event.notice_id).text


def test_the_receipt_of_a_call_reads_as_it_always_did(db: Session, ana: Known) -> None:
    agrees(db, ana, REFERENCE_CALL)
    event = db.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).first()
    assert event is not None
    record = receipts.record(db, event.id, base_url="http://localhost")["consent_record"]
    shown = record["pii_processing"][0]["purposes"][0]["pii_information"]
    assert [line["shown"] for line in shown] == [
        *["before a call is accepted"] * 4,
        *["after a call is accepted, for this call"] * 2,
    ]
    assert record["pii_processing"][0]["privacy_notice"]["sha256"] == (
        db.scalar(text("SELECT sha256 FROM notice WHERE purpose = 'reference_call'"))
    )


def test_a_company_that_changes_its_industry_moves_the_audience(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana, ["introduction:email:other_industries"])
    db.get_one(Company, ana.company_id).industry = "Retail"
    db.commit()
    request = ask(db, ana, rep, activity="introduction", prospect_industry="Logistics")
    assert assignment_of(db, request).scope == "introduction:email:other_industries"
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()


def test_pages_cost_the_same_for_one_activity_and_for_all(
    db: Session, browse: Browse, ana: Known, count_queries: Count
) -> None:
    agrees(db, ana, "quote")
    browser = browse(ana)
    browser.get("/references")
    one = count_queries(lambda: browser.get("/references"))
    for activity in KEYS:
        agrees(db, ana, activity)
    assert count_queries(lambda: browser.get("/references")) == one

"""The screens of consent, profile and pool: by plain forms, for those whose they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.consent import consents, disclosures, links, receipts
from portal.consent.models import Channel, ConsentEvent, Kind
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.people.models import Person
from portal.references import opportunities, pool, profile
from portal.references.models.pool import PoolEntry
from portal.references.profile import Wanted
from portal.web.app import Portal
from portal.web.paging import encode
from tests.asking import ask
from tests.browsing import Browser
from tests.consented import BOTH, Known, agree, make_advocate, make_company

Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def browse(app: Portal, db: Session) -> Callable[[Known | None], Browser]:
    return lambda who: Browser(app, db, who.actor if who else None)


Browse = Callable[[Known | None], Browser]


def live(db: Session, who: Known) -> list[str]:
    db.rollback()
    return consents.live_scopes(db, who.id)


def test_agreeing_ticks_nothing_that_was_not_agreed_to(browse: Browse, ana: Known) -> None:
    page = browse(ana).get("/references/agree").text
    assert "checked" not in page
    assert "I agree that the program" in page


def test_agree_and_withdraw_by_plain_forms(db: Session, browse: Browse, ana: Known) -> None:
    browser = browse(ana)
    assert browser.get("/references").text.count("Not agreed") == 2
    answer = browser.post("/references/agree", "/references/agree", scopes=list(BOTH), company_name_ok="y")
    assert (answer.status_code, answer.location) == (303, "/references")
    assert set(live(db, ana)) == set(BOTH)
    assert profile.of(db, ana.id).company_name_shown
    page = browser.get("/references").text
    assert page.count("Agreed") >= 2
    assert browser.get("/references/agree").text.count("checked") == 3
    assert browser.post("/references/withdrawal", "/references", scopes=SAME_INDUSTRY).status_code == 303
    assert live(db, ana) == [OTHER_INDUSTRIES]
    assert "Withdrawn" in browser.get("/references").text
    assert browser.post("/references/withdrawal", "/references").status_code == 303
    assert live(db, ana) == []


@pytest.mark.parametrize(
    "fields", [{}, {"scopes": "reference_call:live:everybody"}, {"scopes": SAME_INDUSTRY, "points": "500"}]
)
def test_what_cannot_be_agreed_to_is_said_and_nothing_changes(
    db: Session, browse: Browse, ana: Known, fields: dict[str, str]
) -> None:
    answer = browse(ana).post("/references/agree", "/references/agree", **fields)
    assert answer.status_code == 422
    assert "Please look at this again" in answer.text
    assert live(db, ana) == []


def test_a_withdrawal_with_unknown_fields_is_refused(db: Session, browse: Browse, ana: Known) -> None:
    agree(db, ana)
    db.commit()
    assert browse(ana).post("/references/withdrawal", "/references", person_id="1").status_code == 422
    assert len(live(db, ana)) == 2


def test_a_proposal_is_shown_and_can_be_declined(db: Session, browse: Browse, ana: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    db.commit()
    browser = browse(ana)
    assert "The program asks you" in browser.get("/references").text
    assert browser.post("/references/proposal/refusal", "/references").status_code == 303
    assert "The program asks you" not in browser.get("/references").text


def test_the_page_shows_the_ask_that_waits_the_limits_and_what_sales_sees(
    db: Session, browse: Browse, ana: Known, rep: Known
) -> None:
    agree(db, ana)
    ask(db, ana, rep)
    disclosures.record(db, ana.id, to_person_id=rep.id, fields=["email"], scope=SAME_INDUSTRY, subject="assignment:1")
    db.commit()
    page = browse(ana).get("/references").text
    for words in ("Talk to a peer in logistics", "1 of 2", "A. M.", "Before you accept", "shown to Tom Alvarez"):
        assert words in page
    assert "Brightline" not in page


def test_a_pause_is_shown_with_its_end(db: Session, browse: Browse, ana: Known) -> None:
    browser = browse(ana)
    assert browser.post("/asks/pause", "/references", months="1").status_code == 303
    assert "Paused until" in browser.get("/references").text


def test_ending_and_expired_consent_is_said(db: Session, browse: Browse, ana: Known) -> None:
    for ago in (350, 400):
        db.execute(
            text(
                "INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id, at, valid_until)"
                " SELECT :who, 'given', :scope, min(id), 'portal', :who, now() - make_interval(days => :ago),"
                " now() + make_interval(days => 365 - :ago) FROM notice"
            ),
            {"who": ana.id, "scope": BOTH[0] if ago == 350 else BOTH[1], "ago": ago},
        )
    db.commit()
    page = browse(ana).get("/references").text
    assert "Ends " in page
    assert "Run out" in page
    assert "Agree again" in page


def test_receipts_are_listed_and_downloaded_by_their_person_only(
    app: Portal, db: Session, browse: Browse, ana: Known, sol: Known
) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    consents.withdraw(db, ana.id, by=SYSTEM)
    consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    db.commit()
    browser = browse(ana)
    page = browser.get("/references/receipts").text
    addresses = re.findall(r'href="(/references/receipts/[^"]+\.json)"', page)
    assert len(addresses) == 3
    assert "by the program team, for you" in page
    answer = browser.get(addresses[0])
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert receipts.verify(json.loads(answer.text), app.config["PORTAL"].signing_keys)
    assert browse(sol).get(addresses[0]).status_code == 404
    assert browser.get(f"/references/receipts/{uuid4()}.json").status_code == 404
    assert "No receipts yet" in browse(sol).get("/references/receipts").text


def a_link(app: Portal, db: Session, who: Known) -> str:
    person = db.get_one(Person, who.id)
    return f"/references/withdraw/{links.sign(app.config['PORTAL'].signing_keys, person.public_id, BOTH)}"


def test_the_link_of_the_mail_withdraws_only_when_its_button_is_pressed(
    app: Portal, db: Session, browse: Browse, ana: Known
) -> None:
    agree(db, ana)
    address = a_link(app, db, ana)
    db.commit()
    stranger = browse(None)
    page = stranger.get(address)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Mitchell" not in page.text
    assert len(live(db, ana)) == 2
    answer = stranger.post(address, address)
    assert "Withdrawn" in answer.text
    assert live(db, ana) == []
    ended = db.scalars(select(ConsentEvent).where(ConsentEvent.kind == Kind.WITHDRAWN)).all()
    assert {(event.channel, event.actor_id) for event in ended} == {(Channel.MAIL, ana.id)}
    assert stranger.post(address, address).status_code == 200


def test_links_that_are_not_ours_are_not_found(app: Portal, db: Session, browse: Browse) -> None:
    stranger = browse(None)
    assert stranger.get("/references/withdraw/nonsense").status_code == 404
    nobody = f"/references/withdraw/{links.sign(app.config['PORTAL'].signing_keys, uuid4(), BOTH)}"
    assert stranger.post(nobody, nobody).status_code == 404


def test_the_profile_is_previewed_saved_and_kept_when_refused(db: Session, browse: Browse, ana: Known) -> None:
    people.add_product(db, "GTX Pro", by=SYSTEM)
    db.commit()
    browser = browse(ana)
    wish = {"headline": "Nine depots", "about": "Much", "products": "GTX Pro", "topics": "A, B", "languages": ""}
    preview = browser.post("/references/profile/preview", "/references/profile", **wish)
    assert preview.status_code == 200
    assert "Nothing is saved yet" in preview.text
    assert preview.text.count("Nine depots") == 2
    assert profile.of(db, ana.id) == Wanted()
    assert browser.post("/references/profile", "/references/profile", **wish).status_code == 303
    db.rollback()
    assert profile.of(db, ana.id) == Wanted("Nine depots", "Much", ("GTX Pro",), ("A", "B"))
    refused = browser.post("/references/profile", "/references/profile", **{**wish, "headline": "By A. Mitchell"})
    assert refused.status_code == 422
    assert "Leave your name out" in refused.text
    assert "By A. Mitchell" in refused.text
    for path in ("/references/profile", "/references/profile/preview"):
        assert browser.post(path, "/references/profile", **{**wish, "headline": "x" * 121}).status_code == 422
    assert re.search(r'<input checked[^>]*value="GTX Pro"', browser.get("/references/profile").text)


def a_pool(db: Session, how_many: int, first: int = 0) -> None:
    for n in range(first, first + how_many):
        company = make_company(db, f"Firm {n}", industry="Retail" if n % 2 else "Logistics")
        who = make_advocate(db, f"Person Nr{n}", company_id=company.id)
        profile.change(db, who.id, Wanted(topics=("Migration",)), by=who.actor)
        agree(db, who)


def test_sales_find_people_by_filter_without_their_names(db: Session, browse: Browse, ana: Known, rep: Known) -> None:
    agree(db, ana)
    a_pool(db, 2)
    db.commit()
    page = browse(rep).get("/sales/find?industry=Logistics&text=").text
    assert "A. M." in page
    assert not any(secret in page for secret in ("Mitchell", "Harbor", "ana@"))
    assert "Request a call" in page
    entry = db.scalars(select(PoolEntry.public_id).where(PoolEntry.person_id == ana.id)).one()
    assert f"/sales/people/{entry}/ask" in page
    assert re.search(r'value="Logistics" checked', page)


def test_a_resting_person_is_shown_with_the_reason_and_cannot_be_asked(
    db: Session, browse: Browse, ana: Known, rep: Known
) -> None:
    agree(db, ana)
    ask(db, ana, rep)
    db.commit()
    page = browse(rep).get("/sales/find").text
    assert "Asked, waiting" in page
    assert 'aria-disabled="true"' in page
    assert "A. M. has an ask that is not answered yet" in page
    assert "/sales/people/" not in page


def test_a_search_for_a_deal_says_what_is_shared(db: Session, browse: Browse, ana: Known, rep: Known) -> None:
    agree(db, ana)
    prospect = make_company(db, "Brightline", industry="Logistics", country="Germany", employees=20)
    deal = opportunities.add(db, by=rep.actor, stage="Engaging", company_id=prospect.id, owner_id=rep.id)
    address = f"/sales/find?opportunity={deal.public_id}"
    db.commit()
    page = browse(rep).get(address).text
    for words in ("For Brightline", "2 of 4", "Same industry", "Same country"):
        assert words in page
    assert f"opportunity={deal.public_id}" in page


def test_a_deal_of_somebody_else_is_not_found(db: Session, browse: Browse, rep: Known, mia: Known) -> None:
    deal = opportunities.add(db, by=mia.actor, stage="Engaging", owner_id=mia.id)
    address = f"/sales/find?opportunity={deal.public_id}"
    db.commit()
    assert browse(rep).get(address).status_code == 404
    assert browse(mia).get(address).status_code == 200
    assert browse(rep).get(f"/sales/find?opportunity={uuid4()}").status_code == 404
    assert browse(rep).get("/sales/find?opportunity=nonsense").status_code == 404


def test_nobody_found_offers_the_nearest_or_a_nomination(db: Session, browse: Browse, ana: Known, rep: Known) -> None:
    assert "Nobody is in the pool yet" in browse(rep).get("/sales/find").text
    agree(db, ana)
    db.commit()
    page = browse(rep).get("/sales/find?industry=Logistics&country=Peru&text=depots").text
    assert "Nobody matches all of this" in page
    assert "Nearest matches" in page
    assert "Nearest matches" not in browse(rep).get("/sales/find?country=Peru").text


def test_each_chip_leads_to_the_page_without_it(db: Session, browse: Browse, ana: Known, rep: Known) -> None:
    agree(db, ana)
    db.commit()
    page = browse(rep).get("/sales/find?industry=Logistics&industry=Retail&size=500-4999&text=x").text
    chips = [link.replace("&amp;", "&") for link in re.findall(r'class="chip" href="([^"]+)"', page)]
    assert chips == [
        "/sales/find?industry=Retail&size=500-4999&text=x",
        "/sales/find?industry=Logistics&size=500-4999&text=x",
        "/sales/find?industry=Logistics&industry=Retail&text=x",
        "/sales/find?industry=Logistics&industry=Retail&size=500-4999",
    ]


@pytest.mark.parametrize("after", ["x", "WzFd", "bnVsbA"])
def test_a_broken_cursor_is_refused(browse: Browse, rep: Known, after: str) -> None:
    assert browse(rep).get(f"/sales/find?after={after}").status_code == 422


def test_a_cursor_of_the_wrong_kind_is_no_error_of_ours(browse: Browse, rep: Known, mia: Known) -> None:
    nobody = str(uuid4())
    for cursor in (("a", "b", "c"), (1, None, 2), (1, "2026", "x"), (10**9, None, nobody), (None, None, nobody)):
        assert browse(rep).get(f"/sales/find?after={encode(cursor)}").status_code == 422
    for cursor in (("x", nobody), ("2026-01-01", nobody), (1, 2), ("2026-01-01T00:00:00+00:00", "x")):
        assert browse(mia).get(f"/admin/pool?after={encode(cursor)}").status_code == 422
    assert browse(mia).get(f"/admin/pool?show=members&after={encode(('a', 'x'))}").status_code == 422


def test_the_desk_shows_who_was_asked_and_who_is_in(
    db: Session, browse: Browse, ana: Known, sol: Known, mia: Known
) -> None:
    manager = browse(mia)
    assert "Nobody is being asked" in manager.get("/admin/pool").text
    assert "The pool is empty" in manager.get("/admin/pool?show=members").text
    agree(db, ana, [SAME_INDUSTRY])
    pool.propose(db, sol.id, because="submission:7")
    db.commit()
    page = manager.get("/admin/pool").text
    assert "Sol Stranger" in page
    assert "After a verified challenge" in page
    members = manager.get("/admin/pool?show=members").text
    assert "Ana Maria Mitchell" in members
    assert "Calls with prospects in my industry" in members
    assert "Calls with prospects in other industries" not in members


def test_lists_go_on_where_they_stopped(db: Session, browse: Browse, mia: Known, rep: Known) -> None:
    a_pool(db, 33)
    for n in range(32):
        pool.propose(db, make_advocate(db, f"Asked Nr{n}").id, because="submission:1")
    db.commit()
    for browser, address, pattern, whole in (
        (browse(mia), "/admin/pool?show=members", r"<b>(Person Nr\d+)</b>", 33),
        (browse(mia), "/admin/pool", r"<b>(Asked Nr\d+)</b>", 32),
        (browse(rep), "/sales/find", r'id="why-|/sales/people/([0-9a-f-]+)/ask', 33),
    ):
        seen: list[str] = []
        here: str | None = address
        while here:
            page = browser.get(here).text
            seen += re.findall(pattern, page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            here = following[1].replace("&amp;", "&") if following else None
        assert len(seen) == len(set(seen)) == whole, address


def test_lists_cost_the_same_for_one_and_for_many(
    db: Session, browse: Browse, ana: Known, mia: Known, rep: Known, count_queries: Count
) -> None:
    profile.change(db, ana.id, Wanted(topics=("Migration",)), by=ana.actor)
    agree(db, ana)
    pool.propose(db, make_advocate(db, "Asked Once").id, because="submission:1")
    db.commit()
    visits = [
        (browse(ana), "/references"),
        (browse(ana), "/references/receipts"),
        (browse(mia), "/admin/pool"),
        (browse(mia), "/admin/pool?show=members"),
        (browse(rep), "/sales/find"),
        (browse(rep), "/sales/find?industry=Logistics&text=migration"),
    ]
    for browser, address in visits:
        browser.get(address)
    one = [count_queries(lambda b=browser, a=address: b.get(a)) for browser, address in visits]  # type: ignore[misc]
    a_pool(db, 50)
    for n in range(50):
        pool.propose(db, make_advocate(db, f"Asked Nr{n}").id, because="submission:1")
    for _ in range(25):
        consents.withdraw(db, ana.id, by=ana.actor)
        agree(db, ana)
    db.commit()
    many = [count_queries(lambda b=browser, a=address: b.get(a)) for browser, address in visits]  # type: ignore[misc]
    assert many == one
    assert max(many) <= 12
    assert db.scalar(select(func.count()).select_from(PoolEntry)) == 51


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/references", "rep", 403),
        ("/references", "mia", 403),
        ("/references/agree", "rep", 403),
        ("/references/profile", "rep", 403),
        ("/sales/find", "ana", 403),
        ("/admin/pool", "ana", 403),
        ("/admin/pool", "rep", 403),
        ("/sales/find", "mia", 200),
    ],
)
def test_each_face_is_open_to_its_own(
    browse: Browse, ana: Known, rep: Known, mia: Known, path: str, who: str, status: int
) -> None:
    people_here = {"ana": ana, "rep": rep, "mia": mia}
    assert browse(people_here[who]).get(path).status_code == status


@pytest.mark.parametrize("path", ["/references", "/references/profile", "/sales/find", "/admin/pool"])
def test_strangers_are_sent_to_sign_in(browse: Browse, path: str) -> None:
    answer = browse(None).get(path)
    assert (answer.status_code, "/sign-in" in (answer.location or "")) == (303, True)

"""Pages to visit: what an address may be, who checks a visit, and that the portal leads to no other page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, submissions
from portal.challenges.checks import checks
from portal.challenges.models import Challenge, Stage
from portal.challenges.stages import kind_of
from portal.challenges.states import ResponseState, State, Verification
from portal.database.refusal import Conflict, Invalid
from portal.web.app import Portal
from tests.browsing import Browser

from .test_submissions import available, stages

Offer = Callable[..., Challenge]
NEWS = "https://www.example.com/news?from=portal&x=1#top"
SETUP = {"address": NEWS, "button": "Read the news"}


@pytest.fixture
def draft(db: Session, mia: Actor) -> Challenge:
    """A draft with one page to visit that has no address yet."""
    challenge = challenges.create(db, "Read our news", by=mia, summary="Two minutes.")
    outline.add_stage(db, challenge.id, "visit", title="The news", instructions="Read it.", points=20, by=mia)
    db.commit()
    return challenge


def change(db: Session, draft: Challenge, by: Actor, **more: Any) -> Stage:
    return outline.change_stage(db, draft.id, 1, title="The news", instructions="Read it.", by=by, **more)


@pytest.mark.parametrize(
    "address",
    [NEWS, "https://example.com", "https://example.com:8443/a", "HTTPS://Docs.Example.co.uk/~ana/[1]?q={x}|y"],
)
def test_an_address_is_kept_as_it_was_given(address: str) -> None:
    kept = kind_of("visit").set_up({"address": f" {address} ", "button": ""})
    assert kept == {"address": address, "button": ""}


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "example.com",
        "//example.com",
        "/challenges",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "https://",
        "https:///example.com",
        "https://localhost/admin",
        "https://127.0.0.1/",
        "https://10.0.0.1",
        "https://[::1]/",
        "https://2130706433/",
        "https://portal.example.com@evil.example/",
        "https://ana:secret@example.com/",
        "https://example.com\\@evil.example",
        "https://example.com/a b",
        "https://example.com/\nLocation: https://evil.example",
        "https://example.com/\u202egpj",
        "https://ex\u0430mple.com/",
        'https://example.com/"onclick=',
        "https://example.com/<script>",
        "https://-example.com/",
        "https://example..com/",
        "https://example.com:99999999/",
        f"https://{'a' * 64}.com/",
        f"https://{'abcdefgh.' * 30}com/",
        "https://example.com/" + "x" * 500,
    ],
)
def test_what_is_no_public_page_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of("visit").set_up({"address": address})
    assert refused.value.field == "address"
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("wrong", [7, ["https://example.com"], {"a": 1}, "https://example.com/\x00"])
def test_what_is_no_text_is_refused(wrong: object) -> None:
    for field in ("address", "button"):
        with pytest.raises(Invalid):
            kind_of("visit").set_up({"address": NEWS, field: wrong})


def test_the_word_on_the_button_is_short_and_one_line() -> None:
    for button in ("x" * 41, "Read\nmore"):
        with pytest.raises(Invalid, match="40 characters") as refused:
            kind_of("visit").set_up({"address": NEWS, "button": button})
        assert refused.value.field == "button"


def test_a_challenge_is_not_published_before_its_page_has_an_address(db: Session, mia: Actor, draft: Challenge) -> None:
    drafted = challenges.lock_challenge(db, draft.id)
    assert [check.sentence for check in checks(db, drafted) if check.sets_up] == [
        "Step 1, “The news”: give the address of the page to visit."
    ]
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    db.commit()
    with pytest.raises(Invalid, match="give the address"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    db.connection().exec_driver_sql("UPDATE stage SET edition = 1")
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql("UPDATE challenge SET state = 'published', published_at = now(), edition = 1")
    assert refused.value.orig.diag.constraint_name == "stage_set_up"  # type: ignore[union-attr]
    db.rollback()
    change(db, draft, mia, setup=SETUP)
    challenges.publish(db, draft.id, by=mia)
    db.commit()


def test_who_checks_is_chosen_where_the_kind_lets_one(db: Session, mia: Actor, draft: Challenge) -> None:
    assert change(db, draft, mia).verification is Verification.HONOUR
    assert change(db, draft, mia, verification=Verification.MANAGER).verification is Verification.MANAGER
    assert change(db, draft, mia).verification is Verification.MANAGER, "none given: it stays"
    assert change(db, draft, mia, verification=Verification.HONOUR).verification is Verification.HONOUR
    with pytest.raises(Invalid, match="cannot be chosen") as refused:
        change(db, draft, mia, verification=Verification.AUTOMATIC)
    assert refused.value.field == "verification"
    for kind, wanted in (("story", Verification.HONOUR), ("confirm", Verification.MANAGER)):
        with pytest.raises(Invalid, match="cannot be chosen"):
            outline.add_stage(db, draft.id, kind, title="T", by=mia, verification=wanted)


@pytest.mark.parametrize(
    "more", [{"setup": {**SETUP, "address": "https://evil.example"}}, {"verification": Verification.MANAGER}]
)
def test_where_a_live_step_leads_and_who_checks_it_does_not_change(
    db: Session, mia: Actor, offer: Offer, more: Mapping[str, Any]
) -> None:
    live = offer(("visit", 20, SETUP))
    with pytest.raises(Conflict, match="What is offered does not change"):
        change(db, live, mia, **more)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql("""UPDATE stage SET setup = '{"address": "https://evil.example"}'""")
    assert refused.value.orig.diag.constraint_name == "stage_frozen"  # type: ignore[union-attr]
    db.rollback()


@pytest.mark.parametrize(
    ("setup", "constraint"),
    [
        ("[]", "ck_stage_setup"),
        ('"x"', "ck_stage_setup"),
        ('{"address": "javascript:alert(1)"}', "ck_stage_visit"),
        ('{"address": "http://example.com"}', "ck_stage_visit"),
    ],
)
def test_the_database_refuses_it_too(db: Session, draft: Challenge, setup: str, constraint: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(f"UPDATE stage SET setup = '{setup}'")
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_a_visit_on_ones_honour_is_paid_once_and_keeps_what_was_visited(db: Session, ana: Actor, offer: Offer) -> None:
    submission = submissions.start(db, offer(("visit", 20, SETUP)).id, by=ana)
    [response] = stages(db, submission)
    for _twice in range(2):
        submissions.submit(db, submission.id, response.stage_id, {"address": "https://evil.example"}, by=ana)
        db.commit()
    db.refresh(response)
    assert (response.state, response.response) == (ResponseState.ACCEPTED, {"visited": NEWS})
    assert available(db, ana) == 20
    assert [proof.text for proof in kind_of("visit").proofs(response.response or {})] == [NEWS]
    assert kind_of("visit").proofs({}) == []


def test_a_visit_that_is_checked_waits_for_a_manager(
    db: Session, app: Portal, mia: Actor, ana: Actor, draft: Challenge
) -> None:
    change(db, draft, mia, setup=SETUP, verification=Verification.MANAGER)
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    challenges.publish(db, draft.id, by=mia)
    submission = submissions.start(db, draft.id, by=ana)
    db.commit()
    browser, home = Browser(app, db, ana), f"/challenges/{draft.public_id}"
    assert "looks at it before it pays" in browser.get(home).text
    assert browser.post(f"{home}/steps/1", home).status_code == 303
    assert "With the program team since" in browser.get(home).text
    assert NEWS.replace("&", "&amp;") in browser.get(f"{home}/steps/1").text
    db.refresh(submission)
    assert submission.state is State.SUBMITTED
    assert available(db, ana) == 0
    shown = Browser(app, db, mia).get(f"/admin/approvals/{submission.public_id}").text
    assert "Says they visited" in shown
    assert NEWS.replace("&", "&amp;") in shown


def test_the_portal_leads_to_the_stored_page_and_to_no_other(
    db: Session, app: Portal, ana: Actor, kofi: Actor, offer: Offer
) -> None:
    challenge = offer(("visit", 20, SETUP), ("confirm", 5))
    browser, home = Browser(app, db, ana), f"/challenges/{challenge.public_id}"
    leads = f"{home}/steps/1/page"
    assert "Visit example.com" in browser.get(home).text
    assert browser.get(leads).status_code == 404, "not begun yet"
    browser.post(f"{home}/submission", home)
    page = browser.get(home).text
    assert f'href="{leads}"' in page
    assert 'target="_blank"' in page
    assert "noopener" in page
    assert "Read the news" in page
    for tail in ("", "?next=https://evil.example", "?url=//evil.example&address=https://evil.example"):
        answer = browser.get(leads + tail)
        assert (answer.status_code, answer.headers["Location"]) == (303, NEWS)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    for path in (f"{home}/steps/2/page", f"{home}/steps/3/page"):
        assert browser.get(path).status_code == 404
    assert Browser(app, db, kofi).get(leads).status_code == 404


def test_the_editor_asks_for_the_address_where_it_is_missing(
    db: Session, app: Portal, mia: Actor, draft: Challenge
) -> None:
    browser, desk = Browser(app, db, mia), f"/admin/challenges/{draft.public_id}"
    step = {"title": "More", "instructions": "Read on.", "points": "5"}
    added = browser.post(f"{desk}/steps", f"{desk}/steps/new", kind="visit", **step)
    assert added.headers["Location"] == f"{desk}/steps/2"
    page, second = f"{desk}/steps/2", db.scalars(select(Stage.id).where(Stage.position == 2)).one()
    given = {**step, "stage": second, "address": NEWS, "button": "", "verification": "manager"}
    for wrong in (
        {"address": "http://example.com"},
        {"address": "<script>alert(1)</script>"},
        {"button": "x" * 41},
        {"verification": "automatic"},
        {"verification": ""},
        {"setup": "{}"},
    ):
        answer = browser.post(page, page, **{**given, **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
    assert "begins with https://" in browser.post(page, page, **{**given, "address": "news"}).text
    assert browser.post(page, page, **given).status_code == 303
    stage = db.get_one(Stage, second, populate_existing=True)
    assert (stage.setup, stage.verification) == ({"address": NEWS, "button": ""}, Verification.MANAGER)
    assert "Visit example.com" in browser.get(desk).text
    assert "Visit example.com" in browser.get(f"{desk}/preview").text

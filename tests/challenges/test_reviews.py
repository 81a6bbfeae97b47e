"""Reviews on other sites: paid once for being published, whatever they say, to customers only (trust.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, submissions, verdicts
from portal.challenges.checks import checks
from portal.challenges.models import Challenge, Stage, StageResponse, Submission, Verdict
from portal.challenges.queries import offers
from portal.challenges.review_models import ReviewLink
from portal.challenges.stages import kind_of, kinds, sites
from portal.challenges.stages.review import DISCLOSURE, conditions, version_of
from portal.challenges.states import Decision, Reason, State, Verification
from portal.clock import now, set_now
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.people import people
from portal.people.models import Company
from portal.web.app import Portal
from tests.browsing import Browser

from .conftest import make
from .test_submissions import available, stages

Offer = Callable[..., Challenge]
WRITE = "https://www.g2.com/products/northstar/reviews/start"
LINK = "https://www.g2.com/products/northstar/reviews/northstar-review-1234567"
SETUP: dict[str, Any] = {"site": "g2", "address": WRITE, "disclosure": "I get points for it.", "worth": 20}
GIVEN = {"link": LINK, "acknowledged": True}


def hand_in(db: Session, challenge: Challenge, who: Actor, **more: Any) -> Submission:
    submission = submissions.start(db, challenge.id, by=who)
    [response] = stages(db, submission)
    return submissions.submit(db, submission.id, response.stage_id, {**GIVEN, **more}, by=who)


@pytest.fixture
def g2(offer: Offer) -> Challenge:
    """A review on G2 for 100 points."""
    return offer(("review", 100, SETUP), title="Share an honest review on G2")


@pytest.fixture
def draft(db: Session, mia: Actor) -> Challenge:
    """A draft with a review that is not set up yet."""
    challenge = challenges.create(db, "Review us", by=mia, summary="Good and bad.")
    outline.add_stage(db, challenge.id, "review", title="Write it", instructions="Say it all.", points=50, by=mia)
    db.commit()
    return challenges.lock_challenge(db, challenge.id)


def set_up(db: Session, draft: Challenge, by: Actor, **more: Any) -> Stage:
    return outline.change_stage(
        db, draft.id, 1, title="Write it", instructions="Say it all.", by=by, setup={**SETUP, **more}
    )


def failed(db: Session, challenge: Challenge) -> list[str]:
    return [check.sentence for check in checks(db, challenge) if not check.ok and check.blocks]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("site", {"site": "yelp"}),
        ("address", {"address": "http://www.g2.com/x"}),
        ("address", {"address": "https://g2.com.evil.example/x"}),
        ("address", {"address": "https://notg2.com/x"}),
        ("address", {"address": "https://www.capterra.com/x"}),
        ("address", {"site": "other", "address": "https://www.g2.com/products/x"}),
        ("address", {"site": "other", "address": "https://www.trustpilot.com/evaluate/x"}),
        ("address", {"site": "other", "address": "https://www.google.co.uk/maps/x"}),
        ("address", {"site": "", "address": "https://maps.app.goo.gl/x"}),
        ("address", {"address": "https://www.g2.com/" + "x" * 500}),
        ("disclosure", {"disclosure": "x" * 1001}),
        ("worth", {"worth": -1}),
        ("worth", {"worth": 10_001}),
        ("worth", {"worth": "5"}),
        ("worth", {"worth": True}),
    ],
)
def test_a_setup_that_does_not_fit_together_is_refused(field: str, given: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of("review").set_up({**SETUP, **given})
    assert refused.value.field == field


def test_a_new_step_begins_with_words_to_disclose(draft: Challenge) -> None:
    assert draft.stages[0].setup == {"site": "", "address": "", "disclosure": str(DISCLOSURE), "worth": None}
    assert draft.stages[0].verification is Verification.MANAGER
    assert not list(conditions(draft))


@pytest.mark.parametrize("lacking", ["site", "address", "disclosure"])
def test_it_is_not_published_before_site_page_and_disclosure_are_there(
    db: Session, mia: Actor, draft: Challenge, lacking: str
) -> None:
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    set_up(db, draft, mia, **{lacking: ""})
    db.commit()
    with pytest.raises(Invalid, match="Step 1"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(
            "UPDATE stage SET edition = 1; UPDATE challenge SET state = 'published', published_at = now(), edition = 1"
        )
    assert refused.value.orig.diag.constraint_name == "stage_set_up"  # type: ignore[union-attr]
    db.rollback()


@pytest.mark.parametrize("kind", [kind.key for kind in kinds() if kind.collects])
def test_nothing_that_asks_what_they_think_stands_beside_a_review(
    db: Session, mia: Actor, draft: Challenge, kind: str
) -> None:
    set_up(db, draft, mia)
    asked = {"questions": {"questions": [{"kind": "scale", "ask": "How happy are you?", "top": 10}]}}
    outline.add_stage(
        db, draft.id, kind, title="First", instructions="Tell us.", points=5, by=mia, setup=asked.get(kind)
    )
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    db.commit()
    draft = challenges.lock_challenge(db, draft.id)
    assert [said for said in failed(db, draft) if "set up" not in said and "write at" not in said] == [
        "“First” asks what people think: no such step stands beside a review."
    ]
    with pytest.raises(Invalid, match="no such step stands beside a review"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(
            "UPDATE stage SET edition = 1;"
            " UPDATE challenge SET state = 'published', published_at = now(), edition = 1, for_everybody = true"
        )
    assert refused.value.orig.diag.constraint_name == "review_rules"  # type: ignore[union-attr]
    db.rollback()


@pytest.mark.parametrize(
    ("words", "praised"),
    [
        ("Give us 5 stars on G2", True),
        ("A five-star review pays", True),
        ("Leave a positive review", True),
        ("We hope for great honest reviews", True),
        ("Only happy customers, please", True),
        ("Review us if you love it", True),
        ("★★★★★", True),
        ("An honest review, good and bad. Any rating counts the same.", False),
        ("Tell others what works and what does not.", False),
        ("Write it when you have five minutes.", False),
    ],
)
def test_words_that_ask_for_praise_stop_it(
    db: Session, mia: Actor, draft: Challenge, words: str, praised: bool
) -> None:
    set_up(db, draft, mia)
    challenges.change(
        db,
        draft.id,
        by=mia,
        title="Review us",
        summary="Good and bad.",
        description=words,
        minutes=5,
        activity_type="review",
        audience=challenges.EVERYBODY,
    )
    draft = challenges.lock_challenge(db, draft.id)
    assert [said.endswith("without a condition on what it says.") for said in failed(db, draft)] == [True] * praised
    db.rollback()


def test_a_live_one_takes_no_such_words_either(db: Session, mia: Actor, g2: Challenge) -> None:
    told = {"title": "Review us", "summary": "Good and bad.", "minutes": 5, "activity_type": "review"}
    with pytest.raises(Invalid, match="without a condition"):
        challenges.change(db, g2.id, by=mia, description="Five stars, please.", audience=challenges.EVERYBODY, **told)  # type: ignore[arg-type]
    db.rollback()


@pytest.mark.parametrize(("worth", "allowed"), [(0, True), (24, True), (25, False), (None, False)])
def test_what_a_review_is_worth_stays_under_what_the_site_allows(
    db: Session, mia: Actor, draft: Challenge, worth: int | None, allowed: bool
) -> None:
    set_up(db, draft, mia, site="gartner", address="https://www.gartner.com/reviews/market/x", worth=worth)
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    db.commit()
    if allowed:
        assert challenges.publish(db, draft.id, by=mia).state == "published"
        db.commit()
        return
    with pytest.raises(Invalid, match="under 25 US dollars"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(
            "UPDATE stage SET edition = 1; UPDATE challenge SET state = 'published', published_at = now(), edition = 1"
        )
    assert refused.value.orig.diag.constraint_name == "review_rules"  # type: ignore[union-attr]
    db.rollback()


def test_rules_that_nobody_looked_at_for_long_are_said_and_stop_nothing() -> None:
    assert not sites.BY_KEY["g2"].is_stale(sites.BY_KEY["g2"].checked_on + timedelta(days=180))
    assert sites.BY_KEY["g2"].is_stale(sites.BY_KEY["g2"].checked_on + timedelta(days=181))


def test_the_publish_check_says_when_the_rules_are_old(
    db: Session, g2: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    g2 = challenges.lock_challenge(db, g2.id)
    assert [check.ok for check in checks(db, g2) if "rules of G2" in check.sentence] == [True]
    old = {**sites.BY_KEY, "g2": sites.Site("g2", "G2", ("g2.com",), checked_on=date(2025, 1, 1))}
    monkeypatch.setattr(sites, "BY_KEY", old)
    stale = [(check.ok, check.blocks) for check in checks(db, g2) if "rules of G2" in check.sentence]
    assert stale == [(False, False)], "it is said, and stops nothing"
    assert failed(db, g2) == []


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("link", {"link": ""}),
        ("link", {"link": "http://www.g2.com/reviews/x"}),
        ("link", {"link": "https://www.capterra.com/reviews/1"}),
        ("link", {"link": "https://g2.com.evil.example/reviews/1"}),
        ("link", {"link": "https://www.g2.com@evil.example/reviews/1"}),
        ("link", {"link": "https://www.g2.com/"}),
        ("link", {"link": "https://www.g2.com/?x=1"}),
        ("link", {"link": "javascript:alert(1)"}),
        ("link", {"link": "https://www.g2.com/" + "x" * 500}),
        ("acknowledged", {"acknowledged": False}),
        ("acknowledged", {"acknowledged": "yes"}),
        ("acknowledged", {"acknowledged": None}),
    ],
)
def test_only_a_link_to_the_site_with_the_disclosure_acknowledged_is_taken(field: str, more: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of("review").accept({**GIVEN, **more}, SETUP)
    assert refused.value.field == field


def test_another_site_is_the_one_of_its_page() -> None:
    setup = {**SETUP, "site": "other", "address": "https://reviews.example.com/write"}
    kind = kind_of("review")
    taken = kind.accept({**GIVEN, "link": "https://reviews.example.com/r/7?id=4"}, setup)
    assert taken["name"] == "reviews.example.com"
    for elsewhere in ("https://evil.example/r/7", LINK, "https://sub.reviews.example.com/r/7"):
        with pytest.raises(Invalid, match=r"reviews\.example\.com"):
            kind.accept({**GIVEN, "link": elsewhere}, setup)


def test_neither_text_nor_rating_is_asked_for_stored_or_shown(
    db: Session, app: Portal, ana: Actor, mia: Actor, g2: Challenge
) -> None:
    form = kind_of("review").Response
    assert {name for name in dir(form) if hasattr(getattr(form, name), "field_class")} == {"link", "acknowledged"}
    submission = hand_in(db, g2, ana, rating=5, text="Best tool ever", stars="5")
    db.commit()
    [response] = stages(db, submission)
    assert response.response == {
        "site": "g2",
        "name": "G2",
        "link": LINK,
        "disclosure": SETUP["disclosure"],
        "version": version_of(SETUP["disclosure"]),
    }
    shown = Browser(app, db, mia).get(f"/admin/approvals/{submission.public_id}").text
    assert "Confirm only that it is published and theirs" in shown
    assert f'href="{LINK}"' in shown
    assert 'rel="noopener noreferrer"' in shown
    assert SETUP["disclosure"] in shown
    assert "Best tool ever" not in shown
    assert "It is about something else." not in shown, "what it says is no reason"


def test_the_link_is_kept_with_the_disclosure_in_its_version(db: Session, ana: Actor, g2: Challenge) -> None:
    submission = hand_in(db, g2, ana)
    db.commit()
    [response] = stages(db, submission)
    [link] = db.scalars(select(ReviewLink)).all()
    assert (link.response_id, link.link, link.disclosure) == (response.id, LINK, SETUP["disclosure"])
    assert link.version == version_of(SETUP["disclosure"]) != version_of(f"{SETUP['disclosure']} ")


@pytest.mark.parametrize(
    "same",
    [
        LINK,
        LINK.upper().replace("HTTPS", "https"),
        LINK.replace("www.", ""),
        f"{LINK}/",
        f"{LINK}?utm_source=portal&ref=x",
        f"{LINK}#top",
        LINK.replace("-review-", "%2Dreview%2D"),
        LINK.replace("/products/", "//products/./"),
    ],
)
def test_the_same_review_is_paid_once_however_it_is_written(
    db: Session, ana: Actor, kofi: Actor, g2: Challenge, offer: Offer, same: str
) -> None:
    hand_in(db, g2, ana)
    db.commit()
    again = offer(("review", 70, SETUP), title="Once more")
    for challenge, who in ((g2, kofi), (again, ana)):
        with pytest.raises(Conflict, match="handed in before") as refused:
            hand_in(db, challenge, who, link=same)
        assert refused.value.field == "link"
        db.rollback()


def test_the_database_holds_each_link_once(db: Session, ana: Actor, kofi: Actor, g2: Challenge) -> None:
    hand_in(db, g2, ana)
    submission = submissions.start(db, g2.id, by=kofi)
    [response] = stages(db, submission)
    db.commit()
    copied = (
        "INSERT INTO review_link (response_id, site, link, key, disclosure, version)"
        " SELECT :response, site, link, key, disclosure, version FROM review_link"
    )
    with pytest.raises(IntegrityError) as refused:
        db.execute(text(copied), {"response": response.id})
    assert refused.value.orig.diag.constraint_name == "uq_review_link_key"  # type: ignore[union-attr]
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.execute(
            text(
                "UPDATE stage_response SET state = 'accepted', accepted_at = now(), handed_in_at = now() WHERE id = :r"
            ),
            {"r": response.id},
        )
    assert refused.value.orig.diag.constraint_name == "review_claimed"  # type: ignore[union-attr]
    db.rollback()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("link = 'https://www.g2.com/other'", "review_link_stays"),
        ("key = 'g2:/other'", "review_link_stays"),
        ("disclosure = 'Nothing.'", "review_link_stays"),
        ("released_at = now()", "review_link_stays"),
    ],
)
def test_what_was_paid_stays(db: Session, mia: Actor, ana: Actor, g2: Challenge, change: str, constraint: str) -> None:
    submission = hand_in(db, g2, ana)
    submissions.approve(db, submission.id, by=mia)
    db.commit()
    assert available(db, ana) == 100
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(f"UPDATE review_link SET {change}")
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_who_is_asked_for_changes_may_hand_in_another_link(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, g2: Challenge
) -> None:
    submission = hand_in(db, g2, ana)
    [response] = stages(db, submission)
    submissions.request_redo(db, submission.id, stage_ids=[response.stage_id], comment="It does not open.", by=mia)
    db.commit()
    other = LINK.replace("1234567", "7654321")
    hand_in(db, g2, ana, link=other)
    db.commit()
    held = db.execute(select(ReviewLink.link, ReviewLink.released_at.is_(None)).order_by(ReviewLink.id)).all()
    assert [tuple(row) for row in held] == [(LINK, False), (other, True)]
    hand_in(db, g2, kofi)
    db.commit()
    submissions.approve(db, submission.id, by=mia)
    db.commit()


def test_who_is_turned_down_gives_the_link_free(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, g2: Challenge
) -> None:
    submission = hand_in(db, g2, ana)
    submissions.reject(db, submission.id, reason=Reason.NOT_OWN, by=mia)
    db.commit()
    owner = hand_in(db, g2, kofi)
    submissions.approve(db, owner.id, by=mia)
    db.commit()
    assert (available(db, ana), available(db, kofi)) == (0, 100)


def test_who_puts_it_away_or_runs_out_of_time_gives_it_free_too(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, offer: Offer
) -> None:
    closing = offer(("review", 10, SETUP), closes_at=now(db) + timedelta(hours=1))
    for who, link in ((ana, LINK), (kofi, f"{LINK}8")):
        submission = hand_in(db, closing, who, link=link)
        [response] = stages(db, submission)
        submissions.request_redo(db, submission.id, stage_ids=[response.stage_id], comment="It is gone.", by=mia)
        db.commit()
    submissions.dismiss(db, closing.id, by=ana)
    db.commit()
    set_now(db, now(db) + timedelta(days=20))
    assert submissions.expire_due(db) == 1
    db.commit()
    assert db.scalars(select(ReviewLink.id).where(ReviewLink.released_at.is_(None))).all() == []


def test_what_was_handed_in_and_put_away_keeps_its_link(
    db: Session, mia: Actor, ana: Actor, kofi: Actor, offer: Offer, g2: Challenge
) -> None:
    two = offer(("review", 30, SETUP), ("confirm", 5), title="Two steps")
    submission = submissions.start(db, two.id, by=ana)
    first, second = stages(db, submission)
    submissions.submit(db, submission.id, first.stage_id, GIVEN, by=ana)
    submissions.dismiss(db, two.id, by=ana)
    db.commit()
    with pytest.raises(Conflict, match="handed in before"):
        hand_in(db, g2, kofi)
    db.rollback()
    submissions.take_up(db, two.id, by=ana)
    submissions.submit(db, submission.id, second.stage_id, {}, by=ana)
    submissions.approve(db, submission.id, by=mia)
    db.commit()
    assert available(db, ana) == 35


def test_a_review_is_never_rejected_for_what_it_says(db: Session, mia: Actor, ana: Actor, g2: Challenge) -> None:
    submission = hand_in(db, g2, ana)
    db.commit()
    with pytest.raises(Invalid, match="never rejected for what it says"):
        verdicts.record(db, submission.id, Decision.REJECT, reason=Reason.OFF_TOPIC, by=mia)
    db.rollback()
    with pytest.raises(Invalid, match="never rejected for what it says"):
        submissions.reject(db, submission.id, reason=Reason.OFF_TOPIC, by=mia)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(
            "UPDATE submission SET state = 'rejected', reason = 'off_topic', decided_at = now(),"
            f" decided_by = {mia.person_id}"
        )
    assert refused.value.orig.diag.constraint_name == "review_reason"  # type: ignore[union-attr]
    db.rollback()


def test_who_works_for_the_program_is_not_asked(db: Session, ana: Actor, pia: Actor, g2: Challenge) -> None:
    assert [row.title for row in offers.offers(db, pia.person_id or 0, offers.Tab.OPEN).rows] == []
    assert [row.title for row in offers.offers(db, ana.person_id or 0, offers.Tab.OPEN).rows] == [g2.title]
    with pytest.raises(NotFound):
        submissions.start(db, g2.id, by=pia)
    db.rollback()
    submission = submissions.start(db, g2.id, by=ana)
    assert ana.person_id is not None
    people.grant_role(db, ana.person_id, "sales", by=make(db, "Zoe Admin", "admin"))
    [response] = stages(db, submission)
    with pytest.raises(IntegrityError) as refused:
        submissions.submit(db, submission.id, response.stage_id, GIVEN, by=ana)
    assert refused.value.orig.diag.constraint_name == "review_by_customer"  # type: ignore[union-attr]
    db.rollback()


def test_the_public_sector_is_not_asked_where_a_site_forbids_it(
    db: Session, ana: Actor, kofi: Actor, offer: Offer, g2: Challenge
) -> None:
    db.execute(Company.__table__.update().values(industry="Government"))
    db.commit()
    peers = {**SETUP, "site": "gartner", "address": "https://www.gartner.com/reviews/market/x"}
    gartner = offer(("review", 50, peers), title="A peer review")
    titles = {row.title for row in offers.offers(db, ana.person_id or 0, offers.Tab.OPEN).rows}
    assert titles == {g2.title}
    with pytest.raises(NotFound):
        submissions.start(db, gartner.id, by=ana)
    db.rollback()
    assert submissions.start(db, gartner.id, by=kofi).state is State.IN_PROGRESS
    db.commit()


def test_python_and_the_database_know_the_same_public_sector(db: Session) -> None:
    for industry in (*sites.PUBLIC_SECTOR, "Public Sector", "Logistics", None):
        known = db.scalar(text("SELECT portal_public_sector(:industry)"), {"industry": industry})
        assert known is ((industry or "").lower() in sites.PUBLIC_SECTOR)


def test_the_way_through_the_pages(
    db: Session, app: Portal, mia: Actor, ana: Actor, kofi: Actor, draft: Challenge
) -> None:
    manager, desk = Browser(app, db, mia), f"/admin/challenges/{draft.public_id}"
    step = f"{desk}/steps/1"
    given = {
        "title": "Write it",
        "instructions": "Good and bad.",
        "points": "50",
        "stage": str(draft.stages[0].id),
        **{name: str(value) for name, value in SETUP.items()},
    }
    for wrong in ({"site": "yelp"}, {"address": "https://evil.example/x"}, {"worth": "x"}, {"rating": "5"}):
        answer = manager.post(step, step, **{**given, **wrong})
        assert answer.status_code == 422
        assert "Good and bad." in answer.text
    assert manager.post(step, step, **given).status_code == 303
    editor = manager.get(desk).text
    assert "Review on G2" in editor
    assert "It pays the same for every review" in editor
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    db.commit()
    assert manager.post(f"{desk}/publication", desk).status_code == 303
    browser, home = Browser(app, db, ana), f"/challenges/{draft.public_id}"
    browser.post(f"{home}/submission", home)
    page = browser.get(home).text
    assert SETUP["disclosure"] in page
    assert "Any rating counts the same" in page
    assert browser.get(f"{home}/steps/1/page").headers["Location"] == WRITE
    here = f"{home}/steps/1"
    for wrong in ({}, {"link": LINK}, {"link": "https://evil.example/x", "acknowledged": "y"}, {"stars": "5"}):
        answer = browser.post(here, home, **wrong)
        assert answer.status_code == 422
        assert wrong.get("link", "") in answer.text
    assert browser.post(here, home, link=LINK, save="1").status_code == 303
    assert f'value="{LINK}"' in browser.get(home).text
    assert browser.post(here, home, link=LINK, acknowledged="y").status_code == 303
    other = Browser(app, db, kofi)
    other.post(f"{home}/submission", home)
    refused = other.post(here, home, link=f"{LINK}?utm_source=x", acknowledged="y")
    assert refused.status_code == 409
    assert "has been handed in before" in refused.text
    submission = db.scalars(select(Submission).where(Submission.person_id == ana.person_id)).one()
    queue = f"/admin/approvals/{submission.public_id}"
    answer = manager.post(f"{queue}/verdict", queue, decision="reject", reason="off_topic", comment="")
    assert answer.status_code == 422
    assert manager.post(f"{queue}/verdict", queue, decision="approve", comment="").status_code == 303
    verdicts.apply(db, db.scalars(select(Verdict.id)).one())
    db.commit()
    assert available(db, ana) == 50
    assert LINK in browser.get(here).text
    assert db.scalars(select(StageResponse.state).where(StageResponse.submission_id == submission.id)).all() == [
        "accepted"
    ]

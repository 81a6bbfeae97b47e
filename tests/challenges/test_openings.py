"""How often and by how many a challenge is taken: places, a pause, another attempt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, submissions
from portal.challenges.audience import EVERYBODY
from portal.challenges.models import Challenge, Submission
from portal.challenges.queries.offers import Tab, counts, next_for, offers
from portal.challenges.states import Reason, State
from portal.database.refusal import Gone, Invalid, LimitReached, NotFound
from portal.web.app import Portal
from tests.browsing import Browser
from tests.points.earning import who

from .conftest import make
from .test_submissions import available, hand_in

Offer = Callable[..., Challenge]
At = Callable[[str], None]
TEXTS = {"title": "Read it", "summary": "Short.", "description": "", "minutes": 5, "activity_type": None}


def later(db: Session, hours: float) -> None:
    """Let everything that was done lie so many hours further back."""
    db.commit()
    db.execute(
        text(
            "UPDATE submission SET started_at = started_at - make_interval(secs => :s),"
            " decided_at = decided_at - make_interval(secs => :s)"
        ),
        {"s": hours * 3600},
    )
    db.commit()


def tab(db: Session, one: Actor, which: Tab) -> list[tuple[str, str | None]]:
    """What a list shows: titles and states."""
    return [(offer.title, offer.state) for offer in offers(db, who(one), which).rows]


def test_a_challenge_is_taken_by_as_many_as_it_has_places(
    db: Session, ana: Actor, kofi: Actor, pia: Actor, offer: Offer
) -> None:
    made = offer(("confirm", 5), ("story", 10), places=1)
    submissions.start(db, made.id, by=ana)
    db.commit()
    assert (tab(db, kofi, Tab.OPEN), counts(db, who(kofi))[Tab.OPEN], next_for(db, who(kofi), limit=3)) == ([], 0, [])
    with pytest.raises(LimitReached, match="All places of this challenge are taken"):
        submissions.start(db, made.id, by=kofi)
    db.rollback()
    submissions.dismiss(db, made.id, by=ana)
    db.commit()
    assert tab(db, kofi, Tab.OPEN) == [("Tell your story", None)]
    submissions.start(db, made.id, by=kofi)
    db.commit()
    with pytest.raises(LimitReached):
        submissions.take_up(db, made.id, by=ana)
    db.rollback()
    with pytest.raises(LimitReached):
        submissions.start(db, made.id, by=ana)


def test_who_is_turned_down_leaves_the_place(db: Session, ana: Actor, kofi: Actor, mia: Actor, offer: Offer) -> None:
    made = offer(("story", 10), places=1)
    handed_in = hand_in(db, made, ana)
    with pytest.raises(LimitReached):
        submissions.start(db, made.id, by=kofi)
    db.rollback()
    submissions.reject(db, handed_in.id, reason=Reason.OFF_TOPIC, by=mia)
    db.commit()
    assert submissions.start(db, made.id, by=kofi).state is State.IN_PROGRESS
    db.commit()


def test_places_may_grow_but_not_below_those_taken(
    db: Session, ana: Actor, kofi: Actor, mia: Actor, offer: Offer
) -> None:
    made = offer(("story", 10))
    for one in (ana, kofi):
        submissions.start(db, made.id, by=one)
    db.commit()
    with pytest.raises(Invalid, match="at least as many places") as refused:
        challenges.change(db, made.id, by=mia, audience=EVERYBODY, places=1, **TEXTS)  # type: ignore[arg-type]
    assert refused.value.field == "places"
    db.rollback()
    assert challenges.change(db, made.id, by=mia, audience=EVERYBODY, places=2, **TEXTS).places == 2  # type: ignore[arg-type]
    db.commit()


def test_done_it_opens_again_after_its_pause_and_pays_again(db: Session, app: Portal, ana: Actor, offer: Offer) -> None:
    made = offer(("confirm", 5), pause_hours=48)
    first = hand_in(db, made, ana)
    page = f"/challenges/{made.public_id}"
    assert submissions.start(db, made.id, by=ana).id == first.id, "before the pause is over it stays done"
    assert (tab(db, ana, Tab.OPEN), tab(db, ana, Tab.DONE)) == ([], [("Tell your story", "approved")])
    browser = Browser(app, db, ana)
    for shown in (browser.get(page).text, browser.get("/challenges?tab=done").text):
        assert "Opens again on" in shown
        assert "Do it again" not in shown
    later(db, 48)
    assert tab(db, ana, Tab.OPEN) == [("Tell your story", None)]
    assert [one.state for one in next_for(db, who(ana), limit=3)] == [None]
    assert "Do it again" in browser.get(page).text
    assert browser.post(f"{page}/submission", page).status_code == 303
    assert "Your word is enough" in browser.get(page).text
    browser.post(f"{page}/steps/1", page)
    db.expire_all()
    both = db.scalars(select(Submission).order_by(Submission.attempt)).all()
    assert [(one.attempt, one.latest, one.state) for one in both] == [(1, False, "approved"), (2, True, "approved")]
    assert available(db, ana) == 10
    assert counts(db, who(ana))[Tab.DONE] == 1


def test_a_place_is_needed_for_each_time(db: Session, ana: Actor, offer: Offer) -> None:
    made = offer(("confirm", 5), pause_hours=1, places=1)
    hand_in(db, made, ana)
    later(db, 2)
    with pytest.raises(LimitReached):
        submissions.start(db, made.id, by=ana)
    db.rollback()
    assert tab(db, ana, Tab.OPEN) == []


def test_what_closes_before_does_not_open_again(db: Session, app: Portal, ana: Actor, mia: Actor, offer: Offer) -> None:
    soon = db.scalars(select(func.portal_now())).one() + timedelta(hours=3)
    made = offer(("confirm", 5), pause_hours=48, closes_at=soon)
    hand_in(db, made, ana)
    assert "Opens again" not in Browser(app, db, ana).get(f"/challenges/{made.public_id}").text
    later(db, 49)
    challenges.archive(db, made.id, by=mia)
    db.commit()
    with pytest.raises(NotFound):
        submissions.start(db, made.id, by=ana)


@pytest.mark.parametrize(
    ("more", "field"),
    [({"places": 0}, "places"), ({"places": 10**7}, "places"), ({"pause_hours": 0}, "pause_days"),
     ({"pause_hours": 17_521}, "pause_days")],
)  # fmt: skip
def test_numbers_out_of_bounds_are_refused(db: Session, mia: Actor, more: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        challenges.create(db, "Read it", by=mia, **more)  # type: ignore[arg-type]
    assert refused.value.field == field


AGAIN = (
    "INSERT INTO submission (challenge_id, person_id, attempt, state, decided_at)"
    " SELECT challenge_id, person_id, attempt + {more}, '{state}', now() FROM submission"
)


BEFORE = "UPDATE submission SET latest = false WHERE state = 'approved'"
ANEW = AGAIN.format(more=1, state="approved") + " WHERE NOT latest"
ANOTHER = (
    "INSERT INTO submission (challenge_id, person_id, state)"
    " SELECT id, created_by, 'in_progress' FROM challenge LIMIT 1"
)


@pytest.mark.parametrize(
    ("statements", "constraint"),
    [
        (["UPDATE challenge SET places = 2000000"], "ck_challenge_places"),
        (["UPDATE challenge SET pause_hours = 0"], "ck_challenge_pause_hours"),
        (["UPDATE challenge SET places = 1"], "challenge_places_taken"),
        (["UPDATE submission SET latest = false WHERE state = 'in_progress'"], "ck_submission_latest"),
        (["UPDATE challenge SET places = 2", ANOTHER], "challenge_full"),
        ([BEFORE, ANEW], "submission_again"),
        (["UPDATE challenge SET pause_hours = 5", BEFORE, ANEW], "submission_again"),
    ],
)
def test_the_database_refuses_it_too(
    db: Session, ana: Actor, kofi: Actor, offer: Offer, statements: list[str], constraint: str
) -> None:
    made = offer(("confirm", 5))
    hand_in(db, made, ana)
    submissions.start(db, made.id, by=kofi)
    db.commit()
    *before, wrong = statements
    for statement in before:
        db.connection().exec_driver_sql(statement)
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(wrong)
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_two_attempts_are_not_the_latest(db: Session, ana: Actor, offer: Offer) -> None:
    made = offer(("confirm", 5), pause_hours=1)
    hand_in(db, made, ana)
    later(db, 2)
    with pytest.raises(IntegrityError, match="uq_submission_latest"):
        db.connection().exec_driver_sql(AGAIN.format(more=1, state="approved"))
    db.rollback()


def test_people_read_the_last_day_in_their_own_zone(db: Session, app: Portal, offer: Offer) -> None:
    berlin = datetime(2031, 6, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    made = offer(("confirm", 5), closes_at=berlin)
    said = {}
    for name, zone in (("Lea", "Europe/Berlin"), ("Joe", "America/New_York")):
        one = make(db, f"{name} Muster", "advocate")
        db.execute(text("UPDATE person SET time_zone = :zone WHERE id = :id"), {"zone": zone, "id": who(one)})
        db.commit()
        said[name] = Browser(app, db, one).get(f"/challenges/{made.public_id}").text
    assert "closes 31 May 2031" in said["Lea"] or "closes May 31, 2031" in said["Lea"]
    assert "closes 31 May 2031" in said["Joe"] or "closes May 31, 2031" in said["Joe"]


def test_what_was_put_away_is_gone_once_it_has_closed(db: Session, ana: Actor, mia: Actor, offer: Offer) -> None:
    made = offer(("confirm", 5))
    submissions.dismiss(db, made.id, by=ana)
    challenges.archive(db, made.id, by=mia)
    db.commit()
    with pytest.raises(Gone):
        submissions.take_up(db, made.id, by=ana)

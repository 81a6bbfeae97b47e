"""Home: what waits comes first, then what to do next; staff land at their desk."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.challenges import challenges, outline, submissions
from portal.references import pool
from tests.browsing import Browser
from tests.conftest import Portal
from tests.consented import Known


def publish(db: Session, by: Known, title: str, points: int = 40) -> int:
    challenge = challenges.create(db, title, by=by.actor, summary="A small thing.")
    outline.add_stage(
        db, challenge.id, "confirm", title="Do it", instructions="Look at it.", points=points, by=by.actor
    )
    outline.add_stage(db, challenge.id, "story", title="Tell us", instructions="In words.", points=points, by=by.actor)
    challenges.publish(db, challenge.id, by=by.actor)
    db.commit()
    return challenge.id


def test_an_empty_home_says_so_and_offers_a_way_on(db: Session, app: Portal, ana: Known) -> None:
    page = Browser(app, db, ana.actor).get("/")
    assert page.status_code == 200
    assert "Nothing is open right now" in page.text


def test_what_was_begun_comes_before_what_is_new(db: Session, app: Portal, ana: Known, mia: Known) -> None:
    begun = publish(db, mia, "Begun earlier")
    submissions.start(db, begun, by=ana.actor)
    db.commit()
    publish(db, mia, "Quite new")
    page = Browser(app, db, ana.actor).get("/").text
    assert page.index("Begun earlier") < page.index("Quite new")
    assert "Continue" in page


def test_a_proposal_to_join_the_pool_is_shown_without_pressure(db: Session, app: Portal, ana: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    db.commit()
    assert "Would you talk to a prospect now and then?" in Browser(app, db, ana.actor).get("/").text


def test_staff_come_to_their_desk_and_strangers_to_the_door(db: Session, app: Portal, mia: Known, rep: Known) -> None:
    assert Browser(app, db, mia.actor).get("/").location == "/admin"
    assert Browser(app, db, rep.actor).get("/").location == "/sales"
    assert Browser(app, db, None).get("/").location.startswith("/sign-in")

"""What one person may redeem in a day: refused with a sentence, and by the database behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now, set_now
from portal.database import db as database
from portal.database import run
from portal.database.refusal import Conflict, LimitReached
from portal.points import balance
from portal.rewards import limits, redemption
from portal.rewards.models import Redemption, Reward
from portal.web.app import Portal
from tests.browsing import Browser

Put = Callable[..., Reward]


@pytest.fixture(autouse=True)
def a_thousand_a_day(db: Session) -> Iterator[None]:
    """The program lets nobody redeem more than 1,000 points in a day."""
    db.execute(text("UPDATE program SET redemption_limit = 1000"))
    db.commit()
    yield
    db.rollback()
    db.execute(text("UPDATE program SET redemption_limit = NULL"))
    db.commit()


def redeem(db: Session, reward: Reward, by: Actor) -> Redemption:
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def test_up_to_the_limit_and_not_beyond(db: Session, ana: Actor, ben: Actor, reward: Put) -> None:
    big, small = reward(price=900), reward("Mug", price=150, stock=5)
    redeem(db, big, ana)
    with pytest.raises(LimitReached, match="in a day"):
        redeem(db, small, ana)
    db.rollback()
    assert balance.of(db, ana.person_id or 0).held == 900
    assert db.scalar(text("SELECT stock FROM reward WHERE name = 'Mug'")) == 5
    redeem(db, reward("Pin", price=100), ana)
    redeem(db, big, ben)


def test_what_was_given_back_does_not_count(db: Session, ana: Actor, mia: Actor, reward: Put) -> None:
    big = reward(price=900)
    redemption.cancel(db, redeem(db, big, ana).id, by=ana)
    db.commit()
    redemption.fail(db, redeem(db, big, ana).id, by=mia, note="Sold out.")
    db.commit()
    assert redeem(db, big, ana).state == "held"


def test_the_next_day_is_another(db: Session, ana: Actor, reward: Put) -> None:
    first, second = reward(price=900), reward("Mug", price=150)
    redeem(db, first, ana)
    begun = now(db)
    for later, allowed in ((timedelta(hours=23, minutes=59), False), (timedelta(hours=24, minutes=1), True)):
        db.rollback()
        set_now(db, begun + later)
        if allowed:
            redeem(db, second, ana)
        else:
            with pytest.raises(LimitReached):
                redeem(db, second, ana)


def test_the_page_says_so(db: Session, app: Portal, ana: Actor, reward: Put) -> None:
    redeem(db, reward(price=900), ana)
    mug = reward("Mug", price=150)
    browser, path = Browser(app, db, ana), f"/rewards/{mug.public_id}"
    answer = browser.post(path, path, request_key=str(uuid4()), price="150")
    assert answer.status_code == 409
    assert "more than one person may redeem in a day" in answer.text


def test_the_database_counts_too(
    db: Session, app: Portal, ana: Actor, reward: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = reward(price=900)
    redeem(db, big, ana)
    monkeypatch.setattr(redemption, "check_day", lambda *_given: None)
    mug = reward("Mug", price=150)
    with pytest.raises(IntegrityError, match="more than a day allows"):
        redemption.redeem(db, mug.id, by=ana, request_key=uuid4())
    db.rollback()
    mug_id = mug.id
    with app.app_context(), pytest.raises(Conflict, match="in a day"):
        run(lambda session: redemption.redeem(session, mug_id, by=ana, request_key=uuid4()))
    with app.app_context():
        database.session.remove()


def test_without_a_limit_all_points_may_go(db: Session, ana: Actor, reward: Put) -> None:
    db.execute(text("UPDATE program SET redemption_limit = NULL"))
    db.commit()
    redeem(db, reward(price=900), ana)
    redeem(db, reward("Mug", price=340), ana)
    with pytest.raises(IntegrityError, match="redemption_limit"):
        db.execute(text("UPDATE program SET redemption_limit = 0"))
    db.rollback()
    assert limits.check_day(db, ana.person_id or 0, 10**9) is None

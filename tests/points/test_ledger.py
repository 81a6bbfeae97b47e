"""The ledger's verbs: hold, post, void, refund, adjust; each once, each refused where it must be."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal import audit, program
from portal.audit import SYSTEM, Actor
from portal.database import db as database
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.points import ledger
from portal.points.balance import Balance
from portal.points.models import Kind, Phase, Transfer
from portal.web.app import Portal
from tests.points.earning import balance_of, earn, hold, who


@pytest.fixture
def inserts(app: Portal) -> Iterator[list[list[str]]]:
    """The subjects of each INSERT into transfer, as it is sent."""
    seen: list[list[str]] = []

    def note(_conn: object, _cursor: object, statement: str, values: dict[str, list[str]], *_rest: object) -> None:
        if statement.startswith("INSERT INTO transfer"):
            seen.append(values["subject"])

    with app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def rich(db: Session, ana: Actor, mia: Actor) -> Actor:
    """Ana with 100 points."""
    earn(db, ana, 100, by=mia)
    return ana


def test_what_is_held_cannot_be_spent(db: Session, rich: Actor) -> None:
    hold(db, rich, 60)
    assert balance_of(db, rich) == Balance(available=40, held=60, lifetime=100)
    with pytest.raises(LimitReached):
        hold(db, rich, 41, subject="trial:2")


def test_two_holds_of_one_transaction_count_together(db: Session, rich: Actor) -> None:
    words = {"cause": "trial:1", "reason": "Held", "by": rich}
    ledger.hold(db, who(rich), 60, subject="trial:1", **words)
    with pytest.raises(LimitReached):
        ledger.hold(db, who(rich), 60, subject="trial:2", **words)


def test_a_second_hold_of_the_same_subject_is_the_first(db: Session, rich: Actor) -> None:
    assert hold(db, rich, 60) == hold(db, rich, 60)
    assert balance_of(db, rich).held == 60


def test_a_posted_hold_is_spent_once(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = hold(db, rich, 60)
    for _again in range(2):
        ledger.post(db, hold_id, reason="Delivered", by=mia)
        db.commit()
    assert balance_of(db, rich) == Balance(available=40, held=0, lifetime=100)


def test_a_voided_hold_comes_back_once(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = hold(db, rich, 60)
    for _again in range(2):
        ledger.void(db, hold_id, reason="Cancelled", by=mia)
        db.commit()
    assert balance_of(db, rich) == Balance(available=100, held=0, lifetime=100)


def test_a_hold_is_settled_in_one_way_only(db: Session, rich: Actor, mia: Actor) -> None:
    posted, voided = hold(db, rich, 60), hold(db, rich, 40, subject="trial:2")
    ledger.post(db, posted, reason="Delivered", by=mia)
    ledger.void(db, voided, reason="Cancelled", by=mia)
    with pytest.raises(Conflict):
        ledger.void(db, posted, reason="Cancelled", by=mia)
    db.commit()
    with pytest.raises(Conflict):
        ledger.post(db, voided, reason="Delivered", by=mia)


def test_held_and_spent_in_one_transaction(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = ledger.hold(db, who(rich), 60, subject="trial:1", cause="trial:1", reason="Held", by=rich)
    ledger.post(db, hold_id, reason="Delivered", by=mia)
    ledger.refund(db, hold_id, reason="Broken", by=mia)
    db.commit()
    assert balance_of(db, rich) == Balance(available=100, held=0, lifetime=100)
    phases = db.scalars(select(Transfer.phase).where(Transfer.kind == Kind.REDEMPTION)).all()
    assert sorted(phases) == [Phase.HOLD, Phase.POST]


def test_what_was_spent_is_refunded_once(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = hold(db, rich, 60)
    ledger.post(db, hold_id, reason="Delivered", by=mia)
    db.commit()
    first = ledger.refund(db, hold_id, reason="Broken", by=mia)
    db.commit()
    assert ledger.refund(db, hold_id, reason="Broken", by=mia) == first
    assert balance_of(db, rich) == Balance(available=100, held=0, lifetime=100)


def test_what_was_not_spent_is_not_refunded(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = hold(db, rich, 60)
    with pytest.raises(Conflict):
        ledger.refund(db, hold_id, reason="Broken", by=mia)
    ledger.void(db, hold_id, reason="Cancelled", by=mia)
    with pytest.raises(Conflict):
        ledger.refund(db, hold_id, reason="Broken", by=mia)


def test_only_holds_are_settled(db: Session, rich: Actor, mia: Actor) -> None:
    award = db.scalars(select(Transfer.id)).one()
    for hold_id in (award, 999_999):
        with pytest.raises(NotFound):
            ledger.post(db, hold_id, reason="Delivered", by=mia)


def test_an_adjustment_moves_the_balance_and_not_the_lifetime(db: Session, rich: Actor, mia: Actor) -> None:
    ledger.adjust(db, who(rich), 50, reason="A gift", by=mia)
    ledger.adjust(db, who(rich), -30, reason="A mistake", by=mia)
    db.commit()
    assert balance_of(db, rich) == Balance(available=120, held=0, lifetime=100)


def test_an_adjustment_takes_no_more_than_there_is(db: Session, rich: Actor, mia: Actor) -> None:
    hold(db, rich, 60)
    with pytest.raises(LimitReached):
        ledger.adjust(db, who(rich), -41, reason="A mistake", by=mia)


def test_the_same_form_adjusts_once(db: Session, rich: Actor, mia: Actor) -> None:
    key = uuid4()
    for _again in range(2):
        ledger.adjust(db, who(rich), 50, reason="A gift", by=mia, key=key)
        db.commit()
    assert balance_of(db, rich).available == 150


def test_nothing_is_no_adjustment(db: Session, rich: Actor, mia: Actor) -> None:
    with pytest.raises(Invalid):
        ledger.adjust(db, who(rich), 0, reason="Nothing", by=mia)


def test_an_adjustment_above_the_limit_needs_a_second_person(
    db: Session, rich: Actor, ben: Actor, mia: Actor, max_: Actor
) -> None:
    limit = program.current(db).adjustment_limit
    ledger.adjust(db, who(rich), limit, reason="A gift", by=mia)
    for approver in (None, mia, ben, rich, SYSTEM):
        with pytest.raises(NotAllowed):
            ledger.adjust(db, who(rich), limit + 1, reason="A gift", by=mia, approved_by=approver)
    adjusted = ledger.adjust(db, who(rich), limit + 1, reason="A gift", by=mia, approved_by=max_)
    db.commit()
    assert (adjusted.created_by, adjusted.approved_by) == (mia.person_id, max_.person_id)


def test_the_limit_is_the_programs(db: Session, rich: Actor, mia: Actor) -> None:
    program.current(db).adjustment_limit = 10
    db.flush()
    with pytest.raises(NotAllowed):
        ledger.adjust(db, who(rich), 11, reason="A gift", by=mia)


def test_points_are_adjusted_by_other_managers_only(db: Session, rich: Actor, ben: Actor, mia: Actor) -> None:
    for actor, person in ((ben, rich), (mia, mia), (SYSTEM, rich)):
        with pytest.raises(NotAllowed):
            ledger.adjust(db, who(person), 5, reason="A gift", by=actor)


def test_each_movement_leaves_a_line_in_the_audit(db: Session, rich: Actor, mia: Actor) -> None:
    hold_id = hold(db, rich, 60)
    ledger.post(db, hold_id, reason="Delivered", by=mia)
    ledger.refund(db, hold_id, reason="Broken", by=mia)
    ledger.adjust(db, who(rich), 5, reason="A gift", by=mia)
    db.commit()
    lines = db.scalars(
        select(audit.AuditEntry.action)
        .where(audit.AuditEntry.subject == f"person:{rich.person_id}", audit.AuditEntry.action.like("points.%"))
        .order_by(audit.AuditEntry.id)
    ).all()
    assert lines == ["points.award", "points.hold", "points.post", "points.refund", "points.adjustment"]


def test_a_transaction_writes_its_transfers_in_one_sorted_insert(
    db: Session, rich: Actor, ben: Actor, mia: Actor, inserts: list[list[str]]
) -> None:
    earn(db, ben, 100, subject="trial_call:7", by=mia)
    inserts.clear()
    for person, subject in ((ben, "trial:2"), (rich, "trial:1")):
        ledger.hold(db, who(person), 10, subject=subject, cause=subject, reason="Held", by=person)
    ledger.adjust(db, who(ben), 5, reason="A gift", by=mia)
    assert inserts == []
    db.commit()
    assert [[subject.partition(":")[0] for subject in subjects] for subjects in inserts] == [
        ["adjustment", "trial", "trial"]
    ]
    assert inserts[0][1:] == ["trial:1", "trial:2"]

"""Points by hand: at once within the limit, above it by two people, decided once, nobody on their own."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import program
from portal.audit import SYSTEM, Actor
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, Refusal
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.people import people
from portal.people.states import Role
from portal.points import adjustments
from portal.points.models import AdjustmentProposal, Kind, Transfer
from portal.points.states import ProposalState
from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import joins
from tests.conftest import Superuser
from tests.points.counting import cost
from tests.points.earning import balance_of, earn, who

KEY = UUID("6b1f0a52-5a10-4d31-9d4d-6f6d7c0a7b11")


def propose(db: Session, ana: Actor, mia: Actor, points: int = 900) -> AdjustmentProposal:
    """An adjustment above the limit, committed."""
    made = adjustments.enter(db, who(ana), points, reason="Won the prize", by=mia, key=uuid4())
    assert made is not None
    db.commit()
    return made


def of_kind(db: Session, kind: str) -> list[int]:
    """Whom messages of a kind went to."""
    return sorted(db.scalars(select(Message.person_id).where(Message.kind == kind)))


def test_within_the_limit_it_happens_at_once(db: Session, ana: Actor, mia: Actor) -> None:
    assert adjustments.enter(db, who(ana), 500, reason=" Thanks ", by=mia, key=KEY) is None
    db.commit()
    assert balance_of(db, ana).available == 500
    assert balance_of(db, ana).lifetime == 0
    assert db.scalars(select(Transfer.reason).where(Transfer.kind == Kind.ADJUSTMENT)).all() == ["Thanks"]


def test_above_the_limit_it_waits_and_the_others_are_told(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    boss = joins(db, "Sam Whitlock", "admin", "manager")
    made = propose(db, ana, mia)
    assert made.state is ProposalState.WAITING
    assert balance_of(db, ana).available == 0
    assert of_kind(db, "points.adjustment_proposed") == sorted([who(max_), who(boss)])


def test_the_second_person_lets_it_happen_once(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    made = propose(db, ana, mia)
    for _again in range(2):
        adjustments.approve(db, made.id, by=max_)
        db.commit()
    assert balance_of(db, ana).available == 900
    written = db.scalars(select(Transfer).where(Transfer.kind == Kind.ADJUSTMENT)).one()
    assert (written.created_by, written.approved_by) == (mia.person_id, max_.person_id)
    assert of_kind(db, "points.adjustment_decided") == [who(mia)]
    assert db.scalars(select(Message.read_at).where(Message.kind == "points.adjustment_proposed")).one() is not None
    for verb in (adjustments.withdraw, lambda s, i, by: adjustments.decline(s, i, by=by, note="No")):
        with pytest.raises(Refusal):
            verb(db, made.id, by=mia)


def test_points_are_taken_by_two_people_too(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    earn(db, ana, 1000, by=mia)
    adjustments.approve(db, propose(db, ana, mia, -900).id, by=max_)
    db.commit()
    assert (balance_of(db, ana).available, balance_of(db, ana).lifetime) == (100, 1000)


def test_points_that_were_spent_meanwhile_are_not_taken(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    earn(db, ana, 1000, by=mia)
    made = propose(db, ana, mia, -900)
    adjustments.enter(db, who(ana), -200, reason="A mistake", by=max_, key=uuid4())
    db.commit()
    with pytest.raises(LimitReached):
        adjustments.approve(db, made.id, by=max_)
    db.rollback()
    with pytest.raises(LimitReached):
        propose(db, ana, mia, -900)


def test_declined_with_a_note_or_withdrawn_changes_nothing(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    declined, taken_back = propose(db, ana, mia), propose(db, ana, mia)
    with pytest.raises(Invalid):
        adjustments.decline(db, declined.id, by=max_, note=" ")
    for _again in range(2):
        adjustments.decline(db, declined.id, by=max_, note="Too much")
        adjustments.withdraw(db, taken_back.id, by=mia)
        db.commit()
    assert (declined.state, taken_back.state) == (ProposalState.NOT_APPROVED, ProposalState.WITHDRAWN)
    assert balance_of(db, ana).available == 0
    for proposal in (declined, taken_back):
        with pytest.raises(Conflict):
            adjustments.approve(db, proposal.id, by=max_)


def test_nobody_decides_on_their_own(db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    people.grant_role(db, who(ana), Role.MANAGER, by=SYSTEM)
    made = propose(db, ana, mia)
    for one in (mia, Actor(ana.person_id, frozenset({"manager"})), SYSTEM):
        with pytest.raises(NotAllowed):
            adjustments.approve(db, made.id, by=one)
        with pytest.raises(NotAllowed):
            adjustments.decline(db, made.id, by=one, note="No")
    with pytest.raises(NotAllowed):
        adjustments.withdraw(db, made.id, by=max_)
    with pytest.raises(NotAllowed):
        adjustments.enter(db, who(mia), 5, reason="Me", by=mia, key=KEY)
    with pytest.raises(NotAllowed):
        adjustments.enter(db, who(mia), 5, reason="Me", by=ana, key=KEY)
    with pytest.raises(NotFound):
        adjustments.approve(db, 987_654, by=max_)


@pytest.mark.parametrize("gone", ["role", "suspended"])
def test_who_proposed_must_still_look_after_the_program(
    db: Session, ana: Actor, mia: Actor, max_: Actor, gone: str
) -> None:
    made = propose(db, ana, mia)
    if gone == "role":
        people.revoke_role(db, who(mia), Role.MANAGER, by=SYSTEM)
    else:
        people.suspend(db, who(mia), by=SYSTEM)
    db.commit()
    with pytest.raises(Conflict):
        adjustments.approve(db, made.id, by=max_)


def test_one_form_is_one_proposal(db: Session, ana: Actor, mia: Actor) -> None:
    first = adjustments.enter(db, who(ana), 900, reason="A prize", by=mia, key=KEY)
    db.commit()
    assert adjustments.enter(db, who(ana), 900, reason="A prize", by=mia, key=KEY) == first
    with pytest.raises(Conflict):
        adjustments.enter(db, who(ana), 901, reason="A prize", by=mia, key=KEY)


@pytest.mark.parametrize(("points", "reason"), [(0, "Why"), (1_000_000_001, "Why"), (5, " "), (5, "x" * 501)])
def test_what_cannot_be_is_refused(db: Session, ana: Actor, mia: Actor, points: int, reason: str) -> None:
    with pytest.raises(Invalid):
        adjustments.enter(db, who(ana), points, reason=reason, by=mia, key=KEY)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'approved', decided_by = proposed_by, decided_at = portal_now()",
        "state = 'approved', decided_by = person_id, decided_at = portal_now()",
        "state = 'approved', decided_by = {max}, decided_at = portal_now()",
        "state = 'withdrawn', decided_by = {max}, decided_at = portal_now()",
        "points = points + 1",
        "reason = 'Another'",
        "state = 'approved'",
    ],
)
def test_the_database_refuses_what_the_verbs_do(
    db: Session, ana: Actor, mia: Actor, max_: Actor, superuser: Superuser, change: str
) -> None:
    propose(db, ana, mia)
    superuser.connection.execute("SET session_replication_role = origin")
    try:
        with pytest.raises(psycopg.errors.IntegrityError):
            superuser.plant(f"UPDATE adjustment_proposal SET {change.format(max=max_.person_id)}")
        with pytest.raises(psycopg.Error):
            superuser.plant("DELETE FROM adjustment_proposal")
    finally:
        superuser.connection.execute("SET session_replication_role = replica")


def test_the_screens_from_proposal_to_approval(app: Portal, db: Session, ana: Actor, mia: Actor, max_: Actor) -> None:
    public = people.lock_person(db, who(ana)).public_id
    db.rollback()
    path, first, second = f"/admin/people/{public}/points", Browser(app, db, mia), Browser(app, db, max_)
    assert f'href="{path}"' in first.get(f"/admin/people/{public}").text
    small = first.post(path, path, way="add", points="20", reason="Thanks", request_key=str(uuid4()))
    assert (small.status_code, small.location) == (303, path)
    large = first.post(path, path, way="add", points="900", reason="A prize", request_key=str(uuid4()))
    assert "You proposed this" in first.get(large.location).text
    assert "A prize" in first.get(path).text
    assert first.post(f"{large.location}/decision", large.location, decision="approve", note="").status_code == 403
    assert large.location in second.get("/admin/adjustments").text
    refused = second.post(f"{large.location}/decision", large.location, decision="decline", note="")
    assert (refused.status_code, "say why in a sentence" in refused.text) == (422, True)
    done = second.post(f"{large.location}/decision", large.location, decision="approve", note="")
    assert done.status_code == 303
    assert balance_of(db, ana).available == 920
    assert "Approved" in second.get("/admin/adjustments?show=decided").text
    late = second.post(f"{large.location}/decision", large.location, decision="decline", note="Late")
    assert late.status_code in {409, 422}


def test_bad_numbers_keep_what_was_typed(app: Portal, db: Session, ana: Actor, mia: Actor) -> None:
    public = people.lock_person(db, who(ana)).public_id
    db.rollback()
    path = f"/admin/people/{public}/points"
    browser = Browser(app, db, mia)
    for points, way, key in (("-1", "add", KEY), ("5", "steal", KEY), ("5", "add", "x"), ("5", "take", KEY)):
        answer = browser.post(path, path, way=way, points=points, reason="My words", request_key=str(key))
        assert (answer.status_code in {409, 422}, "My words" in answer.text) == (True, True)


def test_pages_cost_the_same_for_one_proposal_and_for_fifty(
    app: Portal,
    db: Session,
    ana: Actor,
    mia: Actor,
    max_: Actor,
    count_queries: Callable[[Callable[[], object]], int],
) -> None:
    public = people.lock_person(db, who(ana)).public_id
    db.rollback()
    browser = Browser(app, db, max_)
    pages = (f"/admin/people/{public}/points", "/admin/adjustments", "/admin/adjustments?show=decided")
    adjustments.approve(db, propose(db, ana, mia).id, by=max_)
    propose(db, ana, mia)
    costs = {path: cost(count_queries, lambda p=path: browser.get(p)) for path in pages}
    for number in range(50):
        made = propose(db, ana, mia)
        if number % 2:
            adjustments.approve(db, made.id, by=max_)
            db.commit()
    assert {path: cost(count_queries, lambda p=path: browser.get(p)) for path in pages} == costs
    assert "Show more" in browser.get("/admin/adjustments").text


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("points.adjustment_proposed", {"name": "Ana", "points": 900, "reason": "Prize"}, "900 points to add"),
        ("points.adjustment_proposed", {"name": "Ana", "points": -1, "reason": "Prize"}, "1 point to take"),
        ("points.adjustment_decided", {"points": 900, "approved": True, "note": None}, "900 points to add"),
        ("points.adjustment_decided", {"points": 900, "approved": False, "note": "No"}, "No"),
    ],
)
def test_the_words_of_the_messages(app: Portal, kind: str, data: dict[str, object], words: str) -> None:
    with app.test_request_context():
        known = KINDS[kind]
        assert known.subject(data)
        assert known.action(data)
        assert words in known.body(data)


def test_the_limit_is_the_programs(db: Session, ana: Actor, mia: Actor) -> None:
    program.current(db).adjustment_limit = 10
    assert adjustments.enter(db, who(ana), 11, reason="A prize", by=mia, key=KEY) is not None
    db.commit()

"""The pool: who is in it, what it says of them, and that it cannot outlive consent (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.database.refusal import NotAllowed, NotFound
from portal.messages.kinds import kind_of
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people import people
from portal.people.models import Company
from portal.people.states import AdvocateStatus
from portal.references import pool, profile
from portal.references.jobs import count_pool
from portal.references.models.pool import PoolEntry, PoolFacet, PoolProposal, ProposalState
from portal.references.profile import Wanted
from tests.asking import ask
from tests.conftest import Superuser
from tests.consent.expiring import expire_due
from tests.consented import BOTH, Known, agree, make_advocate


def entry(db: Session, who: Known) -> PoolEntry | None:
    found = select(PoolEntry).where(PoolEntry.person_id == who.id).execution_options(populate_existing=True)
    return db.scalar(found)


def proposals(db: Session, who: Known) -> list[ProposalState]:
    found = select(PoolProposal.state).where(PoolProposal.person_id == who.id).order_by(PoolProposal.id)
    return list(db.scalars(found))


def test_nobody_is_in_the_pool_without_consent(db: Session, ana: Known) -> None:
    profile.change(db, ana.id, Wanted("Reporting"), by=ana.actor)
    db.commit()
    assert entry(db, ana) is None


def test_consent_makes_the_row_with_initials_and_without_a_name(db: Session, ana: Known) -> None:
    agree(db, ana)
    db.commit()
    row = entry(db, ana)
    assert row is not None
    assert (row.initials, row.title, row.company_name) == ("A. M.", "IT Director", None)
    assert (row.industry, row.country, row.size_band) == ("Logistics", "Germany", "500-4999")
    assert set(row.audiences) == set(BOTH)
    whole = str(db.execute(text("SELECT to_jsonb(e) - 'company_id' FROM pool_entry e")).scalar_one())
    assert "Mitchell" not in whole
    assert "Harbor" not in whole
    assert "ana@" not in whole


def test_the_company_is_named_only_where_the_advocate_said_so(db: Session, ana: Known) -> None:
    agree(db, ana, company_name_ok=True)
    row = entry(db, ana)
    assert row is not None
    assert row.company_name == "Harbor Freight Lines"
    assert "harbor" in row.search
    profile.change(db, ana.id, Wanted(company_name_shown=False), by=ana.actor)
    row = entry(db, ana)
    assert row is not None
    assert row.company_name is None
    assert "harbor" not in row.search


def test_withdrawing_one_audience_keeps_the_other(db: Session, ana: Known) -> None:
    agree(db, ana)
    for gone, left in ((SAME_INDUSTRY, OTHER_INDUSTRIES), (OTHER_INDUSTRIES, SAME_INDUSTRY)):
        consents.withdraw(db, ana.id, [gone], by=ana.actor)
        db.commit()
        row = entry(db, ana)
        assert row is not None
        assert (row.audiences, row.anchor_scope) == ([left], left)
        agree(db, ana)


def test_withdrawing_everything_takes_the_row_away_at_once(db: Session, ana: Known) -> None:
    agree(db, ana)
    row = entry(db, ana)
    assert row is not None
    before = row.public_id
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    assert entry(db, ana) is None
    with pytest.raises(NotFound):
        pool.entry_of(db, before)
    agree(db, ana)
    again = entry(db, ana)
    assert again is not None
    assert again.public_id != before, "an address of the earlier stay leads nowhere"


def test_a_row_cannot_stand_without_live_consent(db: Session, ana: Known, sol: Known) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    db.commit()
    for scope in (OTHER_INDUSTRIES, "a:b:c"):
        with pytest.raises(IntegrityError, match="fk_pool_entry_consent"):
            db.execute(text("UPDATE pool_entry SET anchor_scope = :scope"), {"scope": scope})
        db.rollback()
    with pytest.raises(IntegrityError, match="fk_pool_entry_consent"):
        db.execute(
            text(
                "INSERT INTO pool_entry"
                " (person_id, initials, audiences, anchor_scope, valid_until, completeness, search)"
                " SELECT :person, initials, audiences, anchor_scope, valid_until, completeness, search FROM pool_entry"
            ),
            {"person": sol.id},
        )


@pytest.mark.parametrize("change", ["paused", "left", "suspended", "revoked"])
def test_who_is_no_active_advocate_leaves_and_comes_back(db: Session, ana: Known, change: str) -> None:
    agree(db, ana)
    if change == "suspended":
        people.suspend(db, ana.id, by=SYSTEM)
    elif change == "revoked":
        people.revoke_role(db, ana.id, "advocate", by=SYSTEM)
    else:
        people.move_advocate(db, ana.id, AdvocateStatus(change), by=SYSTEM)
    db.commit()
    assert entry(db, ana) is None
    if change == "suspended":
        people.readmit(db, ana.id, by=SYSTEM)
    elif change == "revoked":
        people.grant_role(db, ana.id, "advocate", by=SYSTEM)
    elif change == "paused":
        people.move_advocate(db, ana.id, AdvocateStatus.ACTIVE, by=SYSTEM)
    db.commit()
    assert (entry(db, ana) is None) == (change == "left")


def test_the_row_follows_person_company_and_profile(db: Session, ana: Known) -> None:
    agree(db, ana)
    company = db.get_one(Company, ana.company_id)
    company.industry, company.employees = "Retail", 20
    people.change_person(db, ana.id, by=ana.actor, name="Ana Beatriz Nowak", title="COO")
    people.add_product(db, "GTX Pro", by=SYSTEM)
    profile.change(db, ana.id, Wanted("Depots", "Much.", ("GTX Pro",), ("Moves",), ("English",)), by=ana.actor)
    db.commit()
    row = entry(db, ana)
    assert row is not None
    assert (row.industry, row.size_band, row.initials, row.title) == ("Retail", "1-49", "A. N.", "COO")
    assert (row.products, row.topics, row.completeness) == (["GTX Pro"], ["Moves"], 100)


def test_a_one_word_name_and_no_company_are_no_obstacle(db: Session) -> None:
    cher = make_advocate(db, "Cher", title=None)
    agree(db, cher)
    db.commit()
    row = entry(db, cher)
    assert row is not None
    assert (row.initials, row.industry, row.completeness) == ("C.", None, 0)


def test_refreshing_by_hand_changes_nothing_that_holds(db: Session, ana: Known) -> None:
    agree(db, ana)
    before = db.execute(text("SELECT xmin FROM pool_entry")).scalar_one()
    pool.refresh(db, ana.id)
    assert db.execute(text("SELECT xmin FROM pool_entry")).scalar_one() == before


def test_the_row_knows_when_somebody_was_last_asked_also_after_a_break(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    ask(db, ana, rep)
    db.commit()
    row = entry(db, ana)
    assert row is not None
    asked, next_time = row.last_asked_at, row.next_askable_at
    assert asked is not None
    consents.withdraw(db, ana.id, by=ana.actor)
    people.move_advocate(db, ana.id, AdvocateStatus.PAUSED, by=SYSTEM)
    people.move_advocate(db, ana.id, AdvocateStatus.ACTIVE, by=SYSTEM)
    db.commit()
    agree(db, ana)
    db.commit()
    row = entry(db, ana)
    assert row is not None
    freed = db.scalar(text("SELECT freed_at FROM ask"))
    assert (row.last_asked_at, row.next_askable_at) == ((None, None) if freed else (asked, next_time))


def test_an_entry_is_not_found_once_its_time_is_up(db: Session, ana: Known, at: Callable[[str], None]) -> None:
    agree(db, ana)
    row = entry(db, ana)
    assert row is not None
    assert pool.entry_of(db, row.public_id).person_id == ana.id
    with pytest.raises(NotFound):
        pool.entry_of(db, uuid4())
    at((now(db) + timedelta(days=366)).isoformat())
    with pytest.raises(NotFound):
        pool.entry_of(db, row.public_id)
    expire_due(db)
    db.commit()
    assert entry(db, ana) is None


def test_a_verified_challenge_proposes_the_pool_once(db: Session, ana: Known) -> None:
    first = pool.propose(db, ana.id, because="submission:1")
    second = pool.propose(db, ana.id, because="submission:2")
    assert first is not None
    assert second is first
    assert proposals(db, ana) == [ProposalState.OPEN]
    assert entry(db, ana) is None, "a proposal is no consent"
    assert db.scalar(select(func.count()).where(Message.kind == "pool.proposed")) == 1


def test_a_proposal_brings_no_points_whatever_the_answer(db: Session, ana: Known, sol: Known) -> None:
    for who in (ana, sol):
        pool.propose(db, who.id, because="submission:1")
    agree(db, ana)
    pool.decline(db, sol.id, by=sol.actor)
    db.commit()
    assert db.scalar(text("SELECT count(*) FROM transfer")) == 0


def test_agreeing_answers_the_proposal_and_no_other_follows(db: Session, ana: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    agree(db, ana)
    assert proposals(db, ana) == [ProposalState.GIVEN]
    assert pool.propose(db, ana.id, because="submission:2") is None


def test_a_no_holds_for_a_year(db: Session, ana: Known, at: Callable[[str], None]) -> None:
    pool.propose(db, ana.id, because="submission:1")
    pool.decline(db, ana.id, by=ana.actor)
    pool.decline(db, ana.id, by=ana.actor)
    assert proposals(db, ana) == [ProposalState.DECLINED]
    assert pool.propose(db, ana.id, because="submission:2") is None
    at((now(db) + timedelta(days=366)).isoformat())
    assert pool.propose(db, ana.id, because="submission:3") is not None
    assert proposals(db, ana) == [ProposalState.DECLINED, ProposalState.OPEN]


def test_nobody_answers_for_another(db: Session, ana: Known, mia: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    with pytest.raises(NotAllowed):
        pool.decline(db, ana.id, by=mia.actor)


def test_nothing_is_proposed_to_who_is_not_active(db: Session, ana: Known) -> None:
    people.move_advocate(db, ana.id, AdvocateStatus.PAUSED, by=SYSTEM)
    assert pool.propose(db, ana.id, because="submission:1") is None


def test_the_proposal_is_not_mailed_after_an_answer(db: Session, ana: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    message = db.scalars(select(Message).where(Message.kind == "pool.proposed")).one()
    kind = kind_of(message.kind)
    assert kind.may_send(db, message) is None
    assert "no points" in (kind.note(message.data) or "")
    assert kind.subject(message.data)
    assert kind.body(message.data)
    assert kind.action(message.data)
    pool.decline(db, ana.id, by=ana.actor)
    assert kind.may_send(db, message) is Reason.SUPERSEDED


def test_two_open_proposals_cannot_be_stored(db: Session, ana: Known) -> None:
    pool.propose(db, ana.id, because="submission:1")
    db.commit()
    with pytest.raises(IntegrityError, match="uq_pool_proposal_open"):
        db.execute(text("INSERT INTO pool_proposal (person_id, because) VALUES (:who, 'x:1')"), {"who": ana.id})


def test_the_values_of_the_pool_are_counted(db: Session, ana: Known) -> None:
    agree(db, ana)
    count_pool(db)
    count_pool(db)
    counted = {(row.facet, row.value): row.entries for row in db.scalars(select(PoolFacet))}
    assert counted == {
        ("activity", "reference_call"): 1,
        ("industry", "Logistics"): 1,
        ("country", "Germany"): 1,
        ("size", "500-4999"): 1,
    }


@pytest.mark.parametrize(
    ("breach", "statement"),
    [
        ("pool.entry_needs_live_consent", "DELETE FROM pool_entry"),
        ("pool.entry_needs_live_consent", "UPDATE person SET suspended_at = now() WHERE advocate_status = 'active'"),
        ("pool.audiences_are_live_scopes", "UPDATE pool_entry SET audiences = audiences || '{a:b:c}'"),
        ("pool.audiences_are_live_scopes", "UPDATE pool_entry SET anchor_scope = 'a:b:c'"),
        ("pool.entry_says_what_may_be_said", "UPDATE pool_entry SET company_name = 'Harbor Freight Lines'"),
        ("pool.entry_says_what_may_be_said", "UPDATE pool_entry SET industry = 'Retail'"),
        ("pool.last_asked_is_the_last_ask", "UPDATE pool_entry SET last_asked_at = now()"),
        (
            "pool.no_proposal_to_who_is_in",
            "INSERT INTO pool_proposal (person_id, because) SELECT person_id, 'x:1' FROM pool_entry",
        ),
    ],
)
def test_a_planted_breach_is_noticed(
    db: Session, ana: Known, superuser: Superuser, breaches_expected: list[str], breach: str, statement: str
) -> None:
    agree(db, ana)
    db.commit()
    superuser.plant(statement)
    breaches_expected.append(breach)
    breaches_expected.extend(["challenges.audience_follows"] if "suspended_at" in statement else [])

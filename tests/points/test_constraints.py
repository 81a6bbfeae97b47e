"""What the database itself refuses, whatever the code does (trust.md L1 to L8): by SQL, past every verb."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.points import accounts
from portal.points.accounts import Accounts
from tests.points.earning import earn, hold, who

INSERT = (
    "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, hold_id, reverses, lifetime_of, cause, reason,"
    " created_by, approved_by) VALUES (:kind, :subject, :phase, :debit, :credit, :amount, :hold_id, :reverses,"
    " :lifetime_of, :cause, :reason, :created_by, :approved_by)"
)


def refused(db: Session, statement: str, **values: Any) -> str:
    """Try a statement that must fail, and give the name of the constraint, or the message of the trigger."""
    with pytest.raises(DBAPIError) as failure:
        db.execute(text(statement), values)
    db.rollback()
    diagnosis = getattr(failure.value.orig, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or failure.value.orig)


@pytest.fixture
def around(db: Session, ana: Actor, mia: Actor) -> Accounts:
    """Ana's accounts, with 100 points."""
    earn(db, ana, 100, by=mia)
    found = accounts.of(db, who(ana))
    db.rollback()
    return found


def row(around: Accounts, **changes: Any) -> dict[str, Any]:
    """A hold of 60 as it would be right, with changes that make it wrong."""
    right = {
        "kind": "redemption",
        "subject": "trial:1",
        "phase": "hold",
        "debit": around.person,
        "credit": around.redeemed,
        "amount": 60,
        "cause": "trial:1",
        "reason": "A jacket",
    }
    optional = dict.fromkeys(("hold_id", "reverses", "lifetime_of", "created_by", "approved_by"))
    return {**right, **optional, **changes}


def test_nobody_holds_more_than_they_have(db: Session, around: Accounts) -> None:
    assert refused(db, INSERT, **row(around, amount=101)) == "ck_account_covered"


def test_nobody_spends_more_than_they_have(db: Session, around: Accounts, mia: Actor) -> None:
    taken = {"kind": "adjustment", "phase": "single", "credit": around.adjustment, "created_by": mia.person_id}
    assert refused(db, INSERT, **row(around, amount=101, **taken)) == "ck_account_covered"


@pytest.mark.parametrize("amount", [0, -5, 1_000_000_001])
def test_an_amount_is_positive(db: Session, around: Accounts, amount: int) -> None:
    assert refused(db, INSERT, **row(around, amount=amount)) == "ck_transfer_amount"


def test_a_transfer_has_two_sides(db: Session, around: Accounts) -> None:
    assert refused(db, INSERT, **row(around, credit=around.person)) == "ck_transfer_two_sides"


@pytest.mark.parametrize("side", ["debit", "credit"])
def test_a_transfer_names_accounts_that_exist(db: Session, around: Accounts, side: str) -> None:
    assert refused(db, INSERT, **row(around, **{side: 987_654})) == "transfer_account"


def test_both_sides_share_a_unit(db: Session, around: Accounts) -> None:
    statement = (
        "INSERT INTO account (kind, unit, shard, may_go_negative) VALUES ('redeemed', 'eur', 0, false) RETURNING id"
    )
    other = db.execute(text(statement)).scalar_one()
    assert refused(db, INSERT, **row(around, credit=other)) == "transfer_unit"


def test_one_award_a_subject(db: Session, around: Accounts) -> None:
    again = {"kind": "award", "subject": "trial_award:1", "phase": "single", "lifetime_of": around.person}
    sides = {"debit": around.issuance, "credit": around.person}
    assert refused(db, INSERT, **row(around, **again, **sides)) == "uq_transfer_kind_subject"


def test_an_award_counts_for_the_life_of_whom_it_pays(db: Session, around: Accounts) -> None:
    award = {"kind": "award", "phase": "single", "debit": around.issuance, "credit": around.person}
    assert refused(db, INSERT, **row(around, **award)) == "ck_transfer_lifetime"
    assert refused(db, INSERT, **row(around, **award, lifetime_of=around.clawback)) == "ck_transfer_lifetime"


@pytest.mark.parametrize("change", [{"cause": ""}, {"reason": ""}, {"subject": ""}])
def test_a_transfer_says_why(db: Session, around: Accounts, change: dict[str, str]) -> None:
    assert refused(db, INSERT, **row(around, **change)) == "ck_transfer_told"


def test_a_hold_is_settled_as_it_was_held(db: Session, ana: Actor, ben: Actor, around: Accounts) -> None:
    hold_id = hold(db, ana, 60)
    other = accounts.of(db, who(ben))
    settles = {"phase": "post", "subject": f"hold:{hold_id}", "hold_id": hold_id}
    key = "fk_transfer_hold_id_hold_phase_debit_credit_amount_transfer"
    for change in ({"amount": 10}, {"credit": other.redeemed}):
        assert refused(db, INSERT, **row(around, **{**settles, **change})) == key


def test_an_award_is_no_hold_to_settle(db: Session, around: Accounts) -> None:
    award = db.execute(text("SELECT id FROM transfer")).scalar_one()
    wrong = row(around, phase="void", subject="x", hold_id=award, amount=100)
    assert refused(db, INSERT, **wrong) == "fk_transfer_hold_id_hold_phase_debit_credit_amount_transfer"


def test_a_hold_is_settled_once(db: Session, ana: Actor, around: Accounts) -> None:
    hold_id = hold(db, ana, 60)
    db.execute(text(INSERT), row(around, phase="post", subject="first", hold_id=hold_id))
    db.commit()
    again = row(around, phase="void", subject="second", hold_id=hold_id)
    assert refused(db, INSERT, **again) == "uq_transfer_hold_id"


@pytest.mark.parametrize("change", [{"phase": "post"}, {"phase": "hold", "hold_id": 1}])
def test_only_the_second_phase_settles(db: Session, around: Accounts, change: dict[str, Any]) -> None:
    assert refused(db, INSERT, **row(around, **change)) == "ck_transfer_settles"


def test_only_redemptions_have_two_phases(db: Session, around: Accounts) -> None:
    assert refused(db, INSERT, **row(around, phase="single")) == "ck_transfer_two_phases"


def test_an_award_is_reversed_once(db: Session, around: Accounts) -> None:
    award = db.execute(text("SELECT id FROM transfer")).scalar_one()
    back = {"kind": "reversal", "phase": "single", "credit": around.issuance, "lifetime_of": around.person}
    right = row(around, **back, reverses=award, subject="trial_award:1", amount=100)
    assert refused(db, INSERT, **{**right, "reverses": None}) == "ck_transfer_reversal"
    db.execute(text(INSERT), right)
    debt = {"kind": "clawback", "debit": around.clawback, "subject": "again"}
    assert refused(db, INSERT, **{**right, **debt}) == "uq_transfer_reverses"


def test_a_debt_is_not_overpaid(db: Session, around: Accounts) -> None:
    paid = row(around, kind="recovery", phase="single", credit=around.clawback, amount=1)
    assert refused(db, INSERT, **paid) == "ck_account_debt"


def test_an_adjustment_has_an_actor_and_above_the_limit_another(
    db: Session, around: Accounts, mia: Actor, max_: Actor
) -> None:
    given = {"kind": "adjustment", "phase": "single", "debit": around.adjustment, "credit": around.person}
    big = row(around, **given, amount=501, created_by=mia.person_id)
    assert refused(db, INSERT, **big) == "transfer_adjustment_limit"
    assert refused(db, INSERT, **{**big, "approved_by": mia.person_id}) == "ck_transfer_second_person"
    assert refused(db, INSERT, **{**big, "created_by": None}) == "ck_transfer_manual"
    db.execute(text(INSERT), {**big, "approved_by": max_.person_id})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount = 1",
        "UPDATE transfer SET reason = 'x'",
        "DELETE FROM transfer",
        "TRUNCATE transfer CASCADE",
    ],
)
def test_transfers_are_never_changed(db: Session, around: Accounts, statement: str) -> None:
    assert "append-only" in refused(db, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET posted = posted + 1 WHERE id = :person",
        "UPDATE account SET held = 1 WHERE id = :person",
        "UPDATE account SET lifetime = 0 WHERE id = :person",
        "UPDATE account SET person_id = NULL, kind = 'expired', shard = 1 WHERE id = :person",
        "DELETE FROM account WHERE id = :person",
    ],
)
def test_balances_change_by_transfers_alone(db: Session, around: Accounts, statement: str) -> None:
    assert "by transfers alone" in refused(db, statement, person=around.person)


def test_accounts_are_not_emptied(db: Session, around: Accounts) -> None:
    assert "by transfers alone" in refused(db, "TRUNCATE account")


def test_an_account_opens_empty_and_once(db: Session, ana: Actor, ben: Actor, around: Accounts) -> None:
    statement = (
        "INSERT INTO account (kind, person_id, may_go_negative, posted) VALUES ('person', :person, false, :posted)"
    )
    assert "by transfers alone" in refused(db, statement, person=ben.person_id, posted=5)
    assert refused(db, statement, person=ben.person_id, posted=0) == "uq_account_kind_unit_person_id_shard"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ("'person', NULL, NULL, false", "ck_account_owned"),
        ("'issuance', NULL, NULL, true", "ck_account_sharded"),
        ("'issuance', 64, NULL, true", "ck_account_shard"),
        ("'redeemed', 0, NULL, true", "ck_account_floor"),
        ("'issuance', 0, NULL, true", "uq_account_kind_unit_person_id_shard"),
    ],
)
def test_accounts_have_the_shape_of_their_kind(db: Session, columns: str, constraint: str) -> None:
    insert = f"INSERT INTO account (kind, shard, person_id, may_go_negative) VALUES ({columns})"
    assert refused(db, insert) == constraint


def test_the_accounts_that_all_would_meet_on_are_split(db: Session) -> None:
    rows = db.execute(text("SELECT kind, count(*) FROM account WHERE person_id IS NULL GROUP BY kind")).all()
    assert {tuple(found) for found in rows} == {("issuance", 64), ("redeemed", 64), ("expired", 64), ("adjustment", 1)}


def test_many_transfers_in_one_statement_move_every_balance(db: Session, around: Accounts, ben: Actor) -> None:
    other = accounts.of(db, who(ben))
    db.execute(
        text(
            "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, lifetime_of, cause, reason)"
            " SELECT 'award', 'bulk:' || n, 'single', :issuance, p, 2, p, 'bulk:1', 'Bulk'"
            " FROM generate_series(1, 500) n, unnest(CAST(:people AS bigint[])) WITH ORDINALITY people (p, place)"
            " WHERE n % 2 = place - 1"
        ),
        {"issuance": around.issuance, "people": [around.person, other.person]},
    )
    db.commit()
    sums = db.execute(
        text("SELECT posted, lifetime FROM account WHERE id IN (:one, :two) ORDER BY id"),
        {"one": around.person, "two": other.person},
    ).all()
    assert sorted(tuple(found) for found in sums) == [(500, 500), (600, 600)]

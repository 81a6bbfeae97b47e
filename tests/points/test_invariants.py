"""Each invariant of the ledger notices the breach it is about: planted past every trigger, key and check."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.invariants import check_invariants, known
from portal.points import accounts, adjustments, awards
from portal.points.accounts import Accounts
from tests.conftest import Superuser
from tests.points.earning import earn, hold, who

TRANSFER = (
    "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, hold_id, reverses, lifetime_of, cause, reason)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'planted:1', 'Planted')"
)


@pytest.fixture
def around(db: Session, ana: Actor, mia: Actor) -> Accounts:
    """Ana's accounts: 100 points, 60 of them held."""
    earn(db, ana, 100, by=mia)
    hold(db, ana, 60)
    found = accounts.of(db, who(ana))
    db.rollback()
    return found


def breached(db: Session) -> dict[str, tuple[str, ...]]:
    """The rules that are broken, with what breaks them."""
    return {breach.name: breach.examples for breach in check_invariants(db)}


def test_a_whole_ledger_breaks_nothing(db: Session, around: Accounts) -> None:
    assert breached(db) == {}


def test_points_from_nowhere_are_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    superuser.plant("UPDATE account SET posted = posted + 5 WHERE id = %s", around.person)
    breaches_expected += ["points.sum_is_zero", "points.balances_are_sums"]
    assert breached(db)["points.sum_is_zero"] == ("points: 5",)
    assert breached(db)["points.balances_are_sums"] == (f"account {around.person}",)


@pytest.mark.parametrize("column", ["held", "lifetime"])
def test_a_balance_that_is_no_sum_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str], column: str
) -> None:
    superuser.plant(f"UPDATE account SET {column} = {column} + 1 WHERE id = %s", around.person)
    breaches_expected += ["points.balances_are_sums"]
    assert set(breached(db)) == {"points.balances_are_sums"}


def test_a_transfer_that_moved_no_balance_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    award = ("award", "trial_call:9", "single", around.issuance, around.person, 5, None, None, around.person)
    superuser.plant(TRANSFER, *award)
    breaches_expected += ["points.balances_are_sums", "points.periods_are_sums"]
    assert set(breached(db)) == {"points.balances_are_sums", "points.periods_are_sums"}


def test_a_balance_below_zero_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    breaches_expected += ["points.never_below_zero", "points.balances_are_sums"]
    superuser.plant("ALTER TABLE account DROP CONSTRAINT ck_account_covered")
    try:
        superuser.plant("UPDATE account SET held = 101 WHERE id = %s", around.person)
        assert breached(db)["points.never_below_zero"] == (f"account {around.person}",)
    finally:
        db.rollback()
        superuser.plant(
            "ALTER TABLE account ADD CONSTRAINT ck_account_covered"
            " CHECK (may_go_negative OR posted - held >= 0) NOT VALID"
        )


def test_a_transfer_between_accounts_that_do_not_fit_is_noticed(
    db: Session, around: Accounts, ben: Actor, superuser: Superuser, breaches_expected: list[str]
) -> None:
    other = accounts.of(db, who(ben))
    db.rollback()
    award = ("award", "trial_call:9", "single", other.person, around.person, 5, None, None, around.person)
    superuser.plant(TRANSFER, *award)
    breaches_expected += ["points.accounts_fit", "points.balances_are_sums", "points.periods_are_sums"]
    assert len(breached(db)["points.accounts_fit"]) == 1


def test_a_transfer_to_nowhere_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    superuser.plant(TRANSFER, "award", "trial_call:9", "single", around.issuance, 987_654, 5, None, None, 987_654)
    breaches_expected += ["points.accounts_fit", "points.balances_are_sums"]
    assert "points.accounts_fit" in breached(db)


def test_a_hold_settled_in_part_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    (hold_id,) = superuser.connection.execute("SELECT id FROM transfer WHERE phase = 'hold'").fetchone() or (0,)
    superuser.plant(TRANSFER, "redemption", "hold:1", "post", around.person, around.redeemed, 10, hold_id, None, None)
    breaches_expected += ["points.holds_settle_as_held", "points.balances_are_sums"]
    assert "points.holds_settle_as_held" in breached(db)


def test_an_award_taken_back_by_more_than_it_was_is_noticed(
    db: Session, around: Accounts, mia: Actor, superuser: Superuser, breaches_expected: list[str]
) -> None:
    awards.claw_back(db, "trial_award:1", reason="Wrong", by=mia)
    db.commit()
    assert breached(db) == {}
    superuser.plant("DELETE FROM transfer WHERE kind = 'clawback'")
    breaches_expected += ["points.taken_back_whole", "points.balances_are_sums", "points.periods_are_sums"]
    assert breached(db)["points.taken_back_whole"] == ("award trial_award:1",)


@pytest.mark.parametrize("planted", ["SET points = points + 1", "SET period = period - 92"])
def test_a_quarter_that_is_no_sum_of_awards_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str], planted: str
) -> None:
    superuser.plant(f"UPDATE period_points {planted}")
    breaches_expected += ["points.periods_are_sums"]
    assert set(breached(db)) == {"points.periods_are_sums"}


def test_a_quarter_that_was_forgotten_is_noticed(
    db: Session, around: Accounts, superuser: Superuser, breaches_expected: list[str]
) -> None:
    superuser.plant("DELETE FROM period_points")
    breaches_expected += ["points.periods_are_sums"]
    assert set(breached(db)) == {"points.periods_are_sums"}


@pytest.mark.parametrize(
    "change", ["points = points + 1", "points = -points", "state = 'not_approved', note = 'No'", "reason = 'Else'"]
)
def test_a_proposal_that_is_not_what_happened_is_noticed(
    db: Session,
    ana: Actor,
    mia: Actor,
    max_: Actor,
    superuser: Superuser,
    breaches_expected: list[str],
    change: str,
) -> None:
    proposal = adjustments.enter(db, who(ana), 900, reason="A prize", by=mia, key=uuid4())
    assert proposal is not None
    adjustments.approve(db, proposal.id, by=max_)
    db.commit()
    assert breached(db) == {}
    superuser.plant(f"UPDATE adjustment_proposal SET {change}")
    breaches_expected += ["points.proposals_agree"]
    assert set(breached(db)) == {"points.proposals_agree"}


def test_every_rule_of_the_ledger_is_broken_here() -> None:
    broken = {
        "points.sum_is_zero",
        "points.never_below_zero",
        "points.balances_are_sums",
        "points.accounts_fit",
        "points.holds_settle_as_held",
        "points.taken_back_whole",
        "points.proposals_agree",
        "points.lowest_level_needs_nothing",
        "points.periods_are_sums",
    }
    assert {name for name in known() if name.startswith("points.")} == broken

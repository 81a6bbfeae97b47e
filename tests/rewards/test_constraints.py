"""What the database itself refuses about redemptions, and the breaches that the invariants notice."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.database.invariants import check_invariants, known
from portal.points import ledger
from portal.rewards import redemption
from portal.rewards.models import Redemption, Reward
from tests.conftest import Superuser

Put = Callable[..., Reward]


@pytest.fixture
def claim(db: Session, ana: Actor, reward: Put) -> Redemption:
    """A redemption under way, of a reward with two pieces."""
    made = redemption.redeem(db, reward(price=900, stock=2).id, by=ana, request_key=uuid4())
    db.commit()
    return made


def refused(db: Session, statement: str) -> str:
    """Run a statement and COMMIT; give the name of the constraint that stopped it, or the trigger's message."""

    def write() -> None:
        db.execute(text(statement))
        db.commit()

    with pytest.raises(DBAPIError) as failure:
        write()
    db.rollback()
    diagnosis = getattr(failure.value.orig, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or failure.value.orig)


@pytest.mark.parametrize("state", ["fulfilled", "failed", "cancelled"])
def test_a_redemption_does_not_end_while_its_hold_is_open(db: Session, claim: Redemption, state: str) -> None:
    statement = f"UPDATE redemption SET state = '{state}', decided_at = now(), note = 'x'"
    assert refused(db, statement) == "fk_redemption_hold_id_settled_phase_transfer"


def test_a_failed_redemption_is_not_posted(db: Session, claim: Redemption, mia: Actor) -> None:
    redemption.fail(db, claim.id, by=mia, note="Gone.")
    db.commit()
    assert refused(db, "UPDATE redemption SET state = 'fulfilled'") == "fk_redemption_hold_id_settled_phase_transfer"


@pytest.mark.parametrize("settle", [ledger.post, ledger.void])
def test_a_hold_is_not_settled_behind_its_redemption(
    db: Session, claim: Redemption, mia: Actor, settle: Callable[..., None]
) -> None:
    settle(db, claim.hold_id, reason="Alone", by=mia)
    with pytest.raises(DBAPIError, match="the redemption is not"):
        db.commit()
    db.rollback()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("decided_at = now()", "ck_redemption_decided"),
        ("state = 'fulfilled', note = 'x'", "ck_redemption_decided"),
        ("state = 'failed', decided_at = now()", "ck_redemption_told"),
        ("state = 'refunded', decided_at = now(), note = 'x'", "ck_redemption_refunded"),
        ("refund_id = hold_id", "ck_redemption_refunded"),
        ("state = 'lost'", "ck_redemption_state"),
        ("state = 'failed', decided_at = now(), note = 'x', decided_by = person_id", "ck_redemption_other_hands"),
    ],
)
def test_each_state_has_its_columns(db: Session, claim: Redemption, change: str, constraint: str) -> None:
    assert refused(db, f"UPDATE redemption SET {change}") == constraint


@pytest.mark.parametrize(
    "change",
    ["price = 1", "name = 'x'", "delivery = 'x'", "took_stock = false", "hold_id = hold_id + 1", "per_person = 3"],
)
def test_what_was_redeemed_stays_as_it_was(db: Session, claim: Redemption, change: str) -> None:
    assert "stays as it was" in refused(db, f"UPDATE redemption SET {change}")


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM redemption", "UPDATE redemption_event SET note = 'x'", "DELETE FROM redemption_event"],
)
def test_history_is_kept(db: Session, claim: Redemption, statement: str) -> None:
    assert "append-only" in refused(db, statement)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("stock = -1", "ck_reward_stock"),
        ("stock = NULL", "ck_reward_supplied"),
        ("stock = 3", "ck_reward_supplied"),
        ("price = 0", "ck_reward_price"),
        ("name = ''", "ck_reward_words"),
        ("per_person = 0", "ck_reward_limits"),
        ("per_person = 101", "ck_reward_limits"),
        ("per_year = 0", "ck_reward_limits"),
        ("per_person = 1, per_year = 2", "ck_reward_limits"),
        ("level_id = -1", "fk_reward_level_id_level"),
    ],
)
def test_a_reward_keeps_its_shape(db: Session, claim: Redemption, change: str, constraint: str) -> None:
    assert refused(db, f"UPDATE reward SET {change}") == constraint


def broken(db: Session) -> set[str]:
    """The rules of rewards that do not hold."""
    return {breach.name for breach in check_invariants(db) if breach.name.startswith("rewards.")}


BREACHES = {
    "rewards.hold_agrees": "UPDATE redemption SET state = 'cancelled', decided_at = now()",
    "rewards.hold_is_the_price": "UPDATE redemption SET price = 1",
    "rewards.refund_agrees": "UPDATE redemption SET state = 'refunded', decided_at = now(), note = 'x', refund_id = -1",
    "rewards.stock_is_counted": "UPDATE reward SET stock = 0",
    "rewards.codes_are_stock": "UPDATE reward SET fulfilment = 'code'",
    "rewards.codes_are_given_once": (
        "UPDATE redemption SET way = 'code', state = 'fulfilled', decided_at = now(), note = 'x'"
    ),
    "rewards.codes_are_shown_to_their_own": (
        "WITH c AS (INSERT INTO reward_code (reward_id, key_id, sealed, mark) SELECT id, 'k', 'x', 'x' FROM reward"
        " RETURNING id) INSERT INTO code_showing (code_id, person_id) SELECT c.id, r.person_id FROM c, redemption r"
    ),
    "rewards.within_limits": "UPDATE redemption SET per_person = 0",
    "rewards.history_agrees": "UPDATE redemption SET state = 'dispatching'",
}


@pytest.mark.parametrize("rule", sorted(BREACHES))
def test_a_planted_breach_is_noticed(
    db: Session, claim: Redemption, superuser: Superuser, breaches_expected: list[str], rule: str
) -> None:
    assert broken(db) == set()
    db.rollback()
    superuser.plant(BREACHES[rule])
    found = broken(db)
    breaches_expected += found
    assert rule in found


def test_a_hold_without_its_redemption_is_noticed(
    db: Session, claim: Redemption, superuser: Superuser, breaches_expected: list[str]
) -> None:
    superuser.plant("DELETE FROM redemption")
    found = broken(db)
    breaches_expected += found
    assert "rewards.hold_is_the_price" in found


def test_every_rule_of_rewards_is_broken_here() -> None:
    assert {name for name in known() if name.startswith("rewards.")} == set(BREACHES)

"""Many hands on the same points and the same stock: nobody spends what is not there."""

from __future__ import annotations

from uuid import uuid4

import pytest

from portal.database.refusal import LimitReached
from portal.points import adjustments, awards, ledger
from portal.rewards import codes, redemption
from portal.rewards.catalogue import Rules

from .arena import WIDE, Arena
from .cast import SECRETS, advocate, coded, crowd_of, earn, order, points_of, reward, somebody, who

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]


@pytest.mark.parametrize(("points", "price"), [(700, 100), (99, 100), (1, 1)])
def test_the_last_points_are_spent_once(arena: Arena, points: int, price: int) -> None:
    ana, wanted = advocate(arena, points), reward(arena, price)
    ended = arena.at_once([lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id] * WIDE)
    ended.fair(points // price)
    assert points_of(arena, ana).available == points % price
    assert points_of(arena, ana).held == points // price * price


@pytest.mark.parametrize("rules", [Rules(per_person=3), Rules(per_year=3), Rules(per_person=9, per_year=3)])
def test_nobody_has_a_reward_more_often_than_it_allows(arena: Arena, rules: Rules) -> None:
    ana, ben = advocate(arena, 10_000), advocate(arena, 10_000)
    wanted, other = reward(arena, 100, rules=rules), reward(arena, 100)
    works = [
        lambda s, a=actor, w=which: redemption.redeem(s, w, by=a, request_key=uuid4()).id
        for actor, which in ((ana, wanted), (ben, wanted), (ana, other), (ana, wanted))
    ]
    arena.at_once(works * (WIDE // 4)).fair(3 + 3 + WIDE // 4)
    assert points_of(arena, ana).held == 100 * (3 + WIDE // 4)


def test_below_the_level_nothing_is_had(arena: Arena) -> None:
    ana, mia = advocate(arena), somebody(arena, "manager")
    level = arena.one("SELECT public_id FROM level WHERE name = 'Gold'")
    needed = arena.one("SELECT threshold FROM level WHERE name = 'Gold'")
    subject = earn(arena, ana, 100)
    earn(arena, ana, needed - 50)
    wanted = reward(arena, 1, rules=Rules(level=level))
    works = [lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).hold_id] * (WIDE - 1)
    works.append(lambda s: len(awards.claw_back(s, subject, reason="Not theirs", by=mia)))
    ended = arena.at_once(works)
    assert not ended.errors
    taken_back = arena.one("SELECT min(id) FROM transfer WHERE kind = 'reversal'")
    assert arena.one("SELECT coalesce(max(hold_id), 0) FROM redemption") < taken_back
    with pytest.raises(LimitReached, match="Gold on: 50 points to go"):
        arena.do(lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id)


def test_codes_run_out_and_each_goes_to_one(arena: Arena) -> None:
    wanted, crowd = coded(arena, 100, 5), crowd_of(arena, WIDE, 100)
    works = [lambda s, a=actor: (a, redemption.redeem(s, wanted, by=a, request_key=uuid4()).id) for actor in crowd]
    ended = arena.at_once(works)
    ended.fair(5)
    shows = [lambda s, a=a, n=n: codes.show(s, n, secrets=SECRETS, by=a) for a, n in ended.values]
    shows += [lambda s, a=a, n=n: redemption.cancel(s, n, by=a).state for a, n in ended.values]
    opened = arena.at_once(shows * 6)
    assert not opened.errors
    codes_shown = [value for value in opened.values if str(value).startswith("CODE-")]
    assert len(set(codes_shown)) == len(codes_shown)
    back = arena.one("SELECT count(*) FROM redemption WHERE state = 'cancelled'")
    assert (len(codes_shown), arena.one("SELECT stock FROM reward")) == (5 - back, back)


@pytest.mark.parametrize("stock", [1, 5])
def test_the_last_in_stock_goes_to_as_many_as_there_are(arena: Arena, stock: int) -> None:
    wanted = reward(arena, 100, stock)
    crowd = crowd_of(arena, WIDE, 100)
    works = [lambda s, a=actor: redemption.redeem(s, wanted, by=a, request_key=uuid4()).id for actor in crowd]
    arena.at_once(works).fair(stock)
    assert arena.one("SELECT stock FROM reward") == 0
    assert arena.one("SELECT count(*) FROM redemption") == stock


def test_a_hold_and_a_spending_do_not_meet(arena: Arena) -> None:
    points, price, taken = 1000, 150, 90
    ana, mia, wanted = advocate(arena, points), somebody(arena, "manager"), reward(arena, price)
    redeem = lambda s: ("held", redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id)  # noqa: E731
    adjust = lambda s: ("taken", ledger.adjust(s, who(ana), -taken, reason="Wrong entry", by=mia).amount)  # noqa: E731
    ended = arena.at_once([redeem, adjust] * (WIDE // 2))
    held, taken_away = (sum(1 for kind, _ in ended.values if kind == word) for word in ("held", "taken"))
    left = points - held * price - taken_away * taken
    ended.fair(held + taken_away)
    assert 0 <= left < taken, "somebody was refused although there were points"
    assert points_of(arena, ana).available == left


def test_redeeming_against_claw_back_never_spends_twice(arena: Arena) -> None:
    ana, mia, wanted = advocate(arena), somebody(arena, "manager"), reward(arena, 100)
    subjects = [earn(arena, ana, 50) for _ in range(WIDE // 2)]
    works = [
        work
        for subject in subjects
        for work in (
            lambda s: redemption.redeem(s, wanted, by=ana, request_key=uuid4()).id,
            lambda s, x=subject: len(awards.claw_back(s, x, reason="Not theirs", by=mia)),
        )
    ]
    ended = arena.at_once(works)
    assert not ended.errors
    assert set(ended.statuses()) <= {409}
    after = points_of(arena, ana)
    assert (after.available, after.lifetime, after.owed) == (0, 0, after.held)


def test_one_claw_back_of_many(arena: Arena) -> None:
    ana, mia = advocate(arena, 500), somebody(arena, "manager")
    subject = earn(arena, ana, 80)
    arena.at_once([lambda s: len(awards.claw_back(s, subject, reason="Twice", by=mia))] * WIDE).fair(WIDE)
    assert points_of(arena, ana).available == points_of(arena, ana).lifetime == 500


def test_one_award_of_many(arena: Arena) -> None:
    ana, mia = advocate(arena), somebody(arena, "manager")
    grant = {"subject": "trial:1", "cause": "trial:1", "reason": "Won", "by": mia}
    arena.at_once([lambda s: awards.grant(s, who(ana), 70, **grant).amount] * WIDE).fair(WIDE)  # type: ignore[union-attr]
    assert points_of(arena, ana).available == 70


def test_one_adjustment_of_one_form(arena: Arena) -> None:
    ana, mia, key = advocate(arena), somebody(arena, "manager"), uuid4()
    arena.at_once([lambda s: ledger.adjust(s, who(ana), 30, reason="Thanks", by=mia, key=key).amount] * WIDE).fair(WIDE)
    assert points_of(arena, ana).available == 30


def test_one_order_of_one_form(arena: Arena) -> None:
    ana, wanted, key = advocate(arena, 1000), reward(arena, 100, 50), uuid4()
    ended = arena.at_once([lambda s: redemption.redeem(s, wanted, by=ana, request_key=key).id] * WIDE)
    ended.fair(WIDE)
    assert len(set(ended.values)) == 1
    assert points_of(arena, ana).available == 900
    assert arena.one("SELECT stock FROM reward") == 49


def test_fulfilled_failed_or_cancelled_but_one_of_them(arena: Arena) -> None:
    ana, wanted = advocate(arena, 300), reward(arena, 100, 3)
    mia, max_ = somebody(arena, "manager"), somebody(arena, "manager")
    number, _other = order(arena, ana, wanted), order(arena, ana, wanted)
    works = [
        lambda s: redemption.fulfil(s, number, by=mia, note="Sent by post").state,
        lambda s: redemption.cancel(s, number, by=ana).state,
        lambda s: redemption.fail(s, number, by=max_, note="Lost").state,
        lambda s: redemption.dispatch(s, number, by=max_).state,
    ]
    ended = arena.at_once(works * (WIDE // 4))
    assert not ended.errors
    assert set(ended.statuses()) <= {409}
    final = arena.one("SELECT state FROM redemption WHERE id = %(id)s", id=number)
    assert final in {"fulfilled", "failed", "cancelled"}
    assert {state for state in ended.values if state != "dispatching"} == {final}
    assert points_of(arena, ana).available == (100 if final == "fulfilled" else 200)
    assert arena.one("SELECT stock FROM reward") == (1 if final == "fulfilled" else 2)


def test_one_refund_of_many(arena: Arena) -> None:
    ana, mia, wanted = advocate(arena, 100), somebody(arena, "manager"), reward(arena, 100)
    number = order(arena, ana, wanted)
    arena.do(lambda s: redemption.fulfil(s, number, by=mia, note="Sent").id)
    ended = arena.at_once([lambda s: redemption.refund(s, number, by=mia, reason="It broke").state] * WIDE)
    ended.fair(WIDE)
    assert points_of(arena, ana).available == 100
    assert arena.one("SELECT count(*) FROM transfer WHERE kind = 'refund'") == 1


def test_restocking_does_not_undo_a_redemption(arena: Arena) -> None:
    wanted, crowd = reward(arena, 10, 40), crowd_of(arena, WIDE // 2, 10)
    numbers = [order(arena, actor, wanted) for actor in crowd[:16]]
    late, mia = crowd[16:], somebody(arena, "manager")
    works = [lambda s, n=number: redemption.cancel(s, n, by=mia).id for number in numbers]
    works += [lambda s, a=actor: redemption.redeem(s, wanted, by=a, request_key=uuid4()).id for actor in late]
    works += [lambda s, n=number: redemption.fail(s, n, by=mia, note="None left").id for number in numbers]
    ended = arena.at_once(works)
    assert not ended.errors
    assert arena.one("SELECT stock FROM reward") == 40 - arena.one(
        "SELECT count(*) FROM redemption WHERE state NOT IN ('failed', 'cancelled')"
    )


def test_a_proposal_is_decided_once_by_many_approvers(arena: Arena) -> None:
    ana, mia = advocate(arena), somebody(arena, "manager")
    others = [somebody(arena, "manager") for _ in range(8)]
    number = arena.do(lambda s: adjustments.enter(s, who(ana), 900, reason="A prize", by=mia, key=uuid4()).id)  # type: ignore[union-attr]
    works = [lambda s, b=b: adjustments.approve(s, number, by=b).decided_by for b in others]
    works += [lambda s, b=b: adjustments.decline(s, number, by=b, note="No").decided_by for b in others[:4]]
    works.append(lambda s: adjustments.withdraw(s, number, by=mia).decided_by)
    ended = arena.at_once(works * 4)
    assert not ended.errors
    assert set(ended.statuses()) == {409}
    (winner,) = set(ended.values)
    state, decided_by = arena.superuser.connection.execute(
        "SELECT state, decided_by FROM adjustment_proposal"
    ).fetchone()  # type: ignore[misc]
    assert decided_by == winner
    assert points_of(arena, ana).available == (900 if state == "approved" else 0)


def test_one_proposal_of_one_form(arena: Arena) -> None:
    ana, mia, key = advocate(arena), somebody(arena, "manager"), uuid4()
    enter = lambda s: adjustments.enter(s, who(ana), 900, reason="A prize", by=mia, key=key).id  # type: ignore[union-attr] # noqa: E731
    ended = arena.at_once([enter] * WIDE)
    ended.fair(WIDE)
    assert len(set(ended.values)) == 1

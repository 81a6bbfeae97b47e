"""Rewards of codes: kept encrypted, given to one, shown once, and nowhere else to be read."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor, AuditEntry
from portal.database import backup
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.people import people
from portal.points import balance
from portal.rewards import approval, catalogue, codes, redemption, sealing
from portal.rewards.catalogue import Rules
from portal.rewards.models import CodeShowing, Redemption, Reward, RewardCode
from portal.rewards.sealing import UnopenedError
from portal.rewards.states import State
from portal.web.app import Portal
from tests.browsing import Browser

Put = Callable[..., Reward]
OLD, NEW = "the-former-secret-0123456789-abcdefghijk", "the-present-secret-0123456789-abcdefghij"
LISTED = "SECRET-CODE-1\n\nSECRET-CODE-2\n  SECRET-CODE-3  "


@pytest.fixture
def keys(app: Portal) -> list[str]:
    """The secrets of the installation."""
    found: list[str] = app.config["PORTAL"].signing_keys
    return found


@pytest.fixture
def coffee(db: Session, mia: Actor, keys: list[str]) -> Reward:
    """A reward of three codes."""
    about = {"description": "Ten good coffees.", "art": "coffee", "delivery": "Show it at the till."}
    made = catalogue.create(db, "Coffee", by=mia, price=300, fulfilment="code", **about)  # type: ignore[arg-type]
    catalogue.publish(db, made.id, by=mia)
    codes.add(db, made.id, LISTED, secrets=keys, by=mia)
    db.commit()
    return made


def redeemed(db: Session, reward: Reward, by: Actor) -> Redemption:
    """Redeem through the verb and commit."""
    claim = redemption.redeem(db, reward.id, by=by, request_key=uuid4())
    db.commit()
    return claim


def opened(db: Session, claim: Redemption, by: Actor, keys: list[str]) -> str:
    """Open one's code and commit."""
    code = codes.show(db, claim.id, secrets=keys, by=by)
    db.commit()
    return code


def left(db: Session) -> tuple[int | None, int | None]:
    """Stock and what was put in."""
    db.rollback()
    return tuple(db.execute(text("SELECT stock, supplied FROM reward WHERE name = 'Coffee'")).one())  # type: ignore[return-value]


def test_a_code_is_theirs_when_they_open_it(db: Session, ana: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    assert left(db) == (2, 3)
    assert balance.of(db, claim.person_id).held == 300
    assert opened(db, claim, ana, keys) == "SECRET-CODE-1"
    own = balance.of(db, claim.person_id)
    assert (own.available, own.held, left(db)) == (940, 0, (2, 3))
    again = db.get_one(Redemption, claim.id)
    assert (again.state, again.decided_by) == (State.FULFILLED, None)


def test_it_is_shown_once_and_each_showing_is_kept(db: Session, ana: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    opened(db, claim, ana, keys)
    with pytest.raises(Conflict, match="shown once"):
        codes.show(db, claim.id, secrets=keys, by=ana)
    db.rollback()
    assert list(db.scalars(select(CodeShowing.person_id))) == [ana.person_id]
    assert db.scalar(select(AuditEntry.actor_id).where(AuditEntry.action == "reward_code.show")) == ana.person_id
    code = db.scalars(select(RewardCode).where(RewardCode.redemption_id == claim.id)).one()
    db.add(CodeShowing(code_id=code.id, person_id=claim.person_id))
    with pytest.raises(DBAPIError, match="ck_reward_code_showings"):
        db.flush()
    db.rollback()


def test_a_manager_lets_them_see_it_again(db: Session, ana: Actor, mia: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    first = opened(db, claim, ana, keys)
    with pytest.raises(Invalid, match="Please say why"):
        codes.show_again(db, claim.id, by=mia, reason=" ")
    for _twice in range(2):
        codes.show_again(db, claim.id, by=mia, reason="Your browser crashed.")
        db.commit()
    assert opened(db, claim, ana, keys) == first
    with pytest.raises(Conflict, match="shown once"):
        codes.show(db, claim.id, secrets=keys, by=ana)
    db.rollback()
    assert db.scalars(select(CodeShowing.id)).all().__len__() == 2
    people.grant_role(db, claim.person_id, "manager", by=SYSTEM)
    both = Actor(ana.person_id, frozenset({"advocate", "manager"}))
    for by in (both, ana):
        with pytest.raises(NotAllowed):
            codes.show_again(db, claim.id, by=by, reason="Mine")


def test_it_is_nobody_elses(db: Session, ana: Actor, ben: Actor, mia: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    for by in (ben, mia, SYSTEM):
        with pytest.raises(NotFound):
            codes.show(db, claim.id, secrets=keys, by=by)
        db.rollback()
    assert opened(db, redeemed(db, coffee, ben), ben, keys) != opened(db, claim, ana, keys)


def test_when_the_codes_run_out_it_is_gone(
    db: Session, ana: Actor, mia: Actor, coffee: Reward, keys: list[str]
) -> None:
    claims = [redeemed(db, coffee, ana) for _each in range(3)]
    with pytest.raises(LimitReached, match="Gone for now"):
        redemption.redeem(db, coffee.id, by=ana, request_key=uuid4())
    db.rollback()
    redemption.cancel(db, claims[0].id, by=ana)
    redemption.fail(db, claims[1].id, by=mia, note="The shop has closed.")
    db.commit()
    assert left(db) == (2, 3)
    codes.add(db, coffee.id, "SECRET-CODE-4", secrets=keys, by=mia)
    db.commit()
    assert left(db) == (3, 4)
    assert {opened(db, redeemed(db, coffee, ana), ana, keys) for _each in range(2)} == {
        "SECRET-CODE-1",
        "SECRET-CODE-2",
    }


def test_with_an_approval_it_opens_afterwards(
    db: Session, ana: Actor, mia: Actor, coffee: Reward, keys: list[str]
) -> None:
    db.execute(text("UPDATE reward SET needs_approval = true"))
    db.commit()
    claim = redeemed(db, coffee, ana)
    with pytest.raises(Conflict, match="waits for an approval"):
        codes.show(db, claim.id, secrets=keys, by=ana)
    db.rollback()
    approval.approve(db, claim.id, by=mia)
    db.commit()
    assert opened(db, claim, ana, keys) == "SECRET-CODE-1"
    refused = redeemed(db, coffee, ana)
    approval.decline(db, refused.id, by=mia, reason="One is enough.")
    db.commit()
    assert left(db) == (2, 3)


def test_nobody_sends_a_code_by_hand(db: Session, ana: Actor, mia: Actor, coffee: Reward) -> None:
    claim = redeemed(db, coffee, ana)
    for verb in (
        lambda: redemption.dispatch(db, claim.id, by=mia),
        lambda: redemption.fulfil(db, claim.id, by=mia, note="Here: ABC"),
    ):
        with pytest.raises(Conflict, match="opens the code themselves"):
            verb()
        db.rollback()


def test_after_a_refund_it_is_not_shown(db: Session, ana: Actor, mia: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    opened(db, claim, ana, keys)
    codes.show_again(db, claim.id, by=mia, reason="Lost.")
    redemption.refund(db, claim.id, by=mia, reason="It did not work.")
    db.commit()
    with pytest.raises(Conflict, match="moved on"):
        codes.show(db, claim.id, secrets=keys, by=ana)
    db.rollback()
    assert left(db) == (2, 3), "the code is used up"


def test_what_is_in_a_list_twice_or_known_is_told_by_its_line(
    db: Session, mia: Actor, coffee: Reward, reward: Put, keys: list[str]
) -> None:
    added = codes.add(db, coffee.id, "A-1\nA-2\nA-1\nSECRET-CODE-2\n\nA-1", secrets=keys, by=mia)
    assert (added.new, added.twice, added.known) == (2, (3, 6), (4,))
    db.commit()
    assert left(db) == (5, 5)
    about = {"description": "Tea.", "art": "mug", "delivery": "By code."}
    tea = catalogue.create(db, "Tea", by=mia, price=1, fulfilment="code", **about)  # type: ignore[arg-type]
    assert codes.add(db, tea.id, "A-1", secrets=keys, by=mia).known == (1,), "a code is of one reward"
    with pytest.raises(Conflict, match="not delivered by a code"):
        codes.add(db, reward().id, "A-9", secrets=keys, by=mia)


@pytest.mark.parametrize("listed", ["", " \n ", "x" * 201, "A\u202eB", "\n".join(str(n) for n in range(10_001))])
def test_lists_that_cannot_be(db: Session, mia: Actor, coffee: Reward, keys: list[str], listed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        codes.add(db, coffee.id, listed, secrets=keys, by=mia)
    assert refusal.value.field == "codes"
    assert "A\u202eB" not in str(refusal.value)


def test_only_managers_add_codes(db: Session, ana: Actor, coffee: Reward, keys: list[str]) -> None:
    with pytest.raises(NotAllowed):
        codes.add(db, coffee.id, "A-1", secrets=keys, by=ana)


def test_the_stock_of_codes_is_not_set_by_hand(db: Session, mia: Actor, coffee: Reward) -> None:
    words = {name: getattr(coffee, name) for name in ("name", "description", "art", "delivery", "price")}
    catalogue.change(db, coffee.id, by=mia, stock=99, seen_stock=3, **words)
    db.commit()
    assert left(db) == (3, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE reward_code SET redemption_id = (SELECT min(id) FROM redemption), given_at = now()", "uq_reward_code"),
        ("UPDATE reward_code SET redemption_id = NULL, given_at = NULL", "stays with the redemption"),
        ("UPDATE reward_code SET reward_id = reward_id + 1", "stays with the redemption"),
        ("DELETE FROM reward_code", "append-only"),
        ("UPDATE code_showing SET at = now()", "append-only"),
        ("UPDATE reward SET fulfilment = 'manual'", "fk_re"),
        ("UPDATE reward SET fulfilment = 'post'", "ck_reward_fulfilment"),
        ("UPDATE reward SET stock = NULL, supplied = NULL", "ck_reward_codes"),
        ("UPDATE redemption SET way = 'manual'", "stays as it was"),
        ("UPDATE reward_code SET redemption_id = id + 1000, given_at = now() WHERE redemption_id IS NULL", "fk_reward"),
    ],
)
def test_the_database_holds_it_too(
    *, db: Session, ana: Actor, coffee: Reward, keys: list[str], change: str, said: str
) -> None:
    opened(db, redeemed(db, coffee, ana), ana, keys)
    redeemed(db, coffee, ana)
    db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    with pytest.raises(DBAPIError, match=said):
        db.execute(text(change))
    db.rollback()


def test_a_seal_opens_under_its_key_in_its_row_and_as_it_was_made() -> None:
    row = uuid4()
    made = sealing.seal("ABC-123", row, OLD)
    assert sealing.unseal(made, row, [NEW, OLD]) == "ABC-123"
    assert sealing.seal("ABC-123", row, OLD).sealed != made.sealed
    assert sealing.mark("ABC-123", OLD) == made.mark != sealing.mark("ABC-123", NEW)
    changed = sealing.Sealed(made.key_id, bytes([made.sealed[0] ^ 1]) + made.sealed[1:], made.mark)
    for stored, where, secrets in ((made, uuid4(), [OLD]), (made, row, [NEW]), (changed, row, [OLD])):
        with pytest.raises(UnopenedError):
            sealing.unseal(stored, where, secrets)


def test_a_changed_key(db: Session, ana: Actor, mia: Actor, coffee: Reward, keys: list[str]) -> None:
    claim = redeemed(db, coffee, ana)
    with pytest.raises(Conflict, match="cannot be read"):
        codes.show(db, claim.id, secrets=[NEW], by=ana)
    db.rollback()
    assert balance.of(db, claim.person_id).held == 300, "nothing was taken"
    assert codes.add(db, coffee.id, "SECRET-CODE-2", secrets=[NEW, *keys], by=mia).known == (1,)
    db.rollback()
    assert codes.reseal(db, [NEW]) == (0, 3)
    assert codes.reseal(db, [NEW, *keys]) == (3, 0)
    assert codes.reseal(db, [NEW, *keys]) == (0, 0)
    db.commit()
    assert opened(db, claim, ana, [NEW]) == "SECRET-CODE-1"


def test_no_code_is_to_be_read_anywhere(
    *,
    app: Portal,
    db: Session,
    ana: Actor,
    mia: Actor,
    coffee: Reward,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk, browser = Browser(app, db, mia), Browser(app, db, ana)
    with caplog.at_level(logging.DEBUG):
        path = f"/admin/rewards/{coffee.public_id}/codes"
        desk.post(path, path, codes="SECRET-CODE-5\nSECRET-CODE-5\nSECRET-CODE-1")
        claim = redeemed(db, coffee, ana)
        answer = browser.post(f"/redemptions/{claim.public_id}/code", f"/redemptions/{claim.public_id}")
    assert answer.status_code == 200
    assert "SECRET-CODE-1" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert "SECRET-CODE" not in caplog.text
    pages = [desk.get(page).text for page in (path, f"/admin/redemptions/{claim.public_id}", "/admin/rewards")]
    pages += [browser.get(page).text for page in (f"/redemptions/{claim.public_id}", "/messages", "/points")]
    assert "SECRET-CODE" not in "".join(pages)
    archive = tmp_path / "whole.portal"
    backup.make(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path / "instance", archive)
    with zipfile.ZipFile(archive) as bundle:
        rows = {name: bundle.read(name) for name in bundle.namelist()}
    assert rows["tables/reward_code"].count(b"\n") == 4
    secret = b"SECRET-CODE"
    assert [name for name, held in rows.items() if secret in held or secret.hex().encode() in held] == []


def test_the_advocate_opens_theirs_by_one_button(app: Portal, db: Session, ana: Actor, coffee: Reward) -> None:
    claim = redeemed(db, coffee, ana)
    browser, path = Browser(app, db, ana), f"/redemptions/{claim.public_id}"
    for words in ("Your code is ready to be opened", "Show my code", "Cancel this order"):
        assert words in browser.get(path).text
    assert "SECRET-CODE-1" in browser.post(f"{path}/code", path).text
    second = browser.post(f"{path}/code", path)
    assert second.status_code == 409
    assert "shown once" in second.text
    page = browser.get(path).text
    assert "Show my code" not in page
    assert "You opened your code in the portal." in page


def test_the_desk_adds_codes_by_list_and_file(app: Portal, db: Session, mia: Actor, coffee: Reward) -> None:
    desk, path = Browser(app, db, mia), f"/admin/rewards/{coffee.public_id}/codes"
    answer = desk.post(path, path, codes="P-1\nP-1", file=(io.BytesIO(b"\xef\xbb\xbfF-1\r\nP-1\r\n"), "codes.txt"))
    assert answer.status_code == 303
    page = desk.get(path).text
    assert "2 codes were added." in page
    assert "taken once: lines 2, 4." in page
    assert left(db) == (5, 5)
    for wrong in ({"codes": ""}, {"file": (io.BytesIO(b"\xff\xfe\x00"), "codes.txt")}, {"file": "x"}):
        answer = desk.post(path, path, **wrong)
        assert answer.status_code == 422, wrong
    assert desk.get(f"/admin/rewards/{coffee.public_id}").text.count("5 codes are left") == 1


def test_codes_are_for_rewards_of_codes(app: Portal, db: Session, mia: Actor, reward: Put) -> None:
    desk, path = Browser(app, db, mia), f"/admin/rewards/{reward().public_id}/codes"
    assert desk.get(path).status_code == 404
    assert desk.post(path, "/admin/rewards", codes="A-1").status_code == 404


def test_the_desk_has_nothing_to_send(app: Portal, db: Session, ana: Actor, mia: Actor, coffee: Reward) -> None:
    claim = redeemed(db, coffee, ana)
    desk, path = Browser(app, db, mia), f"/admin/redemptions/{claim.public_id}"
    assert "All sent" in desk.get("/admin/redemptions").text
    page = desk.get(path).text
    assert "Could not be delivered" in page
    assert "/fulfil" not in page
    assert desk.post(f"{path}/code", path, note="Too early.").status_code == 409
    Browser(app, db, ana).post(f"/redemptions/{claim.public_id}/code", f"/redemptions/{claim.public_id}")
    assert "Let them see the code again" in desk.get(path).text
    assert desk.post(f"{path}/code", path, note="Your browser crashed.").status_code == 303
    assert "once more" in Browser(app, db, ana).get("/messages").text


def test_the_editor_makes_a_reward_of_codes(app: Portal, db: Session, mia: Actor) -> None:
    desk = Browser(app, db, mia)
    right = {"name": "Coffee", "description": "Ten.", "art": "coffee", "price": "10", "delivery": "A code."}
    made = desk.post("/admin/rewards/new", "/admin/rewards/new", **right, stock="7", fulfilment="code", seen_stock="")
    assert made.status_code == 303
    assert left(db) == (0, 0)
    page = desk.get(made.location).text
    assert f'href="{made.location}/codes"' in page
    assert 'name="stock"' not in page
    wrong = desk.post("/admin/rewards/new", "/admin/rewards/new", **right, fulfilment="post", seen_stock="")
    assert wrong.status_code == 422


def test_limits_hold_for_codes_too(db: Session, ana: Actor, mia: Actor, coffee: Reward) -> None:
    words = {name: getattr(coffee, name) for name in ("name", "description", "art", "delivery", "price")}
    catalogue.change(db, coffee.id, by=mia, stock=3, rules=Rules(per_person=1), **words)
    db.commit()
    redeemed(db, coffee, ana)
    with pytest.raises(LimitReached, match="as often"):
        redemption.redeem(db, coffee.id, by=ana, request_key=uuid4())

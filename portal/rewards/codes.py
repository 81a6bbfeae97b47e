"""The verbs on codes: put a list in, open one's own, let somebody see theirs again, seal all anew.

A code is given when it is opened: the points are spent at that moment, and until then the redemption can be cancelled.
The stock of the reward holds one back for each redemption that is under way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import SYSTEM, Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, NotFound, explain
from portal.people.states import MANAGERS
from portal.points import ledger
from portal.rewards import approval, moving, sealing
from portal.rewards.catalogue import lock_reward
from portal.rewards.models import LARGEST_STOCK, CodeShowing, Redemption, Reward, RewardCode
from portal.rewards.sealing import Sealed, UnopenedError
from portal.rewards.states import State, Way

LONGEST_CODE: Final = 200
LARGEST_LIST: Final = 10_000
_SHOWN: Final = _l("This code was shown already, and it is shown once. Ask the program team if you have lost it.")
_UNREADABLE: Final = _l(
    "This code cannot be read at the moment. Nothing was taken; please tell the program team, who can look into it."
)

explain("ck_reward_code_showings", _SHOWN)
explain("reward_code_stays", _l("Somebody else has this code. Try again."))


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a list: how many codes are new, and the lines of those that were in it twice or known before."""

    new: int
    twice: tuple[int, ...] = ()
    known: tuple[int, ...] = ()


def add(session: Session, reward_id: int, listed: str, *, secrets: Sequence[str], by: Actor) -> Added:
    """Put codes in, one a line; each that is new adds one to the stock.

    Refuses `NotAllowed` for all but managers, `Conflict` for a reward without codes, `Invalid` lists.
    """
    by.require(*MANAGERS)
    lines = _lines(listed)
    reward = lock_reward(session, reward_id)
    if reward.fulfilment != Way.CODE:
        raise Conflict(_l("This reward is not delivered by a code."))
    marks = [sealing.mark(code, secret) for code in lines.values() for secret in secrets]
    before = set(session.scalars(select(RewardCode.mark).where(RewardCode.mark.in_(marks))))
    fresh: dict[str, int] = {}
    twice, known = [], []
    for number, code in lines.items():
        if code in fresh:
            twice.append(number)
        elif any(sealing.mark(code, secret) in before for secret in secrets):
            known.append(number)
        else:
            fresh[code] = number
    if (reward.stock or 0) + len(fresh) > LARGEST_STOCK:
        raise Invalid(_l("A stock is a whole number from 0 to 1,000,000."), field="codes")
    if fresh:
        session.execute(insert(RewardCode), [_row(reward_id, code, secrets[0], by) for code in fresh])
        more = {"stock": Reward.stock + len(fresh), "supplied": Reward.supplied + len(fresh)}
        session.execute(update(Reward).where(Reward.id == reward_id).values(more))
        audit.record(session, "reward.codes_added", f"reward:{reward_id}", by=by, codes=len(fresh))
    return Added(len(fresh), tuple(twice), tuple(known))


def show(session: Session, redemption_id: int, *, secrets: Sequence[str], by: Actor) -> str:
    """Open one's own code, once: the first time it becomes theirs and the points are spent. Each showing is kept.

    Refuses `NotFound` for others, `Conflict` once it was shown, before an approval, where it was given back, and where
    the key of the installation does not open it; then nothing is spent.
    """
    redemption = moving.lock(session, redemption_id, with_reward=True)
    if by.person_id is None or by.person_id != redemption.person_id or redemption.way != Way.CODE:
        raise NotFound(moving.NO_SUCH)
    approval.require(redemption)
    if redemption.state in (State.HELD, State.DISPATCHING):
        code = _give(session, redemption)
    elif redemption.state is State.FULFILLED:
        code = session.scalars(_locked(RewardCode.redemption_id == redemption.id)).one()
        if code.showings_left == 0:
            raise Conflict(_SHOWN)
    else:
        raise Conflict(moving.WRONG_STATE)
    try:
        opened = sealing.unseal(Sealed(code.key_id, code.sealed, code.mark), code.public_id, secrets)
    except UnopenedError:
        raise Conflict(_UNREADABLE) from None
    session.flush()
    session.add(CodeShowing(code_id=code.id, person_id=by.person_id))
    audit.record(session, "reward_code.show", f"reward_code:{code.id}", by=by, redemption=redemption.id)
    session.flush()
    return opened


def show_again(session: Session, redemption_id: int, *, by: Actor, reason: str) -> Redemption:
    """Let somebody see their code once more. A second time changes nothing until they have.

    Refuses `NotAllowed` for all but managers and for one's own, `Invalid` without a reason, `Conflict` where none was
    shown.
    """
    redemption = moving.lock_for_desk(session, redemption_id, by)
    told = moving.required(reason, _l("Please say why. The person will read it."))
    if redemption.state is not State.FULFILLED or redemption.way != Way.CODE:
        raise Conflict(moving.WRONG_STATE)
    code = session.scalars(_locked(RewardCode.redemption_id == redemption.id)).one()
    if code.showings_left == 0:
        code.showings_left = 1
        moving.remember(session, redemption, by, told)
        audit.record(session, "reward_code.show_again", f"reward_code:{code.id}", by=by, redemption=redemption.id)
        moving.tell(session, redemption, "rewards.code_again", note=told)
    return redemption


def reseal(session: Session, secrets: Sequence[str]) -> tuple[int, int]:
    """Seal under the first of the secrets what was sealed under another; how many were, and how many cannot be opened.

    For the operator who changes `SECRET_KEY`: afterwards the former one is not needed for codes any more.
    """
    done = lost = 0
    for code in session.scalars(_locked(RewardCode.key_id != sealing.key_id(secrets[0])).order_by(RewardCode.id)):
        try:
            opened = sealing.unseal(Sealed(code.key_id, code.sealed, code.mark), code.public_id, secrets)
        except UnopenedError:
            lost += 1
            continue
        anew = sealing.seal(opened, code.public_id, secrets[0])
        code.key_id, code.sealed, code.mark = anew.key_id, anew.sealed, anew.mark
        done += 1
    if done:
        audit.record(session, "reward_code.reseal", "reward_code:0", by=SYSTEM, codes=done)
    return done, lost


def _give(session: Session, redemption: Redemption) -> RewardCode:
    """The next code of the list becomes theirs; the points are spent."""
    free = _locked(RewardCode.reward_id == redemption.reward_id, RewardCode.redemption_id.is_(None), skip=True)
    code = session.scalars(free.order_by(RewardCode.id).limit(1)).one_or_none()
    if code is None:
        raise Conflict(_UNREADABLE)
    told = str(_("You opened your code in the portal."))
    moving.set_off(session, redemption, SYSTEM)
    moving.move(session, redemption, State.FULFILLED, by=SYSTEM, note=told)
    ledger.post(session, redemption.hold_id, reason=told, by=SYSTEM)
    code.redemption_id, code.given_at = redemption.id, now(session)
    moving.tell(session, redemption, "rewards.delivered", note=told)
    return code


def _locked(*conditions: ColumnElement[bool], skip: bool = False) -> Select[RewardCode]:
    wanted = select(RewardCode).where(*conditions).with_for_update(key_share=True, skip_locked=skip)
    return wanted.execution_options(populate_existing=True)


def _row(reward_id: int, code: str, secret: str, by: Actor) -> dict[str, object]:
    row = uuid4()
    made = sealing.seal(code, row, secret)
    return {
        "public_id": row,
        "reward_id": reward_id,
        "key_id": made.key_id,
        "sealed": made.sealed,
        "mark": made.mark,
        "added_by": by.person_id,
    }


def _lines(listed: str) -> dict[int, str]:
    """The codes of a list by their lines, which count from 1. What is wrong is named by its line, never by itself."""
    lines = {number: line.strip() for number, line in enumerate(listed.splitlines(), start=1) if line.strip()}
    if not lines:
        raise Invalid(_l("There is no code in this list. Write one on each line."), field="codes")
    if len(lines) > LARGEST_LIST:
        raise Invalid(_l("Please add at most %(most)s codes at a time.", most=LARGEST_LIST), field="codes")
    for number, code in lines.items():
        if len(code) > LONGEST_CODE or not code.isprintable():
            raise Invalid(
                _l("Line %(number)s is no code: it is too long, or it holds what cannot be shown.", number=number),
                field="codes",
            )
    return lines

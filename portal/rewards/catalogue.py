"""The verbs on the catalogue: put a reward together, change it, open it, close it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.database.refusal import Conflict, Invalid, NotFound
from portal.people.states import MANAGERS
from portal.points.models import Level
from portal.rewards.models import (
    LARGEST_LIMIT,
    LARGEST_PRICE,
    LARGEST_STOCK,
    LONGEST_DELIVERY,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_DAYS,
    USUAL_DAYS,
    Redemption,
    Reward,
)
from portal.rewards.states import REWARD_TRANSITIONS, VOIDED, RewardState, Way

ART: Final = {
    "gift_card": _l("Gift card"),
    "jacket": _l("Jacket"),
    "book": _l("Book"),
    "seat": _l("A seat"),
    "stage": _l("On stage"),
    "lunch": _l("Lunch"),
    "coffee": _l("Coffee"),
    "mug": _l("Mug"),
    "donation": _l("Donation"),
    "trees": _l("Trees"),
    "headphones": _l("Headphones"),
    "ticket": _l("Ticket"),
    "bag": _l("Bag"),
}
"""The built-in pictures."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may redeem a reward, and how often: times for one person in all and in a year, from a level on.

    `approval`: a manager agrees before anything is sent. `days`: within how many it is promised.
    """

    per_person: int | None = None
    per_year: int | None = None
    level: UUID | None = None
    approval: bool = False
    days: int = USUAL_DAYS


def create(
    session: Session,
    name: str,
    *,
    by: Actor,
    description: str,
    art: str,
    price: int,
    delivery: str,
    stock: int | None = None,
    rules: Rules | None = None,
    fulfilment: str = Way.MANUAL,
) -> Reward:
    """Put a reward together, as a draft; `price` in points, `stock` in pieces (None: no end), `rules` (None: none).

    `fulfilment` is how it is delivered, for good; by codes from a list its stock is the codes that are added later.

    Refuses `NotAllowed` for all but managers, `Invalid` values.
    """
    by.require(*MANAGERS)
    if fulfilment not in set(Way):
        raise Invalid(_l("Please choose how it is delivered."), field="fulfilment")
    stock = 0 if fulfilment == Way.CODE else stock
    reward = Reward(state=RewardState.DRAFT, stock=stock, supplied=stock, fulfilment=fulfilment)
    _describe(reward, name=name, description=description, art=art, price=price, delivery=delivery)
    _check_stock(stock)
    _rule(session, reward, rules or Rules())
    session.add(reward)
    session.flush()
    audit.record(session, "reward.create", f"reward:{reward.id}", by=by, price=price, stock=stock, **_ruled(reward))
    return reward


def change(
    session: Session,
    reward_id: int,
    *,
    by: Actor,
    name: str,
    description: str,
    art: str,
    price: int,
    delivery: str,
    stock: int | None,
    seen_stock: int | None = None,
    rules: Rules | None = None,
) -> Reward:
    """Change a reward; what was redeemed already keeps its name, delivery and price.

    `seen_stock` is what was left when the manager decided on `stock`; without `rules` they stay. Refuses `NotAllowed`
    for all but managers, `Invalid` values, `Conflict` where somebody redeemed it since and the new stock would undo it.
    """
    by.require(*MANAGERS)
    reward = lock_reward(session, reward_id)
    if reward.fulfilment == Way.CODE:
        stock = reward.stock  # follows its codes
    _describe(reward, name=name, description=description, art=art, price=price, delivery=delivery)
    _check_stock(stock)
    if stock != reward.stock:
        if seen_stock != reward.stock:
            raise Conflict(_l("The stock has changed since you looked. Reload the page and look again."), field="stock")
        _restock(session, reward, stock)
    if rules is not None:
        _rule(session, reward, rules)
    audit.record(session, "reward.change", f"reward:{reward.id}", by=by, price=price, stock=stock, **_ruled(reward))
    return reward


def publish(session: Session, reward_id: int, *, by: Actor) -> Reward:
    """Open a draft or archived reward to advocates; publishing it again changes nothing."""
    return _move(session, reward_id, RewardState.ACTIVE, by)


def archive(session: Session, reward_id: int, *, by: Actor) -> Reward:
    """Take a reward out of the catalogue; redemptions under way go on. Archiving it again changes nothing."""
    return _move(session, reward_id, RewardState.ARCHIVED, by)


def lock_reward(session: Session, reward_id: int) -> Reward:
    """Lock a reward, after people and before its redemptions (trust.md, ground rules). Refuses `NotFound`."""
    reward = session.scalar(
        select(Reward)
        .where(Reward.id == reward_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if reward is None:
        raise NotFound(_l("There is no such reward."))
    return reward


def _move(session: Session, reward_id: int, state: RewardState, by: Actor) -> Reward:
    by.require(*MANAGERS)
    reward = lock_reward(session, reward_id)
    if reward.state is state:
        return reward
    if state not in REWARD_TRANSITIONS[reward.state]:
        raise Conflict(_l("This step is not possible from where the reward stands now."))
    reward.state = state
    audit.record(session, f"reward.{state}", f"reward:{reward.id}", by=by)
    return reward


def _describe(reward: Reward, *, name: str, description: str, art: str, price: int, delivery: str) -> None:
    if art not in ART:
        raise Invalid(_l("Please choose one of the pictures."), field="art")
    if not 0 < price <= LARGEST_PRICE:
        raise Invalid(_l("A price is a whole number from 1 to 1,000,000,000."), field="price")
    reward.name = _line(name, "name", LONGEST_NAME)
    reward.description = _line(description, "description", LONGEST_DESCRIPTION)
    reward.delivery = _line(delivery, "delivery", LONGEST_DELIVERY)
    reward.art, reward.price = art, price


def _line(value: str, field: str, longest: int) -> str:
    clean = " ".join(value.split())
    if not clean:
        raise Invalid(_l("Please fill this in."), field=field)
    if not clean.isprintable():
        raise Invalid(_l("This contains characters that cannot be shown."), field=field)
    if len(clean) > longest:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=longest), field=field)
    return clean


def _check_stock(stock: int | None) -> None:
    if stock is not None and not 0 <= stock <= LARGEST_STOCK:
        raise Invalid(_l("A stock is a whole number from 0 to 1,000,000."), field="stock")


def _rule(session: Session, reward: Reward, rules: Rules) -> None:
    for field, limit in (("per_person", rules.per_person), ("per_year", rules.per_year)):
        if limit is not None and not 0 < limit <= LARGEST_LIMIT:
            raise Invalid(_l("A limit is a whole number from 1 to %(most)s.", most=LARGEST_LIMIT), field=field)
    if rules.per_person is not None and rules.per_year is not None and rules.per_year > rules.per_person:
        raise Invalid(_l("This is more than one person may redeem in all."), field="per_year")
    if not 0 < rules.days <= MOST_DAYS:
        raise Invalid(_l("This is a whole number from 1 to %(most)s.", most=MOST_DAYS), field="days")
    level_id = None
    if rules.level is not None:
        level_id = session.scalar(select(Level.id).where(Level.public_id == rules.level))
        if level_id is None:
            raise Invalid(_l("There is no such level."), field="level")
    reward.per_person, reward.per_year, reward.level_id = rules.per_person, rules.per_year, level_id
    reward.needs_approval, reward.days = rules.approval, rules.days


def _ruled(reward: Reward) -> dict[str, int]:
    """The rules as the audit notes them: those that there are."""
    rules = {"per_person": reward.per_person, "per_year": reward.per_year, "level": reward.level_id}
    known = {name: value for name, value in rules.items() if value is not None}
    return {**known, "approval": True} if reward.needs_approval else known


def _restock(session: Session, reward: Reward, stock: int | None) -> None:
    """Set what is left; `supplied` stays what is left plus what redemptions have taken."""
    taken = session.scalar(
        select(func.count()).where(
            Redemption.reward_id == reward.id, Redemption.took_stock, Redemption.state.not_in(VOIDED)
        )
    )
    reward.stock = stock
    reward.supplied = None if stock is None else stock + (taken or 0)

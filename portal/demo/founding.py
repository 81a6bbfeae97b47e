"""The demo's first day: staff, customers, prospects, products, deals, challenges and rewards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from flask import current_app
from sqlalchemy.orm import Session

from portal.access import invitations, terms
from portal.access.models import Invitation
from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, comments, outline
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.states import Decision
from portal.clock import now
from portal.demo import cast
from portal.messages import preferences
from portal.people import people
from portal.people.models import Role
from portal.program import current
from portal.references import opportunities
from portal.rewards import catalogue, codes
from portal.rewards.catalogue import Rules
from portal.rewards.queries import desk
from portal.rewards.states import Way

_COMMENTS: Final = (
    ("Thank you", "Thank you for taking the time. The team read every word.", Decision.APPROVE),
    ("A number", "Almost there: could you add one number, such as hours saved or days to go live?", Decision.REDO),
    ("What it was like before", "Could you add what it was like before? Two sentences are enough.", Decision.REDO),
    ("Not this time", "Thank you all the same. Do have a look at what else is open.", None),
)
"""Title, words and decision of the manager's comment templates."""

_READ_IN_THE_PORTAL: Final = {
    Role.ADMIN: ("access.nominated", "rewards.to_fulfil"),
    Role.MANAGER: ("access.nominated", "rewards.to_fulfil"),
    Role.SALES: ("access.nomination_decided", "call.outcome"),
}
"""What staff want no mail about: they look at the page every morning."""


@dataclass
class World:
    """Whom and what the demo's deeds need to know again."""

    staff: dict[str, Actor] = field(default_factory=dict)
    firms: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    advocates: dict[str, Actor] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
    gifts: dict[str, int] = field(default_factory=dict)
    deals: list[tuple[int, str]] = field(default_factory=list)

    def manager(self) -> Actor:
        """The manager who does most of the work."""
        return self.staff[cast.MANAGER.name]


def join(session: Session, invitation: Invitation) -> int:
    """Accept an invitation as its receiver would; the person's id."""
    token = invitations.path_of(invitation).rpartition("/")[2]
    versions = [version.id for version in terms.in_force(session)]
    return invitations.accept(session, token, terms_versions=versions).id


def found(session: Session, world: World) -> None:
    """Name the program, and let staff, companies and products be there."""
    current(session).name = cast.PROGRAM
    _staff(session, world, cast.ADMIN, Role.ADMIN)
    for manager in (cast.MANAGER, cast.SECOND_MANAGER):
        _staff(session, world, manager, Role.MANAGER)
    for rep in cast.REPS:
        _staff(session, world, rep, Role.SALES)
    for name, series, price in cast.PRODUCTS:
        product = people.add_product(session, name, by=SYSTEM, series=series)
        product.price, product.currency = Decimal(price), "EUR"
        world.products[name] = product.id
    for firm in (*cast.CUSTOMERS, *cast.PROSPECTS):
        company = people.add_company(
            session,
            firm.name,
            by=SYSTEM,
            domain=firm.domain,
            industry=firm.industry,
            country=firm.country,
            employees=firm.employees,
        )
        world.firms[firm.domain] = company.id


def _staff(session: Session, world: World, who: cast.Someone, role: Role) -> None:
    person = people.add_person(session, who.name, by=SYSTEM, title=who.title)
    person.time_zone = who.zone
    join(session, invitations.invite(session, person.id, who.address, role, by=SYSTEM, mail=False))
    for kind in _READ_IN_THE_PORTAL[role]:
        preferences.switch(session, person.id, kind, wanted=False)
    world.staff[who.name] = Actor(person.id, frozenset({role.value}))


def sell(session: Session, world: World) -> None:
    """Deals of the reps with the prospects, and the won ones with the customers."""
    today = now(session).date()
    reps = [world.staff[rep.name] for rep in cast.REPS]
    for place, firm in enumerate(cast.PROSPECTS * 2):
        product = cast.PRODUCTS[place % len(cast.PRODUCTS)]
        deal = opportunities.add(
            session,
            by=SYSTEM,
            stage="Engaging" if place % 3 else "Prospecting",
            name=f"{firm.name}, {product[0]}",
            company_id=world.firms[firm.domain],
            product_id=world.products[product[0]],
            owner_id=reps[place % len(reps)].person_id,
            crm_id=f"D-{1001 + place}",
            engaged_on=today - timedelta(days=40 - place * 2),
            amount=Decimal(product[2] * (3 + place % 4)),
            currency="EUR",
        )
        world.deals.append((deal.id, firm.industry))
    _won(session, world, reps, today)


def _won(session: Session, world: World, reps: list[Actor], today: date) -> None:
    for place, firm in enumerate(cast.CUSTOMERS):
        for product in firm.products:
            opportunities.add(
                session,
                by=SYSTEM,
                stage="Won",
                name=f"{firm.name}, {product}",
                company_id=world.firms[firm.domain],
                product_id=world.products[product],
                owner_id=reps[place % len(reps)].person_id,
                engaged_on=today - timedelta(days=400 + place),
                closed_on=today - timedelta(days=300 + place),
                amount=Decimal(20_000 + 1_500 * place),
                currency="EUR",
            )


def offer(session: Session, *, world: World, offer: cast.Offer) -> None:
    """Make a challenge and publish it, unless it stays a draft."""
    by = world.manager()
    chosen = offer.industries or offer.countries
    challenge = challenges.create(
        session,
        offer.title,
        by=by,
        summary=offer.summary,
        minutes=offer.minutes,
        activity_type=offer.activity,
        audience=Audience(industries=offer.industries, countries=offer.countries) if chosen else EVERYBODY,
        closes_at=now(session) + timedelta(days=offer.open_for) if offer.open_for else None,
    )
    for kind, title, instructions, points in offer.stages:
        outline.add_stage(
            session,
            challenge.id,
            kind,
            title=title,
            by=by,
            instructions=instructions,
            points=points,
            setup=cast.SETUPS.get(title),
        )
    if offer.after is not None:
        challenges.publish(session, challenge.id, by=by)
        world.offers[offer.title] = challenge.id


def stock(session: Session, world: World) -> None:
    """Fill the catalogue."""
    by = world.manager()
    levels = {name: key for key, name in desk.levels(session)}
    for gift in cast.GIFTS:
        level = levels[gift.level] if gift.level else None
        reward = catalogue.create(
            session,
            gift.name,
            by=by,
            description=gift.description,
            art=gift.art,
            price=gift.price,
            stock=gift.stock,
            delivery=gift.delivery,
            rules=Rules(per_person=gift.per_person, per_year=gift.per_year, level=level, approval=gift.approval),
            fulfilment=Way.CODE if gift.codes else Way.MANUAL,
        )
        if gift.codes:
            secrets = current_app.config["PORTAL"].signing_keys
            codes.add(session, reward.id, "\n".join(_codes(gift.codes)), secrets=secrets, by=by)
        if gift.state != "draft":
            catalogue.publish(session, reward.id, by=by)
        world.gifts[gift.name] = reward.id


def _codes(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        yield f"MUSIC-{number * 7919 % 10_000:04d}-{number * 6007 % 10_000:04d}"


def write_down(session: Session, world: World) -> None:
    """The words that managers say with their decisions again and again."""
    for title, words, decision in _COMMENTS:
        comments.add(session, title, words, decision=decision, by=world.manager())

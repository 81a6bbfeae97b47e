"""Fifty more of everything, made through the verbs, so that a page that asks once for each row betrays itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy.orm import Session

from portal.access import invitations, nominations, sessions
from portal.audit import SYSTEM, Actor
from portal.challenges import comments
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.points import adjustments, awards
from portal.references import exceptions, pool, saved_searches
from portal.references.models.searches import MOST_SEARCHES
from portal.references.pool_sql import Filters
from portal.rewards import catalogue, redemption
from portal.web.session import hash_token
from tests.authorisation.world import World, ask, challenge, choose_file, deal, except_, hand_in, join

MANY: Final = 52


def gather(session: Session, world: World) -> None:
    """Let them all come; commits."""
    _offers(session, world)
    _members(session, world)
    _ana(session, world)
    _deals(session, world)
    _searches(session, world)
    _files(session, world)
    session.commit()


def _offers(session: Session, world: World) -> None:
    for number in range(MANY):
        challenge(session, world, f"offer {number}")
        made = catalogue.create(
            session,
            f"Mug {number}",
            by=world.people["manager"],
            description="For tea.",
            art="mug",
            price=10,
            stock=9,
            delivery="By post.",
        )
        catalogue.publish(session, made.id, by=world.people["manager"])
    for number in range(MANY):
        template = comments.add(session, f"Template {number}", "Thank you.", by=world.people["manager"])
        if number >= comments.MOST - 2:
            comments.archive(session, template.id, by=world.people["manager"])
    session.commit()


def _members(session: Session, world: World) -> None:
    for number in range(MANY):
        member = join(session, f"Member Number{number}", "advocate", company_id=world.numbers["firm"])
        world.people[f"member {number}"] = member
        hand_in(session, world.numbers["reviewed"], member)
        _adjusted(session, world, member, decided=number % 2 == 0)
        consents.give(session, _id(member), [SAME_INDUSTRY, OTHER_INDUSTRIES], by=member)
        shy = join(session, f"Shy Number{number}", "advocate")
        pool.propose(session, _id(shy), because="submission:1")
        guest = people.add_person(session, f"Guest Number{number}", by=SYSTEM)
        invitations.invite(session, guest.id, f"guest.{number}@world.example", "advocate", by=SYSTEM, mail=False)
        people.add_email(session, world.id_of("member"), f"kofi.{number}@world.example", by=SYSTEM)
        nominations.nominate(
            session,
            name=f"Nominee {number}",
            address=f"nominee.{number}@world.example",
            reason="Says so to everybody.",
            by=world.people["sales"],
        )
        session.commit()


def _adjusted(session: Session, world: World, member: Actor, *, decided: bool) -> None:
    by, second = world.people["colleague"], world.people["manager"]
    for who in (_id(member), world.id_of("member")):
        made = adjustments.enter(session, who, 900, reason="A prize", by=by, key=uuid4())
        if decided and made is not None:
            adjustments.approve(session, made.id, by=second)


def _ana(session: Session, world: World) -> None:
    ana = world.people["advocate"]
    for number in range(MANY):
        subject = f"trial_award:{1000 + number}"
        cause = "call:1" if number % 2 else "submission:1"
        awards.grant(session, _id(ana), 600, subject=subject, cause=cause, reason="More", by=SYSTEM)
        sessions.start(session, _id(ana), hash_token(f"tablet-{number}-of-ana-".ljust(43, "x")), "Tablet")
        if number % 2:
            consents.give(session, _id(ana), [OTHER_INDUSTRIES], by=ana)
        else:
            consents.withdraw(session, _id(ana), [OTHER_INDUSTRIES], by=ana)
        made = redemption.redeem(session, world.numbers["reward"], by=ana, request_key=uuid4())
        redemption.fulfil(session, made.id, by=world.people["manager"], note="Sent.")
        redemption.redeem(session, world.numbers["reward"], by=ana, request_key=uuid4())
        session.commit()


def _deals(session: Session, world: World) -> None:
    for number in range(MANY):
        made = deal(session, world, "sales", f"deal number {number}")
        ask(session, world, _id(world.people[f"member {number}"]), "sales", made)
        ask(session, world, world.id_of("advocate"), "sales", made)
        made_one = except_(session, world, "sales", number)
        if number % 2:
            exceptions.approve(session, made_one.id, by=world.people["manager"])
        session.commit()


def _searches(session: Session, world: World) -> None:
    for number in range(2, MOST_SEARCHES + 1):
        wanted = Filters(words=f"depots {number}")
        saved_searches.save(session, f"Search {number}", wanted, by=world.people["sales"])


def _files(session: Session, world: World) -> None:
    for _number in range(MANY):
        choose_file(session, world, Path(world.things["file of companies"]).parent / "imports")


def _id(actor: Actor) -> int:
    assert actor.person_id is not None
    return actor.person_id

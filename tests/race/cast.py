"""Who takes part in races, made through the verbs and committed."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, outline, submissions
from portal.challenges.audience import EVERYBODY
from portal.challenges.models import StageResponse
from portal.clock import now
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.people import people
from portal.points import awards, balance
from portal.references import answers, requests
from portal.references.models import Assignment, ReferenceCall
from portal.rewards import catalogue, codes, redemption
from portal.rewards.catalogue import Rules

from .arena import Arena

_numbers = itertools.count(1)
SECRETS = ("a-secret-of-the-races-0123456789-abcdefghij",)


def somebody(arena: Arena, *roles: str, company_id: int | None = None, email: bool = False) -> Actor:
    """A person with roles."""
    number = next(_numbers)

    def join(session: Session) -> Actor:
        person = people.add_person(
            session,
            f"{roles[0].title() if roles else 'Person'} Number{number}",
            by=SYSTEM,
            roles=roles,
            company_id=company_id,
            email=f"person{number}@harbor.example" if email else None,
            verified=email,
        )
        return Actor(person.id, frozenset(roles))

    joined: Actor = arena.do(join)
    return joined


def advocate(arena: Arena, points: int = 0, *, company_id: int | None = None, also: tuple[str, ...] = ()) -> Actor:
    """An active advocate with points."""
    actor = somebody(arena, "advocate", *also, company_id=company_id)
    if points:
        earn(arena, actor, points)
    return actor


def crowd_of(arena: Arena, size: int, points: int = 0) -> list[Actor]:
    """Advocates with as many points each, made in one transaction."""

    def join(session: Session) -> list[Actor]:
        found = []
        for _ in range(size):
            number = next(_numbers)
            person = people.add_person(session, f"Advocate Number{number}", by=SYSTEM, roles=["advocate"])
            if points:
                subject = f"trial:{uuid4()}"
                awards.grant(session, person.id, points, subject=subject, cause="trial:1", reason="Won", by=SYSTEM)
            found.append(Actor(person.id, frozenset({"advocate"})))
        return found

    joined: list[Actor] = arena.do(join)
    return joined


def earn(arena: Arena, actor: Actor, points: int) -> str:
    """Pay an award; its subject."""
    subject = f"trial:{uuid4()}"
    arena.do(lambda s: awards.grant(s, who(actor), points, subject=subject, cause="trial:1", reason="Won", by=SYSTEM))
    return subject


def consenting(arena: Arena, *, company_id: int | None = None) -> Actor:
    """An advocate who agrees to calls for every audience."""
    actor = advocate(arena, company_id=company_id)
    arena.do(lambda s: consents.give(s, who(actor), (SAME_INDUSTRY, OTHER_INDUSTRIES), by=actor))
    return actor


def company(arena: Arena, name: str = "Harbor Freight Lines") -> int:
    """A customer."""
    return int(arena.do(lambda s: people.add_company(s, name, by=SYSTEM, industry="Logistics").id))


def reward(arena: Arena, price: int, stock: int | None = None, *, rules: Rules | None = None) -> int:
    """Something in the catalogue."""
    manager = Actor(None, frozenset({"manager"}))

    def put(session: Session) -> int:
        made = catalogue.create(
            session,
            "Trail jacket",
            by=manager,
            description="Recycled shell, all sizes.",
            art="jacket",
            price=price,
            delivery="We ask for your size by e-mail.",
            stock=stock,
            rules=rules,
        )
        catalogue.publish(session, made.id, by=manager)
        return made.id

    return int(arena.do(put))


def coded(arena: Arena, price: int, codes_left: int, *, rules: Rules | None = None) -> int:
    """A reward of codes."""
    manager = Actor(None, frozenset({"manager"}))
    listed = "\n".join(f"CODE-{next(_numbers)}" for _ in range(codes_left))

    def put(session: Session) -> int:
        about = {"description": "Ten good coffees.", "art": "coffee", "delivery": "Show it at the till."}
        made = catalogue.create(session, "Coffee", by=manager, price=price, rules=rules, fulfilment="code", **about)
        catalogue.publish(session, made.id, by=manager)
        codes.add(session, made.id, listed, secrets=SECRETS, by=manager)
        return made.id

    return int(arena.do(put))


def order(arena: Arena, actor: Actor, reward_id: int) -> int:
    """A redemption that waits."""
    return int(arena.do(lambda s: redemption.redeem(s, reward_id, by=actor, request_key=uuid4()).id))


def offered(arena: Arena, **more: Any) -> int:
    """A challenge of one small step for everybody."""
    manager = somebody(arena, "manager")

    def make(session: Session) -> int:
        made = challenges.create(session, "Read it", by=manager, summary="Short.", audience=EVERYBODY, **more)
        outline.add_stage(session, made.id, "confirm", title="Read", instructions="Read it.", points=5, by=manager)
        return challenges.publish(session, made.id, by=manager).id

    return int(arena.do(make))


def handed_in(arena: Arena, actor: Actor, manager: Actor, points: int = 150) -> int:
    """A submission of a story that waits for a manager."""

    def work(session: Session) -> int:
        challenge = challenges.create(session, "Tell your story", by=manager, summary="Short.", audience=EVERYBODY)
        outline.add_stage(
            session, challenge.id, "story", title="Your story", instructions="Write.", points=points, by=manager
        )
        challenges.publish(session, challenge.id, by=manager)
        submission = submissions.start(session, challenge.id, by=actor)
        wanted = select(StageResponse.stage_id).where(StageResponse.submission_id == submission.id)
        text = "Nine days from contract to the first shift, and nobody called the help desk on day one."
        for stage_id in session.scalars(wanted).all():
            submissions.submit(session, submission.id, stage_id, {"text": text}, by=actor)
        return submission.id

    return int(arena.do(work))


def wish(session: Session, **changes: Any) -> dict[str, Any]:
    """What a rep asks for."""
    return {
        "needed_by": now(session).date() + timedelta(days=10),
        "topics": "How long did the move take?",
        "prospect_name": "Brightline Health",
        "prospect_industry": "Health care",
        **changes,
    }


def ask(session: Session, actor: Actor, by: Actor, **changes: Any) -> int:
    """Ask one advocate; the request's id."""
    return requests.ask(session, person_id=who(actor), by=by, **wish(session, **changes)).id


def asked(arena: Arena, actor: Actor, by: Actor) -> tuple[int, int]:
    """A request that waits for an answer: its id and its assignment's."""
    request_id = int(arena.do(lambda s: ask(s, actor, by)))
    return request_id, int(arena.one("SELECT id FROM assignment WHERE request_id = %(id)s", id=request_id))


def accepted(arena: Arena, actor: Actor, by: Actor) -> tuple[int, int, int]:
    """A request that was accepted: its id, its assignment's and its call's."""
    request_id, assignment_id = asked(arena, actor, by)
    arena.do(lambda s: answers.accept(s, assignment_id, by=actor).id)

    def call(session: Session) -> int:
        assignment = session.get_one(Assignment, assignment_id)
        return session.scalars(select(ReferenceCall.id).where(ReferenceCall.assignment_id == assignment.id)).one()

    return request_id, assignment_id, int(arena.do(call))


def points_of(arena: Arena, actor: Actor) -> balance.Balance:
    """What somebody has, as it is stored."""
    with arena.session() as session:
        return balance.of(session, who(actor))


def who(actor: Actor) -> int:
    """The id of somebody who is a person."""
    assert actor.person_id is not None
    return actor.person_id

"""Who visits while processes are killed, and what there is for them: made through the verbs, committed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.access import sessions
from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, outline
from portal.challenges.audience import EVERYBODY
from portal.database import run
from portal.messages import messages
from portal.people import people
from portal.points import awards
from portal.rewards import catalogue
from portal.web.session import hash_token

from .house import House

ADVOCATES = 6
CHALLENGES = 60
STEPS = 8
STEP_POINTS = 5
PRICE = 10
PURSE = 1_000_000
STOCK = 1_000_000


@dataclass(frozen=True)
class Guest:
    """A signed-in advocate, as a browser is one: by a token."""

    person_id: int
    token: str


@dataclass(frozen=True)
class Scene:
    """All there is."""

    guests: list[Guest]
    challenges: list[UUID]
    reward: UUID


def prepare(house: House) -> Scene:
    """Advocates with points, challenges of plain steps, a reward that lasts."""
    with house.inside():
        manager = Actor(run(_manager), frozenset({"manager"}))
        return Scene(
            [run(lambda session, number=number: _guest(session, number)) for number in range(ADVOCATES)],
            [run(lambda session, number=number: _challenge(session, number, manager)) for number in range(CHALLENGES)],
            run(lambda session: _reward(session, manager)),
        )


def queue_messages(house: House, person_id: int, count: int) -> list[str]:
    """Write messages to somebody in one transaction; what identifies them, once it is committed."""

    def write(session: Session) -> list[str]:
        about = {"reward": "Trail jacket", "points": PRICE, "delivery": "By post."}
        written = [messages.notify(session, person_id, "rewards.ordered", **about) for _ in range(count)]
        session.flush()
        return [str(message.public_id) for message in written]

    with house.inside():
        return run(write)


def _manager(session: Session) -> int:
    return people.add_person(
        session, "Mia Manager", by=SYSTEM, roles=("manager",), email="mia@harbor.example", verified=True
    ).id


def _guest(session: Session, number: int) -> Guest:
    person = people.add_person(
        session,
        f"Guest Number{number}",
        by=SYSTEM,
        roles=("advocate",),
        email=f"guest{number}@harbor.example",
        verified=True,
    )
    subject = f"trial:{number + 1}"
    awards.grant(session, person.id, PURSE, subject=subject, cause=subject, reason="To begin with", by=SYSTEM)
    token = secrets.token_urlsafe(32)
    sessions.start(session, person.id, hash_token(token), "a browser")
    return Guest(person.id, token)


def _challenge(session: Session, number: int, by: Actor) -> UUID:
    made = challenges.create(session, f"Small steps {number}", by=by, summary="Short.", audience=EVERYBODY)
    for step in range(STEPS):
        outline.add_stage(
            session, made.id, "confirm", title=f"Step {step}", instructions="Do it.", points=STEP_POINTS, by=by
        )
    challenges.publish(session, made.id, by=by)
    return made.public_id


def _reward(session: Session, by: Actor) -> UUID:
    made = catalogue.create(
        session,
        "Trail jacket",
        by=by,
        description="Recycled shell, all sizes.",
        art="jacket",
        price=PRICE,
        delivery="By post.",
        stock=STOCK,
    )
    catalogue.publish(session, made.id, by=by)
    return made.public_id

"""People and challenges that the tests of this slice share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, outline
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.models import Challenge
from portal.people import people
from portal.people.states import AdvocateStatus, Role

STORY = "Nine days from contract to the first shift, and nobody called the help desk on day one."


def make(session: Session, name: str, *roles: str, company_id: int | None = None) -> Actor:
    """A person as verbs know them."""
    email = f"{name.split(maxsplit=1)[0].lower()}@{'-'.join(roles)}.example"
    person = people.add_person(session, name, by=SYSTEM, email=email, roles=roles, company_id=company_id, verified=True)
    if Role.ADVOCATE in roles:
        people.move_advocate(session, person.id, AdvocateStatus.ACTIVE, by=SYSTEM)
    return Actor(person.id, frozenset(roles))


@pytest.fixture(autouse=True)
def in_english(db: Session) -> Iterator[None]:
    """Verbs speak outside of a request too."""
    with force_locale("en"):
        yield


@pytest.fixture
def harbor(db: Session) -> int:
    """Ana's company."""
    company = people.add_company(db, "Harbor Freight Lines", by=SYSTEM, industry="Logistics", country="Germany")
    db.commit()
    return company.id


@pytest.fixture
def ana(db: Session, harbor: int) -> Actor:
    """An advocate."""
    actor = make(db, "Ana Mitchell", "advocate", company_id=harbor)
    db.commit()
    return actor


@pytest.fixture
def kofi(db: Session) -> Actor:
    """An advocate of no company."""
    actor = make(db, "Kofi Mensah", "advocate")
    db.commit()
    return actor


@pytest.fixture
def mia(db: Session) -> Actor:
    """A manager."""
    actor = make(db, "Mia Novak", "manager")
    db.commit()
    return actor


@pytest.fixture
def pia(db: Session) -> Actor:
    """Another manager, who is an advocate too."""
    actor = make(db, "Pia Lund", "manager", "advocate")
    db.commit()
    return actor


@pytest.fixture
def offer(db: Session, mia: Actor) -> Callable[..., Challenge]:
    """Publish a challenge: `offer(("confirm", 10), ("visit", 20, {"address": …}), audience=…)`."""

    def publish(
        *stages: tuple[Any, ...], title: str = "Tell your story", audience: Audience = EVERYBODY, **more: object
    ):  # type: ignore[no-untyped-def]
        challenge = challenges.create(db, title, by=mia, summary="In your own words.", audience=audience, **more)  # type: ignore[arg-type]
        for number, (kind, points, *setup) in enumerate(stages, start=1):
            outline.add_stage(
                db,
                challenge.id,
                kind,
                title=f"Step {number}",
                instructions="Do it.",
                points=points,
                by=mia,
                setup=setup[0] if setup else None,
            )
        challenges.publish(db, challenge.id, by=mia)
        db.commit()
        return challenge

    return publish


@pytest.fixture
def story(offer: Callable[..., Challenge]) -> Challenge:
    """Two steps: an honour one for 10 points, a story for 150."""
    return offer(("confirm", 10), ("story", 150))

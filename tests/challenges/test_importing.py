"""A decision on a spelling reaches the audiences of challenges."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.audit import SYSTEM, Actor
from portal.challenges import challenges
from portal.challenges.audience import Audience
from portal.imports import spelling


def test_an_audience_follows_what_companies_are_called_now(db: Session, mia: Actor) -> None:
    audience = Audience(industries=("technolgy", "Retail", "technology"), countries=("Philipines",))
    challenge = challenges.create(db, "For makers", by=mia, audience=audience)
    db.commit()
    spelling.decide(db, "industry", "Technolgy", "technology", by=SYSTEM)
    spelling.decide(db, "country", "Philipines", "Philippines", by=SYSTEM)
    db.commit()
    db.refresh(challenge)
    assert sorted(challenge.industries) == ["Retail", "technology"]
    assert challenge.countries == ["Philippines"]

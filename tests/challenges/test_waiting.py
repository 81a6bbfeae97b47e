"""The number at the manager's desk, as the frame of each page asks for it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import submissions
from portal.challenges.causes import waiting
from portal.challenges.models import Challenge
from portal.people.models import Person


def test_managers_see_how_much_waits_and_nobody_else_does(
    db: Session, ana: Actor, mia: Actor, pia: Actor, offer: Callable[..., Challenge]
) -> None:
    challenge = offer(("story", 150))
    for who in (ana, pia):
        submission = submissions.start(db, challenge.id, by=who)
        submissions.submit(
            db, submission.id, submission.responses[0].stage_id, {"text": "We went live in nine weeks. " * 3}, by=who
        )
    db.commit()
    found = dict(db.execute(select(Person.id, waiting(Person.__table__.c.id))).all())
    assert found == {ana.person_id: None, mia.person_id: 2, pia.person_id: 1}

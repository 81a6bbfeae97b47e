"""Switching mails off against sending them: what was switched off is marked as sending by nobody afterwards."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.messages import messages, preferences
from portal.messages.models import MailPreference, Message
from portal.messages.states import MessageState, Reason
from portal.people import people

from .arena import Arena
from .cast import advocate

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]

KIND = "request.withdrawn"
_ROUNDS, _MAILS, _CLICKS = 4, 40, 8


def _clock(session: Session) -> datetime:
    """Read while the person is locked, so that no other contender is between."""
    found: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


def test_nothing_is_marked_as_sending_once_it_is_switched_off(arena: Arena) -> None:
    ana, seed = advocate(arena), random.randrange(10**9)
    print("seed", seed)
    shuffled = random.Random(seed)
    with arena.session() as session:
        people.add_email(session, ana.person_id or 0, "ana.of.mails@example.com", by=SYSTEM, verified=True)
        session.commit()
    for _round in range(_ROUNDS):
        with arena.session() as session:
            session.execute(update(MailPreference).values(wanted=True))
            told = [messages.notify(session, ana.person_id or 0, KIND) for _each in range(_MAILS)]
            session.commit()
            numbers = [message.id for message in told]

        def take(session: Session, number: int) -> tuple[str, datetime] | None:
            taken = messages.take_up(session, number)
            return ("marked", _clock(session)) if taken else None

        def switch_off(session: Session) -> tuple[str, datetime]:
            preferences.switch(session, ana.person_id or 0, KIND, wanted=False)
            return "off", _clock(session)

        works: list[Any] = [lambda s, n=number: take(s, n) for number in numbers] + [switch_off] * _CLICKS
        shuffled.shuffle(works)
        outcomes = arena.at_once(works)
        outcomes.fair(len(works))
        switched = min(at for what, at in filter(None, outcomes.values) if what == "off")
        late = [at for what, at in filter(None, outcomes.values) if what == "marked" and at > switched]
        assert late == [], f"{len(late)} mails after the switch"
        with arena.session() as session:
            rows = session.execute(select(Message.state, Message.reason).where(Message.id.in_(numbers))).all()
        marked = sum(1 for found in outcomes.values if found and found[0] == "marked")
        assert sum(1 for row in rows if row.state is MessageState.SENDING) == marked
        assert sum(1 for row in rows if row.reason is Reason.UNSUBSCRIBED) == _MAILS - marked
    assert arena.deadlocks_seen == 0

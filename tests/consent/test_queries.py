"""What the screens of consent read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents, disclosures, notices, queries
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY, SCOPES
from portal.database.refusal import NotFound
from tests.consent.expiring import expire_due
from tests.consented import Known, agree


def states(db: Session, who: Known) -> list[str]:
    return [standing.state for standing in queries.standings(db, who.id)][:2]


def test_each_scope_says_where_it_stands(db: Session, ana: Known, at: Callable[[str], None]) -> None:
    assert states(db, ana) == ["not_agreed", "not_agreed"]
    agree(db, ana, [SAME_INDUSTRY])
    assert states(db, ana) == ["agreed", "not_agreed"]
    began = now(db)
    agree(db, ana, [OTHER_INDUSTRIES])
    consents.withdraw(db, ana.id, [OTHER_INDUSTRIES], by=ana.actor)
    assert states(db, ana) == ["agreed", "withdrawn"]
    assert queries.standings(db, ana.id)[0].version == 1
    at((began + timedelta(days=340)).isoformat())
    assert states(db, ana) == ["ending", "withdrawn"]
    assert [standing.live for standing in queries.standings(db, ana.id)] == [True] + [False] * (len(SCOPES) - 1)
    at((began + timedelta(days=366)).isoformat())
    assert states(db, ana)[0] == "expired", "also before the job has run"
    expire_due(db)
    assert states(db, ana)[0] == "expired"


def test_the_history_holds_events_and_disclosures_newest_first(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    db.commit()
    disclosures.record(db, ana.id, to_person_id=rep.id, fields=["email"], scope=SAME_INDUSTRY, subject="assignment:4")
    db.commit()
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    lines = queries.history(db, ana.id)
    assert [line.kind for line in lines] == ["withdrawn", "disclosed", "given"]
    assert (lines[1].to, lines[1].fields, lines[1].receipt) == ("Tom Alvarez", ("email",), None)
    assert lines[0].by_self
    assert lines[0].receipt is not None
    assert len(queries.history(db, ana.id, limit=2)) == 2


def test_an_event_is_found_only_by_its_person(db: Session, ana: Known, sol: Known) -> None:
    (event,) = consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    assert queries.event_of(db, ana.id, event.public_id) == event.id
    assert queries.event_of(db, sol.id, event.public_id) is None
    assert queries.event_of(db, ana.id, uuid4()) is None


def test_a_wording_in_another_language_falls_back_to_english(db: Session) -> None:
    assert notices.current(db, "reference_call", "de").locale == "en"
    with pytest.raises(NotFound):
        notices.current(db, "survey")

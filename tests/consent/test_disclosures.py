"""What was shown to whom, under which consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents, disclosures
from portal.consent.models import Disclosure
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.database.refusal import Gone
from tests.conftest import Superuser
from tests.consented import Known, agree


def show(db: Session, who: Known, to: Known, scope: str = SAME_INDUSTRY) -> Disclosure:
    return disclosures.record(
        db, who.id, to_person_id=to.id, fields=["name", "email", "name"], scope=scope, subject="assignment:4"
    )


def test_a_disclosure_names_the_consent_it_stands_on(db: Session, ana: Known, rep: Known) -> None:
    (given,) = consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    shown = show(db, ana, rep)
    db.commit()
    assert (shown.consent_event_id, shown.fields) == (given.id, ["email", "name"])


def test_the_same_again_is_the_same_line(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    assert show(db, ana, rep).id == show(db, ana, rep).id
    assert db.scalar(select(func.count()).select_from(Disclosure)) == 1


def test_nothing_may_be_shown_without_live_consent(
    db: Session, ana: Known, rep: Known, at: Callable[[str], None]
) -> None:
    with pytest.raises(Gone):
        show(db, ana, rep)
    agree(db, ana)
    consents.withdraw(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    with pytest.raises(Gone):
        show(db, ana, rep)
    show(db, ana, rep, OTHER_INDUSTRIES)
    at((now(db) + timedelta(days=366)).isoformat())
    with pytest.raises(Gone):
        show(db, ana, rep, OTHER_INDUSTRIES)


def test_the_database_wants_an_event_that_gave_consent_by_that_person(
    db: Session, ana: Known, sol: Known, rep: Known
) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    (withdrawn,) = consents.withdraw(db, ana.id, by=ana.actor)
    (given,) = consents.give(db, sol.id, [SAME_INDUSTRY], by=sol.actor)
    wrong = [withdrawn.id, given.id]
    db.commit()
    for event in wrong:
        with pytest.raises(IntegrityError, match="fk_disclosure_consent_event"):
            db.execute(
                text(
                    "INSERT INTO disclosure (person_id, to_person_id, fields, consent_event_id, subject)"
                    " VALUES (:person, :to, '{email}', :event, 'assignment:1')"
                ),
                {"person": ana.id, "to": rep.id, "event": event},
            )
        db.rollback()


def test_the_log_is_append_only(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana)
    show(db, ana, rep)
    db.commit()
    with pytest.raises(Exception, match="append-only"):
        db.execute(text("DELETE FROM disclosure"))


def test_a_planted_disclosure_after_the_withdrawal_is_noticed(
    db: Session,
    ana: Known,
    rep: Known,
    superuser: Superuser,
    breaches_expected: list[str],
    at: Callable[[str], None],
) -> None:
    (given,) = consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    event, before = given.id, now(db) - timedelta(hours=1)
    consents.withdraw(db, ana.id, by=ana.actor)
    db.commit()
    superuser.plant("UPDATE consent_event SET at = %s WHERE id = %s", before, event)
    superuser.plant(
        "INSERT INTO disclosure (person_id, to_person_id, fields, consent_event_id, subject, at)"
        " VALUES (%s, %s, '{email}', %s, 'assignment:1', now() + interval '1 minute')",
        ana.id,
        rep.id,
        event,
    )
    breaches_expected.append("consent.disclosed_while_live")

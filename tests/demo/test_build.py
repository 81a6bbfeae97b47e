"""The demo program: built through the verbs, every screen has something to show, all rules hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import SYSTEM
from portal.challenges.models import Challenge, Submission
from portal.database import run
from portal.database.refusal import Conflict
from portal.demo import build, cast
from portal.messages.models import Message
from portal.people import people
from portal.people.models import Company, Person
from portal.references.models import Assignment, ReferenceRequest
from portal.rewards.models import Redemption, Reward
from tests.browsing import signed_in
from tests.conftest import Portal

SHOWN = {
    "advocate": ("/", "/challenges", "/rewards", "/points", "/references", "/messages"),
    "manager": ("/admin/approvals", "/admin/challenges", "/admin/people", "/admin/nominations", "/admin/redemptions"),
    "sales": ("/sales", "/sales/find", "/sales/requests"),
}
CHOOSING = {"/admin/redemptions"}
"""Lists beside which an empty pane waits for a choice."""


def states(db: Session, column: object) -> set[str]:
    return {str(state) for state in db.scalars(select(column).distinct())}  # type: ignore[call-overload]


def test_the_demo_is_a_program_of_some_months_that_every_screen_can_show(db: Session, app: Portal) -> None:
    assert run(build.is_built) is False
    build.build()
    assert run(build.is_built) is True

    assert db.scalar(select(func.count()).select_from(Company)) == len(cast.CUSTOMERS) + len(cast.PROSPECTS)
    active = select(func.count()).select_from(Person).where(Person.advocate_status == "active")
    assert db.scalar(active) == len(cast.ADVOCATES) == 30
    assert db.scalar(select(func.count()).select_from(Challenge)) == len(cast.OFFERS) == 6
    assert db.scalar(select(func.count()).select_from(Reward)) == len(cast.GIFTS)
    assert {"in_progress", "submitted", "approved", "rejected", "dismissed"} <= states(db, Submission.state)
    assert {"asked", "accepted", "done", "declined", "expired", "withdrawn", "no_show"} <= states(db, Assignment.state)
    assert {"waiting", "scheduled", "held", "closed", "unfilled", "withdrawn"} <= states(db, ReferenceRequest.state)
    assert {"held", "fulfilled", "failed", "cancelled", "refunded"} <= states(db, Redemption.state)
    assert states(db, Message.state) == {"sent"}

    first, last = db.execute(text("SELECT min(at), max(at) FROM audit_entry")).one()
    assert timedelta(days=build.DAYS - 1) < last - first < timedelta(days=build.DAYS + 1)
    assert last <= clock.wall()

    for role, pages in SHOWN.items():
        who = db.scalar(text("SELECT min(person_id) FROM person_role WHERE role = :role"), {"role": role})
        client = signed_in(app, db, who)
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert page in CHOOSING or 'class="empty' not in answer.text, f"{page} has nothing to show"


def test_the_demo_never_mixes_with_people_who_are_there(db: Session) -> None:
    people.add_person(db, "Somebody Real", by=SYSTEM)
    db.commit()
    with pytest.raises(Conflict, match="--reset"):
        run(build.is_built)

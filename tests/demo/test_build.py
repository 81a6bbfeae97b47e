"""The demo program: built through the verbs, every screen has something to show, all rules hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import SYSTEM
from portal.challenges.models import Challenge, Submission
from portal.database import db as database
from portal.database import run
from portal.database.refusal import Conflict
from portal.demo import build, cast
from portal.messages.models import Message
from portal.people import people
from portal.people.models import Company, Person
from portal.points.models import Transfer
from portal.references.models import ReferenceCall, ReferenceRequest
from portal.rewards.models import Redemption, Reward
from tests.browsing import signed_in
from tests.conftest import Portal
from tests.demo import states

SHOWN = {
    "advocate": ("/", "/challenges", "/rewards", "/points", "/references", "/messages"),
    "manager": ("/admin/approvals", "/admin/challenges", "/admin/people", "/admin/nominations", "/admin/redemptions"),
    "sales": ("/sales", "/sales/find", "/sales/requests"),
}
CHOOSING = {"/admin/redemptions"}
"""Lists beside which an empty pane waits for a choice."""
JOINED = ("active", "paused", "left")
LIVED = {Submission: 400, Transfer: 400, Redemption: 50, ReferenceRequest: 50, ReferenceCall: 30, Message: 1_000}
"""How much has happened at least."""


def test_the_demo_is_a_program_of_a_year_that_every_screen_can_show(program: Portal) -> None:
    db = database.session()
    assert run(build.is_built) is True
    assert db.scalar(select(func.count()).select_from(Company)) == len(cast.CUSTOMERS) + len(cast.PROSPECTS) == 60
    advocates = select(func.count()).select_from(Person).where(Person.advocate_status.in_(JOINED))
    assert db.scalar(advocates) == len(cast.ADVOCATES) == 150
    assert db.scalar(select(func.count()).select_from(Challenge)) == len(cast.OFFERS) == 20
    assert db.scalar(select(func.count()).select_from(Reward)) == len(cast.GIFTS)
    for table, least in LIVED.items():
        assert db.scalar(select(func.count()).select_from(table)) >= least, table
    assert sum(len(values) for _table, _name, values in states.columns()) > 80
    assert not states.missing(db), "\n".join(states.missing(db))

    first, last = db.execute(text("SELECT min(at), max(at) FROM audit_entry")).one()
    assert timedelta(days=build.DAYS - 1) < last - first < timedelta(days=build.DAYS + 1)
    assert last <= clock.wall()

    for role, pages in SHOWN.items():
        who = db.scalar(text("SELECT min(person_id) FROM person_role WHERE role = :role"), {"role": role})
        client = signed_in(program, db, who)
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert page in CHOOSING or 'class="empty' not in answer.text, f"{page} has nothing to show"


def test_the_demo_never_mixes_with_people_who_are_there(db: Session) -> None:
    assert run(build.is_built) is False
    people.add_person(db, "Somebody Real", by=SYSTEM)
    db.commit()
    with pytest.raises(Conflict, match="--reset"):
        run(build.is_built)

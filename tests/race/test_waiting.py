"""Waiting for somebody else's lock ends in a sentence, not in an error."""

from __future__ import annotations

import psycopg
import pytest
from flask_babel import force_locale
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.database import run
from portal.database.refusal import Conflict
from portal.people import people
from tests.cluster import Cluster

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("race")]


def test_a_lock_that_does_not_come_free_is_refused_with_a_sentence(
    db: Session, cluster: Cluster, database_name: str
) -> None:
    person_id = run(lambda session: people.add_person(session, "Ana Mitchell", by=SYSTEM).id)

    def impatient(session: Session) -> None:
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        people.lock_person(session, person_id)

    with psycopg.connect(cluster.url(database_name)) as holder:
        holder.execute("SELECT FROM person WHERE id = %s FOR UPDATE", (person_id,))
        with force_locale("en"), pytest.raises(Conflict, match="same moment"):
            run(impatient)
    run(impatient)

"""What is measured on: a program of some size, made by set-based SQL where verbs would take too long."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask_babel import force_locale
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from portal import create_app
from portal.access import sessions
from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, outline
from portal.database import db, migrating
from portal.database.invariants import check_invariants
from portal.people import people
from portal.people.states import Role
from portal.settings import Settings
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.bench.load import HOST
from tests.cluster import Cluster

SECRET: Final = "measured-with-a-key-that-signs-nothing-else-0123456789"
_AT_ONCE: Final = 9_900
VISITORS: Final = 8
IN_POOL: Final = 1_000
CROWD: Final = 100_000
CANDIDATES: Final = 1_600
"""Advocates outside of the pool, each with a story that waits to be approved."""
STEPS: Final = range(1, 4)
STORIES: Final = range(4, 7)
DONE: Final = range(7, 23)
OFFERED: Final = range(23, 41)
WAITING: Final = 41
"""Challenges by number: begun by everybody in the pool (with a step to confirm, or a story alone), done by the
visitors, open to all, waiting for approval."""


def settings(url: str, instance: Path) -> Settings:
    """Production's settings, on a database of the throw-away cluster."""
    key = SecretStr(SECRET)
    return Settings(env="production", instance=instance, database_url=url, secret_key=key, base_url=f"https://{HOST}")


def token_of(person_id: int) -> str:
    """The session cookie of somebody who is signed in."""
    return hashlib.sha256(f"session {person_id}".encode()).hexdigest()[:48]


@contextmanager
def application(url: str, instance: Path) -> Iterator[Portal]:
    """The application inside this process, to prepare and to check."""
    app = create_app(settings(url, instance))
    with app.app_context(), force_locale("en"):
        yield app
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class Ground:
    """Who is there."""

    manager: Actor
    advocates: list[int]
    reps: list[int]
    waiting: list[int]
    """Submissions that wait for approval, each of another advocate."""
    steps: list[tuple[int, str]]
    """Advocate and challenge (public id) of what is begun, where the first stage is a step to confirm."""
    stories: list[tuple[int, str]]
    """The same, where the only stage is a story."""


def lay(cluster: Cluster, name: str, instance: Path) -> Ground:
    """Make a database with a thousand people in the pool, challenges, submissions, a history for the visitors."""
    url = cluster.create_database(name)
    engine = create_engine(url)
    migrating.migrate(engine)
    engine.dispose()
    with application(url, instance):
        session = db.session()
        manager, reps = _staff(session)
        _challenges(session, manager)
        session.commit()
        values = {"first": 1, "last": IN_POOL, "pool": True}
        for statement in (COMPANIES, *PEOPLE, *POOL, *BEGUN, *HISTORY, EARNED):
            session.execute(text(statement), {**values, "manager": manager.person_id})
        for statement in (*PEOPLE, *HANDED_IN):
            values = {"first": IN_POOL + 1, "last": IN_POOL + CANDIDATES}
            session.execute(text(statement), {**values, "manager": manager.person_id})
        session.execute(text(FACETS))
        session.commit()
        ground = _ground(session, manager, reps)
        for person_id in (*ground.advocates, *reps, manager.person_id or 0):
            sessions.start(session, person_id, hash_token(token_of(person_id)), "bench")
        session.commit()
    _vacuum(url)
    return ground


def crowd(cluster: Cluster, name: str, template: str, instance: Path) -> None:
    """A copy of that database with a hundred thousand people in the pool."""
    url = cluster.create_database(name, template)
    with application(url, instance):
        session = db.session()
        session.execute(text("SET statement_timeout = 0"))
        for first in range(10_001, 10_001 + CROWD - IN_POOL, _AT_ONCE):
            for statement in (*PEOPLE, *POOL, EARNED):
                session.execute(text(statement), {"first": first, "last": first + _AT_ONCE - 1})
            session.commit()
        for statement in HANDED_IN:  # a tenth of them waits for the managers
            session.execute(text(statement), {"first": 10_001, "last": 10_000 + _AT_ONCE})
        session.execute(text(FACETS))
        session.commit()
    _vacuum(url)


def visit(url: str) -> None:
    """Let everybody who is signed in have looked at a page just now, as one who sends a form has."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE login_session SET last_seen_at = now()"))
    engine.dispose()


def breaches(url: str, instance: Path) -> list[str]:
    """What `portal check` would say of a database."""
    with application(url, instance):
        db.session().execute(text("SET statement_timeout = '300s'"))
        return [str(breach) for breach in check_invariants(db.session())]


def _staff(session: Session) -> tuple[Actor, list[int]]:
    boss = people.add_person(
        session, "Mia Novak", by=SYSTEM, email="mia@portal.example", roles=["manager"], verified=True
    )
    reps = [
        people.add_person(session, f"Rep Number{n}", by=SYSTEM, email=f"rep{n}@portal.example", roles=["sales"])
        for n in range(VISITORS)
    ]
    for n in range(1, 8):
        people.add_product(session, f"Product {n}", by=SYSTEM)
    session.commit()
    return Actor(boss.id, frozenset({Role.MANAGER})), [rep.id for rep in reps]


def _challenges(session: Session, by: Actor) -> None:
    for n in range(1, WAITING + 1):
        made = challenges.create(
            session, f"Challenge number {n}", by=by, summary="Tell others what worked, in your own words."
        )
        kinds = ("story",) if n == WAITING or n in STORIES else ("confirm", "story")
        for kind in kinds:
            outline.add_stage(
                session, made.id, kind, title=f"A step to {kind}", instructions="Do it, then tell.", points=50, by=by
            )
        challenges.publish(session, made.id, by=by)


def _ground(session: Session, manager: Actor, reps: list[int]) -> Ground:
    advocates = session.scalars(text("SELECT person_id FROM pool_entry ORDER BY person_id")).all()
    waiting = session.scalars(text("SELECT id FROM submission WHERE state = 'submitted' ORDER BY id")).all()
    return Ground(manager, list(advocates), reps, list(waiting), _begun(session, STEPS), _begun(session, STORIES))


def _begun(session: Session, numbers: range) -> list[tuple[int, str]]:
    found = session.execute(
        text(
            "SELECT s.person_id, c.public_id::text FROM submission s JOIN challenge c ON c.id = s.challenge_id"
            " WHERE s.state = 'in_progress' AND c.title = ANY (:titles) ORDER BY c.id, s.person_id"
        ),
        {"titles": [f"Challenge number {n}" for n in numbers]},
    )
    return [(person_id, challenge) for person_id, challenge in found]


def _vacuum(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _titles(*numbers: int) -> str:
    return ", ".join(f"'Challenge number {number}'" for number in numbers)


def _any(salt: int) -> str:
    """A number that depends on `n` as if by chance, the same in each run."""
    return f"abs(hashint8extended(n, {salt}) % 1000003)"


_WORDS: Final = "(ARRAY['Manufacturing','Logistics','Retail','Finance','Health','Software','Energy','Media'])"
_LANDS: Final = "(ARRAY['Germany','France','Spain','Italy','Poland','Norway','Japan','Brazil','Kenya','Canada'])"
_MINE: Final = "crm_id BETWEEN 'bench-' || lpad(CAST(:first AS text), 7, '0')"
_OURS: Final = f"p.{_MINE} AND 'bench-' || lpad(CAST(:last AS text), 7, '0')"

COMPANIES: Final = f"""
INSERT INTO company (name, domain, industry, country, employees)
SELECT 'Customer ' || n, 'customer' || n || '.example', {_WORDS}[1 + {_any(1)} % 8], {_LANDS}[1 + {_any(2)} % 10],
       (ARRAY[30, 300, 3000, 30000])[1 + {_any(3)} % 4]
  FROM generate_series(1, 640) n
"""
PEOPLE: Final = (
    f"""
INSERT INTO person (name, title, company_id, crm_id, advocate_status)
SELECT 'Advocate Number' || n, (ARRAY['IT Director', 'Head of Operations', 'CTO', 'Buyer'])[1 + n % 4],
       c.id, 'bench-' || lpad(n::text, 7, '0'), 'active'
  FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n
  JOIN company c ON c.domain = 'customer' || (1 + {_any(7)} % 640) || '.example'
""",
    f"""
INSERT INTO person_email (person_id, address, verified_at, is_primary)
SELECT p.id, p.crm_id || '@people.example', now(), true FROM person p WHERE {_OURS}
""",
    f"INSERT INTO person_role (person_id, role) SELECT p.id, 'advocate' FROM person p WHERE {_OURS}",
    f"""
INSERT INTO account (kind, person_id, may_go_negative)
SELECT kind, p.id, kind = 'clawback' FROM person p, unnest(ARRAY['person', 'clawback']) kind WHERE {_OURS}
""",
)
POOL: Final = (
    f"""
INSERT INTO reference_profile (person_id, headline, about, products, topics, languages)
SELECT p.id, 'Went live in nine weeks', 'Ask me about moving three plants at once, and what we would do otherwise.',
       ARRAY['Product ' || (1 + {_any(4)} % 3), 'Product ' || (4 + {_any(5)} % 4)],
       ARRAY[(ARRAY['rollout', 'security', 'savings', 'training', 'integration'])[1 + {_any(6)} % 5]],
       ARRAY['English'] FROM (SELECT p.*, p.id AS n FROM person p) p WHERE {_OURS} AND p.id % 10 <> 0
""",
    f"""
INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id, valid_until)
SELECT p.id, 'given', scope, (SELECT min(id) FROM notice), 'portal', p.id, now() + interval '300 days'
  FROM person p,
       unnest(ARRAY['reference_call:live:same_industry', 'reference_call:live:other_industries']) scope
 WHERE {_OURS}
""",
)
FACETS: Final = """
WITH gone AS (DELETE FROM pool_facet)
INSERT INTO pool_facet (facet, value, entries)
SELECT facet, value, count(*) FROM pool_entry e,
       LATERAL (SELECT 'industry' AS facet, e.industry AS value UNION ALL SELECT 'country', e.country
                UNION ALL SELECT 'size', e.size_band UNION ALL SELECT 'product', unnest(e.products)) v
 WHERE value IS NOT NULL GROUP BY facet, value
    ON CONFLICT (facet, value) DO UPDATE SET entries = excluded.entries
"""
_RESPONSES: Final = "INSERT INTO stage_response (submission_id, stage_id, state, points, verification"
BEGUN: Final = (
    f"""
INSERT INTO submission (challenge_id, person_id, state, started_at)
SELECT c.id, p.id, 'in_progress', now() - interval '2 days' FROM person p, challenge c
 WHERE {_OURS} AND c.title = ANY (ARRAY[{_titles(*STEPS, *STORIES)}])
""",
    f"""
{_RESPONSES})
SELECT s.id, g.id, 'open', g.points, g.verification FROM submission s JOIN stage g ON g.challenge_id = s.challenge_id
 WHERE s.state = 'in_progress'
""",
)
HISTORY: Final = (
    f"""
INSERT INTO submission (challenge_id, person_id, state, started_at, submitted_at, decided_at, decided_by)
SELECT c.id, p.id, 'approved', now() - interval '9 days', now() - interval '8 days', now() - interval '7 days',
       :manager
  FROM person p, challenge c
 WHERE {_OURS} AND p.id IN (SELECT person_id FROM pool_entry ORDER BY person_id LIMIT {VISITORS})
   AND c.title = ANY (ARRAY[{_titles(*DONE)}])
""",
    f"""
{_RESPONSES}, response, handed_in_at, accepted_at)
SELECT s.id, g.id, 'accepted', g.points, g.verification, '{{"text": "Nine weeks, and nobody called."}}',
       s.submitted_at, s.decided_at
  FROM submission s JOIN stage g ON g.challenge_id = s.challenge_id WHERE s.state = 'approved'
""",
    """
INSERT INTO transfer (kind, subject, phase, debit, credit, amount, lifetime_of, cause, reason, created_by, created_at)
SELECT 'award', 'stage_response:' || r.id, 'single', i.id, a.id, r.points, a.id, 'submission:' || s.id,
       c.title || ': ' || g.title, :manager, s.decided_at
  FROM submission s JOIN stage_response r ON r.submission_id = s.id JOIN stage g ON g.id = r.stage_id
  JOIN challenge c ON c.id = s.challenge_id
  JOIN account a ON a.kind = 'person' AND a.person_id = s.person_id
  JOIN account i ON i.kind = 'issuance' AND i.shard = s.person_id % 64
 WHERE s.state = 'approved' ORDER BY r.id
""",
    """
INSERT INTO message (person_id, kind, data, link_path, subject_ref, state, sent_at, sending_at, created_at, read_at)
SELECT s.person_id, 'challenges.approved', jsonb_build_object('title', c.title, 'points', 100, 'comment', null),
       '/challenges/' || c.public_id, 'submission:' || s.id, 'sent', s.decided_at, s.decided_at, s.decided_at,
       CASE WHEN s.id % 4 > 0 THEN now() END
  FROM submission s JOIN challenge c ON c.id = s.challenge_id WHERE s.state = 'approved'
""",
)
EARNED: Final = f"""
INSERT INTO transfer (kind, subject, phase, debit, credit, amount, lifetime_of, cause, reason, created_by)
SELECT 'award', 'trial_award:' || p.id, 'single', i.id, a.id, 10 * (1 + {_any(9)} % 400), a.id, 'submission:1',
       'A start', (SELECT min(person_id) FROM person_role WHERE role = 'manager')
  FROM (SELECT p.*, p.id AS n FROM person p) p
  JOIN account a ON a.kind = 'person' AND a.person_id = p.id
  JOIN account i ON i.kind = 'issuance' AND i.shard = p.id % 64
 WHERE {_OURS} ORDER BY 2
"""
"""Something for everybody, so that the boards are full."""
HANDED_IN: Final = (
    f"""
INSERT INTO submission (challenge_id, person_id, state, started_at, submitted_at)
SELECT c.id, p.id, 'submitted', now() - interval '2 days', now() - interval '1 day' FROM person p, challenge c
 WHERE {_OURS} AND c.title = 'Challenge number {WAITING}'
""",
    f"""
{_RESPONSES}, response, handed_in_at)
SELECT s.id, g.id, 'handed_in', g.points, g.verification,
       jsonb_build_object('text', repeat('Nine weeks from contract to the first shift. ', 10), 'quote', 'Nine weeks.'),
       s.submitted_at
  FROM submission s JOIN stage g ON g.challenge_id = s.challenge_id JOIN person p ON p.id = s.person_id
 WHERE s.state = 'submitted' AND {_OURS}
""",
)

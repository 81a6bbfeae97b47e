"""Sessions: how they begin, live and end; limits on tries; what time forgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.access import jobs, sessions, sign_in, throttle
from portal.access.models import LoginSession, SignInLink, Throttle
from portal.access.visitor import FACTS, load
from portal.audit import SYSTEM
from portal.database.refusal import NotAllowed, NotFound, TooManyTries
from portal.messages import messages
from portal.people import people
from portal.people.models import Person
from portal.people.states import AdvocateStatus
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.access.conftest import actor

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]


@pytest.mark.parametrize(
    ("roles", "idle", "absolute"),
    [(["advocate"], 14 * 86_400, 90 * 86_400), (["sales"], 1800, 43_200), (["advocate", "manager"], 1800, 43_200)],
)
def test_how_long_a_session_lives(db: Session, somebody: Somebody, roles: list[str], idle: int, absolute: int) -> None:
    row = sessions.start(db, somebody("Ana Lima", *roles).id, hash_token("a"), "x" * 500)
    assert row.idle_seconds == idle
    assert (row.expires_at - row.created_at).total_seconds() == absolute
    assert len(row.user_agent) == 200
    assert (sessions.ends_at(row) - row.created_at).total_seconds() == min(idle, absolute)


@pytest.mark.parametrize("column", ["last_seen_at = now() - interval '31 minutes'", "expires_at = now()"])
def test_time_ends_a_session(db: Session, somebody: Somebody, browser_of: BrowserOf, column: str) -> None:
    client = browser_of(somebody("Tom Rep", "sales"))
    assert client.get("/account").status_code == 200
    db.execute(text(f"UPDATE login_session SET created_at = now() - interval '1 day', {column}"))
    db.commit()
    assert client.get("/account").status_code == 303
    jobs.tidy(db)
    assert db.scalars(select(LoginSession)).all() == []


def test_the_last_visit_is_noted_once_a_minute_though_a_get_writes_nothing(
    db: Session, somebody: Somebody, browser_of: BrowserOf, count_queries: Callable[..., int]
) -> None:
    client = browser_of(somebody("Ana Lima", "advocate"))
    client.get("/account")
    fresh = count_queries(lambda: client.get("/account"))
    db.execute(update(LoginSession).values(last_seen_at=text("now() - interval '2 minutes'")))
    db.commit()
    assert count_queries(lambda: client.get("/account")) == fresh + 1
    assert count_queries(lambda: client.get("/account")) == fresh
    db.commit()
    age = db.execute(text("SELECT now() - last_seen_at < interval '1 minute' FROM login_session")).scalar_one()
    assert age is True


@pytest.mark.parametrize("how", ["suspend", "role", "left"])
def test_rights_end_with_the_next_request(db: Session, somebody: Somebody, browser_of: BrowserOf, how: str) -> None:
    ana = somebody("Ana Lima", "advocate")
    client = browser_of(ana)
    assert client.get("/account").status_code == 200
    if how == "suspend":
        people.suspend(db, ana.id, by=SYSTEM)
    elif how == "role":
        people.revoke_role(db, ana.id, "advocate", by=SYSTEM)
    else:
        people.move_advocate(db, ana.id, AdvocateStatus.LEFT, by=SYSTEM)
    db.commit()
    assert client.get("/account").status_code == 303


def test_the_database_refuses_a_session_without_a_hash(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    with pytest.raises(IntegrityError, match="ck_login_session_token_hash"):
        db.execute(
            text(
                "INSERT INTO login_session (token_hash, person_id, expires_at, idle_seconds)"
                " VALUES ('short', :who, now() + interval '1 hour', 60)"
            ),
            {"who": ana.id},
        )


def test_a_planted_session_of_somebody_suspended_is_noticed(
    db: Session, somebody: Somebody, breaches_expected: list[str]
) -> None:
    ana = somebody("Ana Lima", "advocate")
    sessions.start(db, ana.id, hash_token("a"), "")
    db.execute(update(Person).values(suspended_at=text("now()")))
    db.commit()
    breaches_expected.append("access.sessions_of_members")


def test_only_managers_end_the_sessions_of_others(db: Session, somebody: Somebody) -> None:
    ana, bea, mia = somebody("Ana Lima", "advocate"), somebody("Bea Ray", "advocate"), somebody("Mia Roth", "manager")
    row = sessions.start(db, ana.id, hash_token("a"), "")
    with pytest.raises(NotFound):
        sessions.end(db, row.public_id, by=actor(bea, "advocate"))
    with pytest.raises(NotAllowed):
        sessions.end_all(db, ana.id, by=actor(bea, "advocate"))
    assert sessions.end_all(db, ana.id, by=actor(ana, "advocate"), but=row.id) == 0
    assert sessions.end_all(db, ana.id, by=actor(mia, "manager")) == 1
    sessions.end_token(db, hash_token("nobody"), by=actor(ana))
    other = sessions.start(db, mia.id, hash_token("b"), "")
    for by in (actor(bea, "advocate"), actor(somebody("Max Berg", "manager"), "manager")):
        with pytest.raises(NotAllowed):
            sessions.end(db, other.public_id, by=by, person_id=mia.id)
    with pytest.raises(NotFound):
        sessions.end(db, other.public_id, by=actor(mia, "admin"), person_id=ana.id)
    sessions.end(db, other.public_id, by=actor(ana, "admin"), person_id=mia.id)
    assert sessions.list_of(db, mia.id) == []


def test_a_new_sign_in_replaces_the_browsers_former_session(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    sessions.start(db, ana.id, hash_token("a"), "")
    sessions.start(db, ana.id, hash_token("b"), "", replaces=hash_token("a"))
    assert db.scalars(select(LoginSession.token_hash)).all() == [hash_token("b")]


def test_one_statement_says_who_visits_with_all_facts(
    app: Portal, db: Session, somebody: Somebody, count_queries: Callable[..., int]
) -> None:
    ana = somebody("Ana Maria Lima", "advocate", "sales")
    sessions.start(db, ana.id, hash_token("a"), "")
    messages.notify(db, ana.id, "access.nominated", name="Kim")
    db.commit()
    seen: list[object] = []
    assert count_queries(lambda: seen.append(load(hash_token("a")))) == 1
    visitor = seen[0]
    assert visitor.roles == {"advocate", "sales"}  # type: ignore[attr-defined]
    assert (visitor.initials, visitor.unread, visitor.get_id()) == ("AL", 1, str(visitor.session_id))  # type: ignore[attr-defined]
    assert set(visitor.facts) == set(FACTS)  # type: ignore[attr-defined]
    assert load(hash_token("b")) is None


def test_limits_hold_over_the_seam_of_two_stretches(db: Session) -> None:
    now = db.execute(text("SELECT to_timestamp(floor(extract(epoch FROM now()) / 86400) * 86400)")).scalar_one()
    db.add(Throttle(key="k", window_start=now, hits=1))
    db.execute(text("INSERT INTO throttle VALUES ('k', :today - interval '1 day', 100000)"), {"today": now})
    db.commit()
    with pytest.raises(TooManyTries):
        throttle.hit("k", 3, 86_400)
    throttle.hit("other", 1, 86_400)
    with pytest.raises(TooManyTries):
        throttle.hit("other", 1, 86_400)


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"), ("", "unknown"), ("x", "unknown")],
)
def test_whom_a_try_counts_for(address: str, network: str) -> None:
    assert throttle.network(address) == network
    assert throttle.secret("ask", network) != throttle.secret("ask-day", network)


def test_old_links_are_forgotten_and_hold_ten_minutes_at_most(db: Session) -> None:
    sign_in.ask(db, "who@example.com", "b" * 43)
    db.commit()
    with pytest.raises(IntegrityError, match="ck_sign_in_link_expires_at"):
        db.execute(update(SignInLink).values(expires_at=text("created_at + interval '11 minutes'")))
    db.rollback()
    db.execute(
        update(SignInLink).values(
            created_at=text("now() - interval '2 days'"),
            expires_at=text("now() - interval '2 days' + interval '1 min'"),
        )
    )
    assert sign_in.forget_old(db) == 1


def test_asking_again_ends_the_earlier_link_and_so_do_changed_rights(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    for _time in range(2):
        sign_in.ask(db, "ana.lima@example.com", "b" * 43)
    links = db.scalars(select(SignInLink).order_by(SignInLink.id)).all()
    assert [link.ended_at is None for link in links] == [False, True]
    sign_in.mail_link(db, links[0].id)
    sign_in.mail_link(db, links[1].id)
    sign_in.mail_link(db, links[1].id)
    sign_in.mail_link(db, 0)
    assert [link.person_id for link in links] == [None, ana.id]
    people.grant_role(db, ana.id, "sales", by=SYSTEM)
    db.refresh(links[1])
    assert links[1].ended_at is not None

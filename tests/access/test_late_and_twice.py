"""What the doors answer to those who come late, come twice, or were kept out meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.access import invitations, jobs, nominations, queries, sign_in
from portal.access.models import Invitation, LoginSession, SignInLink
from portal.access.states import NominationState
from portal.access.visitor import load
from portal.audit import SYSTEM
from portal.database.refusal import Conflict, Gone, Invalid
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people import people
from portal.people.models import Person, PersonEmail
from portal.people.states import AdvocateStatus, Role
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.access.conftest import Mailbox, actor, csrf

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]


def asked(app: Portal, mailbox: Mailbox, address: str) -> tuple[FlaskClient, str]:
    """A browser that asked, and the path in the mail that came."""
    client = app.test_client()
    client.post("/sign-in", data={"csrf_token": csrf(client), "email": address, "next": ""})
    mailbox.deliver()
    return client, mailbox.link()


def test_a_link_lets_nobody_in_who_was_kept_out_after_it_was_sent(
    app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox
) -> None:
    ana = somebody("Ana Lima", "advocate")
    client, link = asked(app, mailbox, "ana.lima@example.com")
    db.execute(update(Person).where(Person.id == ana.id).values(suspended_at=text("now()")))
    db.commit()
    assert client.post(link, data={"csrf_token": csrf(client, link)}).status_code == 410
    assert db.scalars(select(SignInLink.used_at)).one() is None, "a refusal uses nothing up"
    assert db.scalars(select(LoginSession)).all() == []


def test_a_link_is_used_by_our_own_form_only(app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    somebody("Ana Lima", "advocate")
    client, link = asked(app, mailbox, "ana.lima@example.com")
    answer = client.post(link, data={"csrf_token": csrf(client, link), "unknown": "1"})
    assert answer.status_code == 422
    assert db.scalars(select(SignInLink.used_at)).one() is None


@pytest.mark.parametrize("code", ["", "x" * 300])
def test_what_is_no_code_is_said_to_be_none(app: Portal, db: Session, code: str) -> None:
    client = app.test_client()
    answer = client.post("/sign-in/code", data={"csrf_token": csrf(client), "code": code})
    assert answer.status_code == 422
    assert db.scalar(text("SELECT count(*) FROM throttle")) == 0, "no try is counted"


@pytest.mark.parametrize("path", ["/account/sessions/end-others", "/account/sessions/{own}/end"])
def test_sessions_end_only_by_our_own_form(db: Session, somebody: Somebody, browser_of: BrowserOf, path: str) -> None:
    client = browser_of(somebody("Ana Lima", "advocate"))
    own: UUID = db.scalars(select(LoginSession.public_id)).one()
    sent = {"csrf_token": csrf(client, "/account"), "unknown": "1"}
    assert client.post(path.format(own=own), data=sent).status_code == 422
    assert client.get("/account").status_code == 200


def test_a_mail_with_a_link_is_not_sent_once_the_link_is_of_no_use(db: Session, somebody: Somebody) -> None:
    somebody("Ana Lima", "advocate")
    sign_in.ask(db, "ana.lima@example.com", "b" * 43)
    link = db.scalars(select(SignInLink)).one()
    sign_in.mail_link(db, link.id)
    mail, kind = db.scalars(select(Message)).one(), KINDS["access.sign_in"]
    assert kind.may_send(db, mail) is None
    db.execute(
        update(SignInLink).values(
            created_at=text("now() - interval '11 min'"), expires_at=text("now() - interval '1 min'")
        )
    )
    db.expire_all()
    assert kind.may_send(db, mail) is Reason.EXPIRED
    sign_in.end_links(db, link.person_id or 0)
    db.expire_all()
    assert kind.may_send(db, mail) is Reason.SUPERSEDED


def test_the_job_mails_what_was_asked_for(db: Session, somebody: Somebody) -> None:
    somebody("Ana Lima", "advocate")
    sign_in.ask(db, "ana.lima@example.com", "b" * 43)
    jobs.mail_link(db, db.scalars(select(SignInLink.id)).one())
    assert db.scalars(select(Message.kind)).all() == ["access.sign_in"]


def test_an_invitation_of_a_lost_key_says_so_and_an_old_one_is_not_sent_twice(db: Session) -> None:
    ana = people.add_person(db, "Ana Lima", by=SYSTEM)
    first = invitations.invite(db, ana.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    invitations.resend(db, first.id, by=SYSTEM)
    with pytest.raises(Conflict, match="newer invitation"):
        invitations.resend(db, first.id, by=SYSTEM)
    assert len(db.scalars(select(Invitation)).all()) == 2
    first.token_hash = hash_token("made with another key")
    with pytest.raises(Invalid, match="secret key that is gone"):
        invitations.path_of(first)
    db.rollback()


def test_whoever_nominated_reads_what_came_of_it(db: Session, somebody: Somebody) -> None:
    kind = KINDS["access.nomination_decided"]
    told = {approved: str(kind.subject({"approved": approved, "name": "Kim"})) for approved in (True, False)}
    assert told == {True: "Kim is invited", False: "Kim is not invited for now"}


def test_a_nomination_of_somebody_known_moves_only_what_is_open(db: Session, somebody: Somebody) -> None:
    rep, mia = somebody("Tom Reyes", "sales"), somebody("Mia Roth", "manager")
    company = people.add_company(db, "Acme", by=SYSTEM)
    kim = people.add_person(db, "Kim Ray", by=SYSTEM, email="kim@acme.example", company_id=company.id)
    by = actor(rep, "sales")
    made = nominations.nominate(
        db, name="Kim Ray", address="kim@acme.example", by=by, reason="Knows it all", company_name="Another"
    )
    nominations.approve(db, made.id, by=actor(mia, "manager"))
    db.commit()
    db.refresh(kim)
    assert (kim.company_id, kim.advocate_status) == (company.id, AdvocateStatus.INVITED)
    with pytest.raises(Conflict):
        nominations.decline(db, made.id, by=actor(mia, "manager"), note="No")
    db.rollback()


def test_nominations_are_found_by_state_and_page_by_page(db: Session, somebody: Somebody) -> None:
    rep = actor(somebody("Tom Reyes", "sales"), "sales")
    for number in range(3):
        nominations.nominate(
            db, name=f"Kim {number}", address=f"kim{number}@acme.example", by=rep, reason="Knows it all"
        )
    db.commit()
    first = queries.nominations(db, state=NominationState.NEW, limit=2)
    last = queries.nominations(db, state=NominationState.NEW, limit=2, after=first.after)
    assert [row.name for row in (*first.rows, *last.rows)] == ["Kim 0", "Kim 1", "Kim 2"], "the oldest first"
    newest = queries.nominations(db, nominated_by=rep.person_id, limit=2)
    older = queries.nominations(db, nominated_by=rep.person_id, limit=2, after=newest.after)
    assert [row.name for row in (*newest.rows, *older.rows)] == ["Kim 2", "Kim 1", "Kim 0"]
    assert queries.nominations(db, decided=True).rows == []


def test_who_holds_no_role_any_more_is_nobody(db: Session, somebody: Somebody, browser_of: BrowserOf) -> None:
    ana = somebody("Ana Lima", "advocate")
    browser_of(ana)
    token = db.scalars(select(LoginSession.token_hash)).one()
    seen = load(token)
    assert seen is not None
    assert seen.balance == 0
    db.execute(update(Person).where(Person.id == ana.id).values(advocate_status="left"))
    db.commit()
    assert load(token) is None


def test_an_address_that_is_not_confirmed_gets_no_link(app: Portal, db: Session, mailbox: Mailbox) -> None:
    people.add_person(db, "Ana Lima", by=SYSTEM, email="ana@example.com", roles=["sales"])
    db.execute(update(PersonEmail).values(verified_at=None))
    db.commit()
    client = app.test_client()
    assert (
        client.post("/sign-in", data={"csrf_token": csrf(client), "email": "ana@example.com", "next": ""}).status_code
        == 303
    )
    mailbox.deliver()
    assert mailbox.texts() == []
    with pytest.raises(Gone):
        sign_in.look(db, "apl_nothing", "")

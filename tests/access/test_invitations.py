"""Invitations and nominations: the verbs, the pages, the mails."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, terms
from portal.access.models import Invitation, LoginSession, Nomination, TermsAcceptance, TermsVersion
from portal.access.states import NominationState, TermsKind
from portal.audit import SYSTEM, Actor
from portal.database.refusal import Conflict, Gone, Invalid, NotAllowed, NotFound, TooManyTries
from portal.messages.models import Message
from portal.messages.states import MessageState, Reason
from portal.people import people
from portal.people.models import Person, PersonEmail
from portal.people.states import AdvocateStatus, Role
from portal.web.app import Portal
from tests.access.conftest import Mailbox, actor, csrf

Somebody = Callable[..., Person]
BrowserOf = Callable[[Person], FlaskClient]


DECIDED = "decided_at = now(), decided_by = nominated_by"


def token_of(invitation: Invitation) -> str:
    return invitations.path_of(invitation).rsplit("/", maxsplit=1)[-1]


def accept(db: Session, invitation: Invitation, **more: str) -> Person:
    versions = {version.id for version in terms.in_force(db)}
    return invitations.accept(db, token_of(invitation), terms_versions=versions, **more)


def test_who_accepts_is_active_verified_and_has_agreed(db: Session) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    invitation = invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    assert person.advocate_status is AdvocateStatus.INVITED
    accept(db, invitation, name="Ana M. Lima")
    db.commit()
    db.refresh(person)
    assert (person.name, person.advocate_status) == ("Ana M. Lima", AdvocateStatus.ACTIVE)
    assert people.roles_of(db, person.id) == {Role.ADVOCATE}
    assert db.scalars(select(PersonEmail.verified_at)).one() is not None
    assert len(db.scalars(select(TermsAcceptance)).all()) == 2
    with pytest.raises(Gone):
        accept(db, invitation)


def test_an_invitation_ends_by_time_by_hand_and_by_a_newer_one(db: Session) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    first = invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    second = invitations.resend(db, first.id, by=SYSTEM)
    with pytest.raises(Gone):
        accept(db, first)
    soon = text("created_at + interval '1 us'")
    db.execute(update(Invitation).where(Invitation.id == second.id).values(expires_at=soon))
    db.commit()
    with pytest.raises(Gone):
        accept(db, second)
    third = invitations.resend(db, second.id, by=SYSTEM)
    invitations.withdraw(db, third.id, by=SYSTEM)
    with pytest.raises(Conflict):
        invitations.withdraw(db, third.id, by=SYSTEM)
    with pytest.raises(Gone):
        accept(db, third)
    fourth = invitations.resend(db, third.id, by=SYSTEM)
    people.suspend(db, person.id, by=SYSTEM)
    with pytest.raises(Gone):
        accept(db, fourth)
    with pytest.raises(Conflict, match="suspended"):
        invitations.resend(db, fourth.id, by=SYSTEM)
    with pytest.raises(NotFound):
        invitations.resend(db, 0, by=SYSTEM)
    people.readmit(db, person.id, by=SYSTEM)
    accept(db, fourth)
    with pytest.raises(Conflict, match="accepted"):
        invitations.resend(db, fourth.id, by=SYSTEM)
    with pytest.raises(Conflict, match="in already"):
        invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)


def test_terms_that_changed_meanwhile_are_read_again(db: Session) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    invitation = invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    with pytest.raises(Conflict, match="terms have changed"):
        invitations.accept(db, token_of(invitation), terms_versions={1})
    db.rollback()
    assert db.scalars(select(TermsAcceptance)).all() == []


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_managers_invite_neither_managers_nor_administrators(db: Session, somebody: Somebody, role: str) -> None:
    ana, mia = somebody("Ana Lima"), somebody("Mia Roth", "manager")
    with pytest.raises(NotAllowed):
        invitations.invite(db, ana.id, "ana@example.com", role, by=actor(mia, "manager"))
    for nobody in (actor(ana, "advocate"), actor(ana, "sales")):
        with pytest.raises(NotAllowed):
            invitations.invite(db, ana.id, "ana@example.com", Role.ADVOCATE, by=nobody)
        with pytest.raises(NotAllowed):
            invitations.withdraw(db, 1, by=nobody)


def test_fifty_invitations_an_hour(db: Session, somebody: Somebody) -> None:
    mia = somebody("Mia Roth", "manager")
    db.execute(
        text("INSERT INTO throttle SELECT :key, to_timestamp(floor(extract(epoch FROM now()) / 3600) * 3600), 50"),
        {"key": f"invite:{mia.id}"},
    )
    db.commit()
    with pytest.raises(TooManyTries) as refusal:
        invitations.invite(db, mia.id, "x@example.com", Role.ADVOCATE, by=actor(mia, "manager"))
    assert refusal.value.retry_after > 0


def test_the_first_administrator_comes_by_a_link_that_is_printed(app: Portal, db: Session, mailbox: Mailbox) -> None:
    link = invitations.invite_admin(db, "ada.byron@example.com")
    db.commit()
    mailbox.deliver()
    assert mailbox.texts() == [], "it is printed, not mailed"
    assert re.fullmatch(r"http://localhost/invitation/api_[\w-]{43}", link)
    client = app.test_client()
    path = link.removeprefix("http://localhost")
    page = client.get(path).get_data(as_text=True)
    assert "Ada Byron" in page
    assert "Taking part is free and voluntary." in page
    versions = re.search(r'name="terms" value="([\d,]+)"', page)
    assert versions
    sent = {"csrf_token": csrf(client, path), "name": "Ada King", "terms": versions.group(1), "agreed": "y"}
    unread = client.post(path, data={**sent, "agreed": ""})
    assert unread.status_code == 422
    assert "Ada King" in unread.get_data(as_text=True)
    stale = client.post(path, data={**sent, "terms": "1"})
    assert stale.status_code == 409
    assert client.post(path, data={**sent, "name": "x\u202ey"}).status_code == 422
    assert client.post(path, data={**sent, "role": "manager"}).status_code == 422
    entered = client.post(path, data=sent)
    assert (entered.status_code, entered.location) == (303, "/")
    assert client.get("/admin/people").status_code == 200
    assert db.scalars(select(LoginSession.idle_seconds)).one() == 1800
    assert client.get(path).status_code == 410
    with pytest.raises(Conflict, match="in already"):
        invitations.invite_admin(db, "ADA.byron@example.com")


def test_who_lost_the_mail_gets_the_invitation_again_by_asking_at_the_door(
    app: Portal, db: Session, mailbox: Mailbox
) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    db.commit()
    mailbox.deliver()
    client = app.test_client()
    client.post("/sign-in", data={"csrf_token": csrf(client), "email": "ana@example.com", "next": ""})
    mailbox.deliver()
    assert len(mailbox.texts()) == 2
    assert mailbox.link().startswith("/invitation/")


def test_an_invitation_that_ended_is_not_mailed_any_more(db: Session, mailbox: Mailbox) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    invitation = invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    invitations.withdraw(db, invitation.id, by=SYSTEM)
    db.commit()
    mailbox.deliver()
    message = db.scalars(select(Message)).one()
    assert (message.state, message.reason) == (MessageState.DROPPED, Reason.SUPERSEDED)
    assert mailbox.texts() == []


def nominate(db: Session, by: Actor, **more: str) -> Nomination:
    values = {"name": "Kim Ray", "address": "kim@acme.example", "reason": "Praised us twice.", **more}
    return nominations.nominate(db, by=by, company_name="Acme", title="COO", **values)  # type: ignore[arg-type]


def test_a_nomination_approved_becomes_an_invitation(db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    tom, mia = somebody("Tom Rep", "sales"), somebody("Mia Roth", "manager")
    nomination = nominate(db, actor(tom, "sales"))
    approved = nominations.approve(db, nomination.id, by=actor(mia, "manager"), note="Yes, please.")
    again = nominations.approve(db, nomination.id, by=actor(mia, "manager"))
    db.commit()
    assert approved is again
    assert approved.state is NominationState.APPROVED
    kim = db.get_one(Person, approved.person_id)
    assert (kim.name, kim.title, kim.advocate_status) == ("Kim Ray", "COO", AdvocateStatus.INVITED)
    assert kim.company_id is not None
    mailbox.deliver()
    kinds = db.scalars(select(Message.kind).where(Message.state == MessageState.SENT).order_by(Message.id)).all()
    assert kinds == ["access.nominated", "access.invitation", "access.nomination_decided"]
    assert any("Hello Kim," in mail and "/invitation/api_" in mail for mail in mailbox.texts())
    with pytest.raises(Conflict):
        nominations.decline(db, nomination.id, by=actor(mia, "manager"), note="No.")


def test_a_nomination_declined_tells_why(db: Session, somebody: Somebody) -> None:
    tom, mia = somebody("Tom Rep", "sales"), somebody("Mia Roth", "manager")
    known = people.add_person(db, "Kim Ray", by=SYSTEM, email="kim@acme.example")
    nomination = nominate(db, actor(tom, "sales"))
    assert known.advocate_status is AdvocateStatus.NOMINATED
    with pytest.raises(Invalid, match="why"):
        nominations.decline(db, nomination.id, by=actor(mia, "manager"), note="  ")
    nominations.decline(db, nomination.id, by=actor(mia, "manager"), note="Not before the renewal.")
    nominations.decline(db, nomination.id, by=actor(mia, "manager"), note="Again")
    assert known.advocate_status is AdvocateStatus.DECLINED
    told = db.scalars(select(Message).where(Message.person_id == tom.id)).one()
    assert told.data["note"] == "Not before the renewal."
    with pytest.raises(Conflict):
        nominations.approve(db, nomination.id, by=actor(mia, "manager"))
    assert nominate(db, actor(tom, "sales")).person_id == known.id, "may be nominated again"


def test_who_may_nominate_and_decide(db: Session, somebody: Somebody) -> None:
    ana, tom = somebody("Ana Lima", "advocate"), somebody("Tom Rep", "sales")
    with pytest.raises(NotAllowed):
        nominate(db, actor(ana, "advocate"))
    with pytest.raises(Conflict, match="advocate already"):
        nominate(db, actor(tom, "sales"), address="ANA.lima@example.com")
    nomination = nominate(db, actor(tom, "sales"))
    with pytest.raises(Conflict, match="nominated this address"):
        nominate(db, actor(tom, "sales"), address="KIM@acme.example")
    for verb in (nominations.approve, nominations.decline):
        with pytest.raises(NotAllowed):
            verb(db, nomination.id, by=actor(tom, "sales"), note="x")
        with pytest.raises(NotFound):
            verb(db, 0, by=SYSTEM, note="x")
    for wrong in ({"reason": " "}, {"reason": "x" * 1001}, {"name": ""}, {"address": "kim"}):
        with pytest.raises(Invalid):
            nominate(db, actor(tom, "sales"), **{"address": "other@acme.example", **wrong})


def test_the_database_keeps_one_open_nomination_an_address(db: Session, somebody: Somebody) -> None:
    nominate(db, actor(somebody("Tom Rep", "sales"), "sales"))
    db.flush()
    with pytest.raises(IntegrityError, match="uq_nomination_open"):
        db.execute(text("INSERT INTO nomination (name, address, reason) VALUES ('x', 'Kim@Acme.example', 'y')"))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE nomination SET decided_at = now(), decided_by = nominated_by", "ck_nomination_decided"),
        ("UPDATE nomination SET state = 'not_approved', decided_at = now()", "ck_nomination_decided"),
        (f"UPDATE nomination SET state = 'approved', {DECIDED}", "ck_nomination_approved"),
        (f"UPDATE nomination SET state = 'maybe', {DECIDED}", "ck_nomination_state"),
        ("UPDATE terms_version SET text = 'x'", "append-only"),
        ("DELETE FROM terms_version", "append-only"),
        ("DELETE FROM terms_acceptance", "append-only"),
        (
            "INSERT INTO terms_version (kind, version, locale, text, sha256) VALUES ('terms', 9, 'x', 'x', 'y')",
            "sha256",
        ),
    ],
)
def test_the_database_refuses(db: Session, somebody: Somebody, statement: str, constraint: str) -> None:
    nominate(db, actor(somebody("Tom Rep", "sales"), "sales"))
    db.flush()
    with pytest.raises(DBAPIError, match=constraint):
        db.execute(text(statement))


def test_a_planted_acceptance_without_terms_is_noticed(
    db: Session, superuser: object, breaches_expected: list[str]
) -> None:
    person = people.add_person(db, "Ana Lima", by=SYSTEM)
    invitation = invitations.invite(db, person.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    db.commit()
    superuser.plant("UPDATE invitation SET accepted_at = now() WHERE id = %s", invitation.id)  # type: ignore[attr-defined]
    breaches_expected.append("access.accepted_terms")


def test_the_texts_in_force_are_the_newest_of_the_locale(db: Session) -> None:
    assert [version.kind for version in terms.in_force(db, "pt")] == [TermsKind.TERMS, TermsKind.PRIVACY]
    assert db.scalars(select(TermsVersion.version)).all() == [1, 1]
    assert terms.text_of(db, TermsKind.PRIVACY).locale == "en"

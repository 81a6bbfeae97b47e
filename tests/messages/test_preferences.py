"""People choose their mails: what they do not want does not go, what is essential always does."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.database.refusal import NotFound
from portal.messages import jobs, messages, preferences, queries
from portal.messages.kinds import KINDS, MessageKind
from portal.messages.models import ESSENTIAL, MailPreference, Message
from portal.messages.states import MessageState, Reason
from portal.people import people
from portal.people.models import Person
from portal.web.app import Portal
from tests.browsing import signed_in
from tests.messages.conftest import Standing

Mails = Callable[[], list[EmailMessage]]


def test_what_is_not_wanted_is_not_mailed_and_stands_in_the_portal_at_once(
    db: Session, ana: Person, sent: Mails, standing: Callable[[Message], Standing]
) -> None:
    preferences.switch(db, ana.id, "test.wished", wanted=False)
    message = messages.notify(db, ana.id, "test.wished")
    db.commit()
    assert [told.subject for told in queries.centre(db, ana.id).rows] == ["All is green"]
    db.commit()
    jobs.send(message.id)
    assert standing(message) == (MessageState.DROPPED, Reason.UNSUBSCRIBED)
    assert sent() == []
    preferences.switch(db, ana.id, "test.wished", wanted=True)
    again = messages.notify(db, ana.id, "test.wished")
    db.commit()
    jobs.send(again.id)
    assert standing(again) == (MessageState.SENT, None)
    assert len(sent()) == 1


def test_what_waits_already_is_asked_again_before_it_goes(
    db: Session, ana: Person, sent: Mails, standing: Callable[[Message], Standing]
) -> None:
    message = messages.notify(db, ana.id, "test.wished")
    db.commit()
    preferences.switch(db, ana.id, "test.wished", wanted=False)
    db.commit()
    jobs.send(message.id)
    assert standing(message) == (MessageState.DROPPED, Reason.UNSUBSCRIBED)
    assert sent() == []


def test_one_row_a_person_and_kind_and_nobody_elses(db: Session, ana: Person) -> None:
    bea = people.add_person(db, "Bea", by=SYSTEM)
    for wanted in (False, True, False):
        preferences.switch(db, ana.id, "test.wished", wanted=wanted)
    db.commit()
    rows = db.execute(select(MailPreference.person_id, MailPreference.wanted)).all()
    assert [tuple(row) for row in rows] == [(ana.id, False)]
    everybody = frozenset({"advocate"})
    assert "test.wished" in {one.kind for one in queries.choices_of(db, bea.id, everybody) if one.wanted}
    assert "test.wished" not in {one.kind for one in queries.choices_of(db, ana.id, everybody) if one.wanted}


@pytest.mark.parametrize("kind", ["security.test", "access.sign_in", "consent.given", "nothing.known"])
def test_what_is_essential_or_unknown_cannot_be_switched_off(db: Session, ana: Person, kind: str) -> None:
    with pytest.raises(NotFound):
        preferences.switch(db, ana.id, kind, wanted=False)
    db.rollback()


@pytest.mark.parametrize("kind", ["access.sign_in", "access.invitation", "consent.withdrawn", "security.test"])
def test_the_database_knows_what_is_essential_too(db: Session, ana: Person, kind: str) -> None:
    db.add(MailPreference(person_id=ana.id, kind=kind, wanted=False))
    with pytest.raises(IntegrityError, match="ck_mail_preference_essential"):
        db.flush()
    db.rollback()


def test_the_database_marks_nothing_as_sending_that_is_not_wanted(db: Session, ana: Person) -> None:
    message = messages.notify(db, ana.id, "test.wished")
    preferences.switch(db, ana.id, "test.wished", wanted=False)
    db.commit()
    with pytest.raises(IntegrityError, match="not wanted"):
        db.execute(text("UPDATE message SET state = 'sending', sending_at = now() WHERE id = :id"), {"id": message.id})
    db.rollback()


def test_every_kind_says_what_it_is_about_and_why_it_comes(app: Portal) -> None:
    ours = {key: kind for key, kind in KINDS.items() if not key.startswith("test.")}
    silent = {key for key, kind in ours.items() if MessageKind.title is kind.title or MessageKind.why is kind.why}
    assert silent == set()
    always = {key for key, kind in ours.items() if kind.mail and not kind.optional}
    assert {"access.sign_in", "access.invitation", "consent.given", "consent.withdrawn"} <= always
    assert all(re.match(ESSENTIAL, key) for key in always), "switched on for ever, and the database does not know"


def test_everybody_is_offered_the_mails_of_their_roles(app: Portal, db: Session, ana: Person) -> None:
    page = signed_in(app, db, ana.id).get("/account/notifications").text
    assert "Asks for a reference call" in page
    assert 'value="test.managers"' not in page
    assert 'value="consent.given"' not in page
    mia = people.add_person(db, "Mia", by=SYSTEM, roles=["manager"])
    page = signed_in(app, db, mia.id).get("/account/notifications").text
    assert 'value="test.managers"' in page
    assert "Asks for a reference call" not in page


def test_the_page_switches_off_and_on_without_javascript(app: Portal, db: Session, ana: Person) -> None:
    browser = signed_in(app, db, ana.id)
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/account/notifications").text)
    assert found
    form = {"csrf_token": found[1], "kind": "test.wished"}
    assert browser.post("/account/notifications", data=form).status_code == 303
    assert db.scalars(select(MailPreference.wanted)).all() == [False]
    db.commit()
    assert "Send again" in browser.get("/account/notifications").text
    assert browser.post("/account/notifications", data={**form, "wanted": "y"}).status_code == 303
    assert db.scalars(select(MailPreference.wanted)).all() == [True]
    db.commit()
    assert browser.post("/account/notifications", data={**form, "kind": "access.sign_in"}).status_code == 404


def test_a_message_says_why_it_came_and_what_became_of_its_mail(app: Portal, db: Session, ana: Person) -> None:
    preferences.switch(db, ana.id, "test.wished", wanted=False)
    message = messages.notify(db, ana.id, "test.wished")
    db.commit()
    browser, number = signed_in(app, db, ana.id), message.public_id
    assert f'href="/messages/{number}"' in browser.get("/messages").text
    assert "On its way" in browser.get(f"/messages/{number}").text
    jobs.send(message.id)
    page = browser.get(f"/messages/{number}").text
    assert "You wrote this test." in page
    assert "does not want mail of this kind" in page
    bea = people.add_person(db, "Bea", by=SYSTEM, roles=["advocate"])
    db.commit()
    assert signed_in(app, db, bea.id).get(f"/messages/{number}").status_code == 404
    assert browser.get(f"/messages/{uuid4()}").status_code == 404

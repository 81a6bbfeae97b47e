"""The link of a mail that withdraws; and what the mails say."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent import consents, links
from portal.consent.scopes import SAME_INDUSTRY
from portal.database.refusal import Gone, NotFound
from portal.messages.kinds import kind_of
from portal.messages.letter import compose
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people.models import Person
from tests.consent.expiring import expire_due
from tests.consented import Known, agree

KEYS = ["the-present-key-of-fifty-characters", "a-former-key"]


def test_a_link_stands_for_one_person_and_what_was_agreed() -> None:
    person = uuid4()
    token = links.sign(KEYS, person, [SAME_INDUSTRY])
    assert links.read(KEYS, token) == links.Withdrawal(person, (SAME_INDUSTRY,))


def test_a_link_is_signed_with_the_present_key_and_read_with_a_former_one() -> None:
    token = links.sign(KEYS, uuid4(), [SAME_INDUSTRY])
    with pytest.raises(NotFound):
        links.read(KEYS[1:], token)
    assert links.read(["a-newer-key", *KEYS], token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_link_that_is_not_ours_is_not_found(token: str) -> None:
    with pytest.raises(NotFound):
        links.read(KEYS, token)


def test_a_link_that_is_too_old_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    token = links.sign(KEYS, uuid4(), [])
    monkeypatch.setattr(links, "HOLDS", timedelta(seconds=-1))
    with pytest.raises(Gone):
        links.read(KEYS, token)


def mail_of(app: Flask, db: Session, who: Known) -> EmailMessage:
    message = db.scalars(select(Message).where(Message.person_id == who.id).order_by(Message.id.desc())).first()
    assert message is not None
    with app.test_request_context():
        return compose(db, message, kind_of(message.kind), db.get_one(Person, who.id), "ana@harbor.example")


def test_the_mail_of_a_consent_carries_the_link_that_withdraws_it(app: Flask, db: Session, ana: Known) -> None:
    agree(db, ana, [SAME_INDUSTRY])
    text = mail_of(app, db, ana).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    token = text.partition("/references/withdraw/")[2].split()[0]
    assert links.read(app.config["PORTAL"].signing_keys, token).scopes == (SAME_INDUSTRY,)
    assert "my industry" in text


def test_each_end_has_a_mail_of_its_own(app: Flask, db: Session, ana: Known) -> None:
    agree(db, ana)
    consents.withdraw(db, ana.id, by=ana.actor)
    assert "withdrawn" in str(mail_of(app, db, ana)["Subject"])
    agree(db, ana)
    db.connection().exec_driver_sql("SELECT set_config('portal.now', (now() + interval '2 years')::text, true)")
    db.info.pop("clock", None)
    expire_due(db)
    assert "run out" in str(mail_of(app, db, ana)["Subject"])


def test_the_mail_is_not_sent_when_consent_was_taken_back_meanwhile(db: Session, ana: Known) -> None:
    agree(db, ana)
    message = db.scalars(select(Message).where(Message.kind == "consent.given")).one()
    kind = kind_of(message.kind)
    assert kind.may_send(db, message) is None
    consents.withdraw(db, ana.id, by=ana.actor)
    assert kind.may_send(db, message) is Reason.SUPERSEDED

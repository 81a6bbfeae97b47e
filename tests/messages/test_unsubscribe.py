"""One click ends a kind of mail (RFC 8058), with nothing but the signed link of a mail, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import Client

from portal.audit import SYSTEM
from portal.messages import jobs, messages, unsubscribing
from portal.messages.models import MailPreference
from portal.messages.states import Through
from portal.people import people
from portal.people.models import Person
from portal.web.app import Portal

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Mails = Callable[[], list[EmailMessage]]


def path_in(mail: EmailMessage) -> str:
    """The path of the header's link, as a mail program finds it in the bytes that left."""
    found = re.search(rb"^List-Unsubscribe: <(\S+)>\r?$", bytes(mail), re.MULTILINE)
    assert found, "no whole link in the header"
    return urlsplit(found[1].decode()).path


def mailed(db: Session, ana: Person, kind: str) -> None:
    message = messages.notify(db, ana.id, kind)
    db.commit()
    jobs.send(message.id)


def wishes(db: Session) -> list[tuple[int, str, bool, Through]]:
    found = [(row.person_id, row.kind, row.wanted, row.through) for row in db.scalars(select(MailPreference))]
    db.commit()
    return found


def test_the_headers_of_a_mail_that_may_be_ended(app: Portal, db: Session, ana: Person, sent: Mails) -> None:
    mailed(db, ana, "test.wished")
    [file] = (app.config["PORTAL"].instance / "mail").glob("[0-9]*.eml")
    [mail] = sent()
    lines = [line for line in file.read_bytes().splitlines() if line.lower().startswith(b"list-unsubscribe")]
    assert len(lines) == 2
    assert lines[0].startswith(b"List-Unsubscribe: <http://localhost/unsubscribe/")
    assert lines[0].endswith(b">")
    assert lines[1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    for part in ("plain", "html"):
        body = mail.get_body((part,))
        assert body
        words = body.get_content()
        assert "Why did I get this?" in words
        assert "You wrote this test." in words
        assert lines[0][19:-1].decode() in words


def test_an_essential_mail_cannot_be_ended_but_says_why_it_came(db: Session, ana: Person, sent: Mails) -> None:
    mailed(db, ana, "security.test")
    [mail] = sent()
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    body = mail.get_body(("plain",))
    assert body
    assert "You wrote this test." in body.get_content()
    assert "/unsubscribe/" not in body.get_content()


@pytest.mark.parametrize("sent_as", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_of_a_mail_program_is_enough(
    app: Portal, db: Session, ana: Person, sent: Mails, sent_as: str
) -> None:
    mailed(db, ana, "test.wished")
    path = path_in(sent()[0])
    foreign = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _again in range(2):
        answer = Client(app).post(path, data=ONE_CLICK, content_type=sent_as, headers=foreign)
        assert answer.status_code == 200, "no redirect: mail programs follow none"
    assert wishes(db) == [(ana.id, "test.wished", False, Through.MAIL)]
    mailed(db, ana, "test.wished")
    assert len(sent()) == 1


def test_a_look_at_the_page_changes_nothing_and_its_button_does(
    app: Portal, db: Session, ana: Person, sent: Mails
) -> None:
    mailed(db, ana, "test.wished")
    stranger, path = Client(app), path_in(sent()[0])
    page = stranger.get(path)
    assert page.status_code == 200
    assert "Tests that are green" in page.text
    assert stranger.head(path).status_code == 200
    assert wishes(db) == []
    found = re.search(r'action="([^"]+)"', page.text)
    assert found
    assert stranger.post(found[1], data={}).status_code == 200
    assert wishes(db) == [(ana.id, "test.wished", False, Through.MAIL)]


def test_a_token_ends_only_its_own_kind_for_its_own_person(app: Portal, db: Session, ana: Person, sent: Mails) -> None:
    bea = people.add_person(db, "Bea", by=SYSTEM, email="bea@example.com", verified=True)
    mailed(db, ana, "test.wished")
    Client(app).post(path_in(sent()[0]), data=ONE_CLICK)
    mailed(db, ana, "test.managers")
    mailed(db, bea, "test.wished")
    assert [mail["To"].addresses[0].addr_spec for mail in sent()] == ["ana@example.com"] * 2 + ["bea@example.com"]


def attacks(keys: list[str], ana: Person) -> dict[str, str]:
    """Tokens that are none of ours, or no more."""
    good = unsubscribing.sign(keys, ana.public_id, "test.wished")
    body, stamp, signature = good.rsplit(".", 2)
    other = unsubscribing.sign(keys, ana.public_id, "test.managers").split(".")[0]
    whom = [str(ana.public_id), "test.wished"]
    return {
        "made up": "x" * 60,
        "without a signature": body,
        "cut": good[:-3],
        "the body of another kind": f"{other}.{stamp}.{signature}",
        "a later stamp": f"{body}.{stamp[::-1]}.{signature}",
        "another key": unsubscribing.sign(["k" * 50], ana.public_id, "test.wished"),
        "another purpose": str(URLSafeTimedSerializer(keys, salt="consent.withdraw").dumps(whom)),
        "nobody": unsubscribing.sign(keys, uuid4(), "test.wished"),
        "an essential kind": unsubscribing.sign(keys, ana.public_id, "access.sign_in"),
        "an unknown kind": unsubscribing.sign(keys, ana.public_id, "test.gone"),
        "no person": str(unsubscribing._signer(keys).dumps([None, "test.wished"])),
        "a number": str(unsubscribing._signer(keys).dumps(7)),
    }


def test_no_other_token_ends_anything_and_all_are_answered_alike(app: Portal, db: Session, ana: Person) -> None:
    keys = app.config["PORTAL"].signing_keys
    said = set()
    for name, token in attacks(keys, ana).items():
        for method, form in (("GET", {}), ("POST", ONE_CLICK)):
            answer = Client(app).open(f"/unsubscribe/{token}", method=method, data=form)
            assert answer.status_code == 404, name
            said.add(re.sub(r"[0-9A-F]{8}|[0-9a-f-]{32,}|value=\"[^\"]+\"|Token\": \"[^\"]+\"", "", answer.text))
    assert len(said) == 1, "an answer tells what is wrong"
    assert wishes(db) == []


def test_an_old_link_is_answered_like_an_unknown_one(
    app: Portal, db: Session, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = unsubscribing.sign(app.config["PORTAL"].signing_keys, ana.public_id, "test.wished")
    monkeypatch.setattr(unsubscribing, "HOLDS", timedelta(seconds=-1))
    old, unknown = (Client(app).post(f"/unsubscribe/{each}", data=ONE_CLICK) for each in (token, "x" * 60))
    assert (old.status_code, unknown.status_code) == (404, 404)
    assert "This link does not work" in old.text
    assert "This link does not work" in unknown.text
    assert wishes(db) == []


def test_a_link_holds_when_the_key_is_changed(app: Portal, ana: Person) -> None:
    before, now = "b" * 50, "n" * 50
    token = unsubscribing.sign([before], ana.public_id, "test.wished")
    assert unsubscribing.read([now, before], token).person == ana.public_id


def test_a_foreign_field_is_refused(app: Portal, db: Session, ana: Person) -> None:
    token = unsubscribing.sign(app.config["PORTAL"].signing_keys, ana.public_id, "test.wished")
    assert Client(app).post(f"/unsubscribe/{token}", data={**ONE_CLICK, "person": "1"}).status_code == 422
    assert wishes(db) == []

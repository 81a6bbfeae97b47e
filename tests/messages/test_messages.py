"""Messages: written with the change they belong to, sent once, kept with what became of them."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.messages import jobs, letter, mail, messages, queries
from portal.messages.kinds import KINDS, Data, MessageKind, Unknown, kind_of, message_kind
from portal.messages.models import Message
from portal.messages.states import MessageState, Reason
from portal.people import people
from portal.people.models import Person
from portal.settings import Settings
from portal.web.app import Portal

forbidden: list[Reason] = []


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    @message_kind
    class News(MessageKind):
        key = "test.news"

        def subject(self, data: Data) -> str:
            return f"News about {data['what']}"

        def body(self, data: Data) -> list[str]:
            return [f"It is <b>{data['what']}</b>."]

        def facts(self, data: Data) -> list[tuple[str, str]]:
            return [("When", "Friday")]

        def action(self, data: Data) -> str:
            return "Look"

        def note(self, data: Data) -> str:
            return "Because you asked."

        def may_send(self, session: Session, message: Message) -> Reason | None:
            return forbidden[0] if forbidden else None

    @message_kind
    class Quiet(MessageKind):
        key = "test.quiet"
        category = "needs_you"
        mail = False

        def subject(self, data: Data) -> str:
            return "Quiet"

    forbidden.clear()
    yield
    del KINDS[News.key], KINDS[Quiet.key]


@pytest.fixture
def ana(app: Portal, db: Session) -> Person:
    for file in mail.folder(app.config["PORTAL"]).glob("*"):
        file.unlink()
    person = people.add_person(db, "Ana Lima", by=SYSTEM, email="ana@example.com", verified=True)
    db.commit()
    return person


def mails(app: Portal) -> list[EmailMessage]:
    files = sorted(mail.folder(app.config["PORTAL"]).glob("[0-9]*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def state_of(db: Session, message: Message) -> tuple[MessageState, Reason | None]:
    db.expire_all()
    row = db.execute(select(Message.state, Message.reason).where(Message.id == message.id)).one()
    db.commit()
    return row.state, row.reason


def test_a_message_and_its_job_exist_only_if_the_change_does(db: Session, ana: Person) -> None:
    messages.notify(db, ana.id, "test.news", what="x")
    db.rollback()
    assert db.scalars(select(Message)).all() == []
    assert db.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'messages.send'")).scalar() == 0
    messages.notify(db, ana.id, "test.news", what="x")
    db.commit()
    assert db.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'messages.send'")).scalar() == 1


def test_what_is_rolled_back_to_a_savepoint_takes_its_message_and_job_with_it(db: Session, ana: Person) -> None:
    before = messages.notify(db, ana.id, "test.news", what="before")
    lost = db.begin_nested()
    messages.notify(db, ana.id, "test.news", what="lost")
    lost.rollback()
    with db.begin_nested():
        within = messages.notify(db, ana.id, "test.news", what="within")
    db.commit()
    queued = text("SELECT (args ->> 'message_id')::bigint FROM procrastinate_jobs WHERE task_name = 'messages.send'")
    assert set(db.scalars(queued)) == {before.id, within.id} == set(db.scalars(select(Message.id)))


def test_a_mail_goes_once_as_html_and_text_with_links_of_the_base_url(app: Portal, db: Session, ana: Person) -> None:
    message = messages.notify(db, ana.id, "test.news", what="<i>&\r\nBcc: eve@example.com", link="/challenges")
    db.commit()
    jobs.send(message.id)
    jobs.send(message.id)
    assert state_of(db, message) == (MessageState.SENT, None)
    [sent] = mails(app)
    assert sent["To"] == "Ana Lima <ana@example.com>"
    assert sent["Bcc"] is None
    assert sent["Message-ID"] == f"<{message.public_id}@localhost>"
    plain, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert plain
    assert html
    assert "http://localhost/challenges" in plain.get_content()
    assert "Hello Ana," in plain.get_content()
    assert 'href="http://localhost/challenges"' in html.get_content()
    assert "<i>" not in html.get_content()
    assert "&lt;i&gt;" in html.get_content()
    db.commit()


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        ("suspended", Reason.SUSPENDED),
        ("no address", Reason.NO_ADDRESS),
        ("old", Reason.EXPIRED),
        ("forbidden", Reason.NOT_ALLOWED_ANY_MORE),
        ("unknown kind", Reason.NOT_ALLOWED_ANY_MORE),
        ("superseded", Reason.SUPERSEDED),
    ],
)
def test_what_must_not_go_any_more_is_dropped_with_its_reason(
    app: Portal, db: Session, ana: Person, obstacle: str, reason: Reason
) -> None:
    message = messages.notify(db, ana.id, "test.news", what="x", subject_ref="thing:1")
    if obstacle == "suspended":
        people.suspend(db, ana.id, by=SYSTEM)
    elif obstacle == "no address":
        db.execute(text("DELETE FROM person_email"))
    elif obstacle == "old":
        db.execute(update(Message).values(created_at=text("now() - interval '3 days'")))
    elif obstacle == "forbidden":
        forbidden.append(reason)
    elif obstacle == "unknown kind":
        db.execute(update(Message).values(kind="gone.away"))
    else:
        messages.supersede(db, "thing:1")
    db.commit()
    jobs.send(message.id)
    assert state_of(db, message) == (MessageState.DROPPED, reason)
    assert str(reason.label)
    assert mails(app) == []


def test_a_message_that_does_not_exist_is_not_sent(app: Portal, db: Session, ana: Person) -> None:
    db.commit()
    jobs.send(0)
    assert mails(app) == []
    messages.finish(db, 0)


@pytest.mark.parametrize(
    ("failure", "state", "reason"),
    [
        (mail.Unreachable("x"), MessageState.HELD, Reason.MAIL_OFF),
        (mail.Undeliverable("x"), MessageState.DROPPED, Reason.UNDELIVERABLE),
    ],
)
def test_what_the_mail_server_does_not_take_is_held_or_dropped(
    db: Session,
    ana: Person,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    state: MessageState,
    reason: Reason,
) -> None:
    message = messages.notify(db, ana.id, "test.news", what="x")
    db.commit()

    def refuse(*_arguments: Any) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(mail, "send", refuse)
        jobs.send(message.id)
    assert state_of(db, message) == (state, reason)
    db.execute(
        update(Message).values(
            sending_at=text("now() - interval '1 hour'"), created_at=text("now() - interval '1 day'")
        )
    )
    assert messages.try_again(db) == (1 if state is MessageState.HELD else 0)
    jobs.try_again(db)
    db.commit()
    jobs.send(message.id)
    assert state_of(db, message)[0] is (MessageState.SENT if state is MessageState.HELD else state)


def test_a_worker_that_died_after_marking_sends_the_same_mail_again(app: Portal, db: Session, ana: Person) -> None:
    message = messages.notify(db, ana.id, "test.news", what="x")
    db.commit()
    assert messages.take_up(db, message.id) is not None
    db.commit()
    jobs.send(message.id)
    assert [sent["Message-ID"] for sent in mails(app)] == [f"<{message.public_id}@localhost>"]


def test_no_mail_leaves_while_a_transaction_is_open(app: Portal, db: Session) -> None:
    db.execute(text("SELECT 1"))
    with pytest.raises(RuntimeError, match="transaction"):
        mail.send(app.config["PORTAL"], EmailMessage())


def test_mail_leaves_by_smtp(app: Portal, db: Session, ana: Person) -> None:
    taken: list[bytes] = []

    class Handler:
        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            if address.startswith("no"):
                return "550 no such user"
            if address.startswith("later"):
                return "451 try later"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            taken.append(envelope.content)
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    settings = Settings(env="test", mail_url=f"smtp://127.0.0.1:{port}", secret_key="x" * 40)  # type: ignore[call-arg]
    letter_ = EmailMessage()
    letter_["From"], letter_["To"], letter_["Message-ID"] = "a@example.com", "ana@example.com", "<1@x>"
    letter_.set_content("Hello")
    db.commit()
    try:
        mail.send(settings, letter_)
        for address, refusal in (("no@example.com", mail.Undeliverable), ("later@example.com", mail.Unreachable)):
            letter_.replace_header("To", address)
            with pytest.raises(refusal):
                mail.send(settings, letter_)
    finally:
        controller.stop()
    assert len(taken) == 1
    assert b"Hello" in taken[0]
    with pytest.raises(mail.Unreachable):
        mail.send(settings, letter_)
    assert issubclass(smtplib.SMTPConnectError, OSError)


def test_the_centre_shows_ones_own_messages_newest_first(db: Session, ana: Person, count_queries: Any) -> None:
    bea = people.add_person(db, "Bea", by=SYSTEM)
    messages.notify(db, bea.id, "test.quiet")
    for number in range(3):
        messages.notify(db, ana.id, "test.news", what=number, link="/x")
    messages.notify(db, ana.id, "test.quiet")
    messages.notify(db, ana.id, "access.sign_in", link_id=1)
    db.commit()
    assert messages.unread(db, ana.id) == 4
    page = queries.centre(db, ana.id, limit=3)
    assert [told.subject for told in page.rows] == ["Quiet", "News about 2", "News about 1"]
    assert [told.unread for told in page.rows] == [True] * 3
    rest = queries.centre(db, ana.id, limit=3, after=page.after)
    assert [told.subject for told in rest.rows] == ["News about 0"]
    assert [told.subject for told in queries.centre(db, ana.id, tab="needs_you").rows] == ["Quiet"]
    assert len(queries.centre(db, ana.id, tab="news").rows) == 3
    assert count_queries(lambda: queries.centre(db, ana.id)) == 1
    messages.mark_read(db, ana.id, page.rows[0].id)
    assert messages.unread(db, ana.id) == 3
    messages.mark_read(db, ana.id)
    assert (messages.unread(db, ana.id), messages.unread(db, bea.id)) == (0, 1)
    db.commit()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'sent', sent_at = NULL", "ck_message_sent"),
        ("sent_at = now()", "ck_message_sent"),
        ("state = 'dropped'", "ck_message_why"),
        ("reason = 'expired'", "ck_message_why"),
        ("state = 'sending'", "ck_message_sending"),
        ("state = 'lost'", "ck_message_state"),
        ("state = 'held', reason = 'mood'", "ck_message_reason"),
        ("link_path = 'https://evil.example/'", "ck_message_link_path"),
        ("link_path = '//evil.example/'", "ck_message_link_path"),
    ],
)
def test_the_database_refuses(db: Session, ana: Person, change: str, constraint: str) -> None:
    messages.notify(db, ana.id, "test.news", what="x")
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(text(f"UPDATE message SET {change}"))


def test_a_message_read_before_it_was_written_is_noticed(
    db: Session, ana: Person, breaches_expected: list[str]
) -> None:
    messages.notify(db, ana.id, "test.news", what="x")
    db.execute(update(Message).values(read_at=text("created_at - interval '1 hour'")))
    db.commit()
    breaches_expected.append("messages.times")


def test_a_mail_speaks_the_readers_zone_and_survives_a_bad_one(app: Portal, db: Session, ana: Person) -> None:
    db.execute(update(Person).values(time_zone="Mars/Base"))
    message = messages.notify(db, ana.id, "test.news", what="x" * 500)
    db.commit()
    jobs.send(message.id)
    [sent] = mails(app)
    assert len(str(sent["Subject"])) == 300
    assert letter.one_line("a\r\nb") == "a b"
    assert kind_of("gone").subject({}) == Unknown().subject({}) == ""
    db.commit()


def test_what_was_sent_over_tls_asks_for_a_trusted_server(monkeypatch: pytest.MonkeyPatch, db: Session) -> None:
    asked: list[tuple[str, int]] = []

    class Refusing(smtplib.SMTP):
        def __init__(self, host: str, port: int, **more: Any) -> None:
            asked.append((host, port))
            assert more.get("context") is None or more["context"].check_hostname
            raise OSError

    monkeypatch.setattr(smtplib, "SMTP_SSL", Refusing)
    monkeypatch.setattr(smtplib, "SMTP", Refusing)
    for url in ("smtps://user:p%40ss@mail.example", "smtp://mail.example"):
        settings = Settings(env="test", mail_url=url, secret_key="x" * 40)  # type: ignore[call-arg]
        with pytest.raises(mail.Unreachable):
            mail.send(settings, EmailMessage())
    assert asked == [("mail.example", 465), ("mail.example", 587)]
